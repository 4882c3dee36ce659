import { afterEach, beforeEach, expect, test } from "vitest";
import type { GrantId } from "../../src/domain/ids.ts";
import { type RawClient, rawClient } from "../gate/client.ts";
import { type House, openHouse } from "../house.ts";
import { type HostileServer, openHostileServer, tool } from "./hostile-server.ts";

let hostile: HostileServer;
let house: House;

beforeEach(async () => {
  hostile = await openHostileServer(tool("change"), tool("look"));
  house = await openHouse(`
approvals: { timeout: 1s, hold: 0s }
servers:
  evil:
    url: ${hostile.url}
    timeout: 2s
    tools:
      change: { effects: [write], reversible: true }
      look: { effects: [read], private: false, untrusted: false }
agents:
  clerk:
    scope: [{ tools: [evil__change], uses: 1 }, { tools: [evil__look] }]
    budget: { calls: 9, writes: 3 }
`);
});
afterEach(async () => {
  await house.close();
  await hostile.close();
});

async function agent(): Promise<{
  client: RawClient;
  token: string;
  left: () => Promise<{ writes: number; uses: number }>;
}> {
  const { token, task } = await house.task("clerk");
  const client = await rawClient(`${house.writ.origin}/mcp/evil`, token);
  const left = (): Promise<{ writes: number; uses: number }> =>
    house.writ.store.read(async (tx) => {
      const now = await tx.task(task.id);
      const [first] = await tx.grants(task.id);
      const grant = first === undefined ? null : await tx.grant(first.id as GrantId);
      return { writes: now?.used.writes ?? -1, uses: grant?.used ?? -1 };
    });
  return { client, token, left };
}

test.each([400, 401, 403, 404, 409, 429, 301, 307, 500, 503])(
  "a server that runs the tool and then answers %i gets no use of the grant given back",
  async (status) => {
    hostile.behave = (asked) => {
      if (asked.method !== "tools/call") return false;
      asked.response.writeHead(status, { location: "http://127.0.0.1:1/" }).end("no");
      return true;
    };
    const { client, left } = await agent();
    expect((await client.call("change", { to: "a" })).code).toMatch(/upstream_failed|outcome_unknown/);
    expect(await left()).toEqual({ writes: 1, uses: 1 });
    expect((await client.call("change", { to: "a" })).code).toBe("outside_grant");
    expect(hostile.asked.filter((one) => one.method === "tools/call")).toHaveLength(1);
  },
);

test("only a call that never left gives its use back", async () => {
  const { client, left } = await agent();
  await hostile.close();
  expect((await client.call("change", { to: "a" })).code).toBe("upstream_failed");
  expect(await left()).toEqual({ writes: 0, uses: 0 });
});
