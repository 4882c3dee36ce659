import { afterEach, beforeEach, expect, test } from "vitest";
import { parseConfiguration } from "../../src/system/config.ts";
import { rawClient } from "../gate/client.ts";
import { type House, openHouse } from "../house.ts";
import { type HostileServer, openHostileServer, tool } from "./hostile-server.ts";

// The other attacker is the author of a policy or of writ.yaml on a bad day: what he misspells must not permit.

let server: HostileServer;
let house: House | null = null;
beforeEach(async () => {
  server = await openHostileServer(tool("look"), tool("delete_file"));
});
afterEach(async () => {
  await house?.close();
  house = null;
  await server.close();
});

test("a rule or a grant for a tool that is not there is named by the doctor, with the place to correct", async () => {
  house = await openHouse(`
servers:
  box:
    url: ${server.url}
    tools: { "*": { effects: [read] }, delete_fil: { effects: [delete] } }
agents:
  clerk: { scope: [{ tools: [box__look, box__loook] }], envelope: [{ tools: [box__delet] }] }
`);
  const answer = await fetch(`${house.writ.origin}/v1/doctor`, {
    headers: { authorization: `Bearer ${house.writ.keys.admin}` },
  });
  const { checks } = (await answer.json()) as { checks: { name: string; ok: boolean; says: string }[] };
  expect(checks.filter((one) => !one.ok && one.says.includes("not there"))).toMatchObject([
    { name: "servers.box.tools", says: expect.stringContaining("delete_fil") },
    { name: "agents.clerk", says: expect.stringContaining("box__loook, box__delet") },
  ]);
});

test("a policy that cannot be evaluated denies, a permit beside it or not", async () => {
  house = await openHouse(
    `
policies: ./mine
servers: { box: { url: ${server.url}, tools: { look: { effects: [read] } } } }
agents: { clerk: { scope: [{ tools: [box__look] }] } }
`,
    {
      "mine/all.cedar": `
@id("odd") forbid (principal, action, resource) when { context.task.calls * 9007199254740991 * 9007199254740991 > 0 };`,
    },
  );
  const { token } = await house.task("clerk");
  const client = await rawClient(`${house.writ.origin}/mcp/box`, token);
  expect((await client.call("look", { to: "a" })).code).toBeNull();
  expect((await client.call("look", { to: "a" })).code).toBe("policy_error");
});

test("policies that do not load permit nothing, and say so", async () => {
  house = await openHouse(
    `
policies: ./mine
servers: { box: { url: ${server.url}, tools: { look: { effects: [read] } } } }
agents: { clerk: { scope: [{ tools: [box__look] }] } }
`,
    { "mine/all.cedar": '@id("x") permit (principal, action == Writ::Action::"box__lok", resource);' },
  );
  const { token } = await house.task("clerk");
  await expect(rawClient(`${house.writ.origin}/mcp/box`, token)).rejects.toThrow("policy_missing");
  const client = await rawClient(`${house.writ.origin}/mcp`, token);
  expect((await client.call("box__look", { to: "a" })).code).toBe("policy_missing");
  expect((await fetch(`${house.writ.origin}/readyz`)).status).toBe(503);
  expect(server.asked.filter((one) => one.method === "tools/call")).toEqual([]);
});

const BASE = "servers: { box: { url: 'http://127.0.0.1:1/' } }\n";
test.each([
  ["a wildcard over servers", `${BASE}agents: { a: { scope: [{ tools: ["*__look"] }] } }`],
  ["a wildcard inside a name", `${BASE}agents: { a: { scope: [{ tools: ["box__*look"] }] } }`],
  ["a limit of no kind", `${BASE}agents: { a: { scope: [{ tools: [box__look], where: { to: { matches: x } } }] } }`],
  [
    "two limits in one",
    `${BASE}agents: { a: { scope: [{ tools: [box__look], where: { to: { prefix: a, exact: b } } }] } }`,
  ],
  ["an empty limit", `${BASE}agents: { a: { scope: [{ tools: [box__look], where: { to: {} } }] } }`],
  [
    "a prefix of half a host",
    `${BASE}agents: { a: { scope: [{ tools: [box__look], where: { to: { prefix: "https://ex" } } }] } }`,
  ],
  ["a range of everything", `${BASE}agents: { a: { scope: [{ tools: [box__look], where: { to: { range: {} } } }] } }`],
  ["an observed server without an end", "servers: { box: { url: 'http://127.0.0.1:1/', mode: observe } }"],
  ["an unknown effect word", "servers: { box: { url: 'http://127.0.0.1:1/', tools: { x: { effects: [raed] } } } }"],
  ["no effect at all", "servers: { box: { url: 'http://127.0.0.1:1/', tools: { x: { effects: [] } } } }"],
  ["a server that says it is Writ", "servers: { writ: { url: 'http://127.0.0.1:1/' } }"],
  ["a person that says it is the admin", "people: { admin: { roles: [viewer] } }"],
  ["credentials in the clear", "servers: { box: { url: 'http://example.com/' } }"],
  ["a secret in an address", "servers: { box: { url: 'https://me:secret@example.com/' } }"],
  ["an address for everybody", "listen: { host: 0.0.0.0 }"],
])("%s in writ.yaml is refused before anything starts", (_, yaml) => {
  expect(parseConfiguration(yaml, "/srv/writ.yaml").kind).toBe("refused");
});
