import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { inSession, LEGACY, MODERN, modern, post, sdkV1, sdkV2, session, tool } from "./callers.ts";
import { type OddHouse, openOddHouse } from "./odd-house.ts";
import { type OddServer, startOdd } from "./odd-server.ts";

const PROGRAM = join(import.meta.dirname, "odd-server.ts");
let house: OddHouse;
let old: OddServer;
let young: OddServer;
let token: string;
beforeAll(async () => {
  [old, young] = await Promise.all([startOdd("legacy"), startOdd("modern")]);
  const reads = `tools: { "*": { effects: [read] } }, same_names: ["*"]`;
  house = await openOddHouse({
    more: `
  old: { url: ${old.url}, ${reads} }
  young: { url: ${young.url}, ${reads} }
  old-program: { command: node, args: [${PROGRAM}, ./old.log, legacy], ${reads} }
  young-program: { command: node, args: [${PROGRAM}, ./young.log, modern], ${reads} }`,
    agents: `
  clerk:
    scope: [{ tools: [old__*, young__*, old-program__*, young-program__*] }]
  narrow:
    scope: [{ tools: [far__look] }]`,
    top: "tier: advanced",
  });
});
beforeEach(async () => {
  token = (await house.task("clerk")).token;
});
afterAll(async () => {
  await house.close();
  await Promise.all([old.stop(), young.stop()]);
});

const HELLO = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: LEGACY, capabilities: {}, clientInfo: { name: "x", version: "1" } },
};

test.each(["old", "old-program"])(
  "a modern client and the legacy-only server `%s` get an error that names both sides",
  async (server) => {
    const both = [
      `the client speaks MCP \`${MODERN}\``,
      `the server \`${server}\` speaks another era: it speaks ${LEGACY} or earlier`,
    ];
    const answers = [
      await modern(house.url(server), token, "server/discover"),
      await modern(house.url(server), token, "tools/list"),
      await modern(house.url(server), token, "prompts/get", { name: "greet" }),
      await modern(house.url(server), token, "subscriptions/listen", { notifications: {} }),
      await tool(house.url(server), token, "look", { at: "x" }),
      await tool(house.url(), token, `${server}__look`, { at: "x" }),
    ];
    for (const answer of answers) {
      expect(answer.code).toBe("era_mismatch");
      for (const side of both) expect(answer.text).toContain(side);
    }
    // One that may find out for itself comes to the era that they share.
    const client = await sdkV2(house.url(server), token, {}, "auto");
    expect((await client.listTools()).tools.map((one) => one.name)).toContain("look");
    await client.close();
  },
);

test.each(["young", "young-program"])(
  "a legacy client and the modern-only server `%s` get an error that names both sides",
  async (server) => {
    const both = [
      `the client speaks MCP \`${LEGACY}\``,
      `the server \`${server}\` speaks another era: it speaks ${MODERN}`,
    ];
    const id = await session(house.url(), token);
    const answers = [
      await post(house.url(server), token, HELLO),
      await inSession(house.url(), token, id, "tools/call", { name: `${server}__look`, arguments: { at: "x" } }),
      await inSession(house.url(), token, id, "prompts/get", { name: `${server}__greet` }),
    ];
    expect(answers[0]?.headers.get("mcp-session-id")).toBeNull();
    for (const answer of answers) {
      expect(answer.code).toBe("era_mismatch");
      for (const side of both) expect(answer.text).toContain(side);
    }
    await expect(sdkV1(house.url(server), token)).rejects.toThrow(`the client speaks MCP \`${LEGACY}\``);
  },
);

test("where all servers are shown, the list goes on without those of the other era, and says which are missing and why", async () => {
  const id = await session(house.url(), token);
  const listings = [
    [await modern(house.url(), token, "tools/list"), "young", ["old", "old-program"]],
    [await inSession(house.url(), token, id, "tools/list"), "old", ["young", "young-program"]],
  ] as const;
  for (const [{ json }, shown, missing] of listings) {
    const { tools, _meta: meta } = json.result as {
      tools: { name: string }[];
      _meta: Record<string, { server: string; code: string }[]>;
    };
    const names = tools.map((one) => one.name);
    expect(names).toContain(`${shown}__look`);
    expect(names.some((name) => missing.some((server) => name.startsWith(`${server}__`)))).toBe(false);
    expect(meta["io.writ/missing"]?.map((one) => [one.server, one.code]).toSorted()).toEqual(
      missing.map((server) => [server, "era_mismatch"]),
    );
  }
});

test("a task that has nothing to do with a server does not learn that it is there by its being missing", async () => {
  const narrow = await house.task("narrow");
  const { text } = await modern(house.url(), narrow.token, "tools/list");
  expect(text).toContain("far__look");
  expect(text).not.toContain("old");
});

test("a call that could not be sent for its era is given back to the task's budget", async () => {
  const { token: mine, task } = await house.task("clerk");
  await tool(house.url("old"), mine, "look", { at: "x" });
  expect((await house.writ.store.read((tx) => tx.task(task.id)))?.used).toEqual({ calls: 0, writes: 0 });
  expect((await house.records(task.id)).at(-1)).toMatchObject({ kind: "outcome", body: { state: "not_run" } });
});
