import { afterEach, beforeEach, expect, test } from "vitest";
import { endTask } from "../../src/authority/tasks/end-task.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import { answerOf, rawClient } from "../gate/client.ts";
import { type House, openHouse } from "../house.ts";
import { type HostileServer, openHostileServer, tool } from "./hostile-server.ts";

// What an agent sends beside its calls is judged by nobody, so none of it may carry a word of the agent's to a server.
const SECRET = "the-secret-the-agent-wants-out";
const MODERN = "2026-07-28";

let server: HostileServer;
let house: House;

async function open(tier: string): Promise<void> {
  server = await openHostileServer(tool("look"));
  house = await openHouse(`
tier: ${tier}
approvals: { timeout: 1s, hold: 0s }
servers:
  box: { url: ${server.url}, tools: { look: { effects: [read] } } }
agents:
  clerk: { scope: [{ tools: [box__look] }] }
  other: {}
`);
  server.asked.length = 0;
}
beforeEach(() => open("foundation"));
afterEach(async () => {
  await house.close();
  await server.close();
});

interface Post {
  readonly method: string;
  readonly params?: JsonObject;
  readonly session?: string;
  readonly id?: number | null;
  readonly headers?: Record<string, string>;
}

function send(token: string, { method, params = {}, session, id = 1, headers = {} }: Post, path = "/mcp/box") {
  return fetch(`${house.writ.origin}${path}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(session === undefined ? {} : { "mcp-session-id": session }),
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: "2.0", ...(id === null ? {} : { id }), method, params }),
  });
}

function sendModern(token: string, method: string, params: JsonObject, headers: Record<string, string> = {}) {
  const meta = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": { name: "x", version: "1" },
    "evil/note": SECRET,
    baggage: `note=${SECRET.repeat(40)}`,
    traceparent: SECRET,
  };
  return send(token, {
    method,
    params: { ...params, _meta: { ...meta, ...(params["_meta"] as JsonObject | undefined) } },
    headers: { "mcp-protocol-version": MODERN, "mcp-method": method, ...headers },
  });
}

function heard(): string {
  return JSON.stringify(server.asked.map(({ method, params, headers }) => ({ method, params, headers })));
}

test("a legacy client's greeting, notifications, log level and listing carry nothing of the agent's to the server", async () => {
  const { token } = await house.task("clerk");
  await send(token, {
    method: "initialize",
    params: {
      protocolVersion: "2025-11-25",
      capabilities: { [SECRET]: {}, experimental: { note: SECRET.repeat(500) } },
      clientInfo: { name: "x", version: "1", note: SECRET },
      note: SECRET,
      _meta: { note: SECRET },
    },
  });
  const { session } = await rawClient(`${house.writ.origin}/mcp/box`, token);
  for (const post of [
    { method: "notifications/note", params: { note: SECRET }, id: null },
    { method: "notifications/initialized", params: { note: SECRET }, id: null },
    { method: "notifications/roots/list_changed", params: { _meta: { note: SECRET } }, id: null },
    { method: "notifications/progress", params: { progressToken: SECRET, progress: 1, message: SECRET }, id: null },
    { method: "logging/setLevel", params: { level: SECRET } },
    { method: "logging/setLevel", params: { level: "info", note: SECRET } },
    { method: "tools/list", params: { cursor: SECRET } },
    { method: "tools/list", params: { note: SECRET } },
    { method: SECRET, params: { note: SECRET } },
    { method: "resources/list", params: { note: SECRET } },
  ] satisfies Post[])
    await (await send(token, { ...post, session, headers: { "mcp-param-note": SECRET } })).text();
  expect(heard()).not.toContain(SECRET);
});

test("a modern client's discovery, listing, subscription and headers carry nothing of the agent's to the server", async () => {
  const { token } = await house.task("clerk");
  await (await sendModern(token, "server/discover", { note: SECRET })).text();
  await (await sendModern(token, "tools/list", { cursor: SECRET })).text();
  await (await sendModern(token, "tools/list", { note: SECRET }, { "mcp-param-note": SECRET })).text();
  const listening = await sendModern(token, "subscriptions/listen", {
    notifications: { toolsListChanged: true, [SECRET]: true, promptsListChanged: SECRET },
    note: SECRET,
  });
  await listening.text();
  const called = await sendModern(
    token,
    "tools/call",
    { name: "look", arguments: { to: "a" } },
    {
      "mcp-name": "look",
      "mcp-param-note": SECRET,
    },
  );
  expect(await called.text()).toContain("done");
  expect(server.asked.map((one) => one.method)).toEqual(expect.arrayContaining(["tools/list", "tools/call"]));
  expect(heard()).not.toContain(SECRET);
});

test("a cursor goes on to the server only where the server gave it", async () => {
  server.behave = (asked) => {
    if (asked.method !== "tools/list") return false;
    asked.result(asked.params["cursor"] === "next" ? { tools: [] } : { tools: server.tools, nextCursor: "next" });
    return true;
  };
  const { token } = await house.task("clerk");
  const client = await rawClient(`${house.writ.origin}/mcp/box`, token);
  expect((await client.request("tools/list", { cursor: "next" })).json.error?.code).toBe(-32_602);
  expect((await client.request("tools/list", {})).json.result?.["nextCursor"]).toBe("next");
  expect((await client.request("tools/list", { cursor: "next" })).json.result?.["tools"]).toEqual([]);
});

test("a task that has nothing to do with a server does not get to it by the side, where nobody would be asked", async () => {
  await house.close();
  await server.close();
  await open("advanced");
  const { token } = await house.task("other");
  const hello = await send(token, {
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "x", version: "1" } },
  });
  expect(answerOf(200, await hello.text()).code).toBe("no_grant");
  for (const method of ["server/discover", "tools/list", "subscriptions/listen"])
    expect(await (await sendModern(token, method, { notifications: { toolsListChanged: true } })).text()).toContain(
      "no_grant",
    );
  const all = await rawClient(`${house.writ.origin}/mcp`, token);
  const listed = await all.request("tools/list", {});
  expect(((listed.json.result?.["tools"] ?? []) as { name: string }[]).map((one) => one.name)).toEqual([
    "writ__request_grant",
    "writ__open_task",
    "writ__end_task",
  ]);
  expect(server.asked).toEqual([]);
});

test("the token of a task that has ended opens nothing any more: no session, list, stream or notification", async () => {
  const { token, task } = await house.task("clerk");
  const { session } = await rawClient(`${house.writ.origin}/mcp/box`, token);
  await endTask(house.writ.authority, { task: task.id, by: "ada", why: "done" });
  await expect.poll(() => server.asked.length).toBeGreaterThan(0);
  server.asked.length = 0;
  const hello = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "x", version: "1" } };
  for (const path of ["/mcp/box", "/mcp"]) {
    await (await send(token, { method: "initialize", params: hello }, path)).text();
    for (const method of ["tools/list", "prompts/list", "resources/list", "logging/setLevel"])
      await (await send(token, { method, params: { level: "info" }, session }, path)).text();
    await send(token, { method: "notifications/initialized", id: null, session }, path);
  }
  for (const method of ["server/discover", "tools/list", "subscriptions/listen"])
    await (await sendModern(token, method, { notifications: {} })).text();
  const stream = await fetch(`${house.writ.origin}/mcp/box`, {
    headers: { authorization: `Bearer ${token}`, "mcp-session-id": session, accept: "text/event-stream" },
  });
  expect(stream.status).toBe(403);
  expect(server.asked).toEqual([]);
});

test("no method but `tools/call` runs one of Writ's own tools", async () => {
  const { token, task } = await house.task("clerk");
  const client = await rawClient(`${house.writ.origin}/mcp/writ`, token);
  for (const method of ["prompts/get", "resources/read", "completion/complete", "resources/subscribe", "tools/list"])
    await client.request(method, { name: "end_task", uri: "end_task", arguments: {} });
  const now = await house.writ.store.read((tx) => tx.task(task.id));
  expect(now?.state.kind).toBe("active");
});
