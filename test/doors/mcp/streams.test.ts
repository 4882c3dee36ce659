import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { issueGrant } from "../../../src/authority/tasks/grants.ts";
import type { TaskId } from "../../../src/domain/ids.ts";
import type { JsonObject } from "../../../src/domain/json.ts";
import { inSession, META, MODERN, modern, post, sdkV1, sdkV2, session, stream, type Stream, tool } from "./callers.ts";
import { forget, type OddHouse, openOddHouse } from "./odd-house.ts";
import { TOOLS } from "./odd-server.ts";
import {
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";

let house: OddHouse;
let token: string;
beforeAll(async () => {
  house = await openOddHouse({
    top: "tier: advanced",
    agents: `
  clerk:
    scope: [{ tools: [far__*, near__*] }]
    budget: { calls: 2000 }
  reader:
    scope:
      - { tools: [far__touch, far__look] }
      - { tools: [far__$subscribe], where: { uri: { exact: "odd://one" } } }`,
  });
});
beforeEach(async () => {
  token = (await house.task("clerk")).token;
  forget(house);
});
const open: Stream[] = [];
afterEach(() => {
  house.far.odd.tools = TOOLS;
  for (const one of open.splice(0)) one.stop();
});
afterAll(() => house.close());

async function listen(
  server: string | undefined,
  notifications: unknown,
  as = token,
  id = "my listening",
): Promise<Stream> {
  const one = await stream(house.url(server), {
    method: "POST",
    headers: {
      authorization: `Bearer ${as}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": MODERN,
      "mcp-method": "subscriptions/listen",
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id,
      method: "subscriptions/listen",
      params: { notifications, _meta: META },
    }),
  });
  open.push(one);
  return one;
}

async function get(server: string | undefined, mcp: string, as = token): Promise<Stream> {
  const headers = { authorization: `Bearer ${as}`, accept: "text/event-stream", "mcp-session-id": mcp };
  const one = await stream(house.url(server), { headers });
  open.push(one);
  return one;
}

async function askUser(server: string, what: string, given?: string): Promise<Stream> {
  const mcp = given ?? (await session(house.url(server), token, "2025-11-25", { elicitation: {} }));
  const call = { jsonrpc: "2.0", id: "c", method: "tools/call", params: { name: "ask_user", arguments: { what } } };
  const one = await stream(house.url(server), {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-session-id": mcp,
    },
    body: JSON.stringify(call),
  });
  open.push(one);
  return one;
}

const tagOf = (message: JsonObject | null): unknown =>
  ((message?.["params"] as JsonObject | undefined)?.["_meta"] as JsonObject | undefined)?.[
    "io.modelcontextprotocol/subscriptionId"
  ];

test.each(["far", "near"])(
  "what %s tells a subscription arrives under the id of the request that opened it",
  async (server) => {
    const listening = await listen(server, { resourceSubscriptions: ["odd://one"] });
    const acknowledged = await listening.next();
    expect([acknowledged?.["method"], tagOf(acknowledged)]).toEqual([
      "notifications/subscriptions/acknowledged",
      "my listening",
    ]);
    await tool(house.url(server), token, "touch");
    const updated = await listening.next();
    expect(updated).toMatchObject({ method: "notifications/resources/updated", params: { uri: "odd://one" } });
    expect(tagOf(updated)).toBe("my listening");
  },
);

test("each resource of a subscription is judged as a subscription of its own, on the record", async () => {
  const reader = await house.task("reader");
  const granted = await listen("far", { resourceSubscriptions: ["odd://one"] }, reader.token);
  expect((await granted.next())?.["method"]).toBe("notifications/subscriptions/acknowledged");
  const refused = await modern(house.url("far"), reader.token, "subscriptions/listen", {
    notifications: { toolsListChanged: true, resourceSubscriptions: ["odd://one", "odd://secret"] },
  });
  expect(refused.code).toBe("outside_grant");
  expect(house.far.seen.filter((one) => one.message.method === "subscriptions/listen")).toHaveLength(1);
  const kinds = (await house.records(reader.task.id))
    .filter((one) => one.body["tool"] === "far__$subscribe")
    .map((one) => one.kind);
  expect(kinds).toEqual(["admission", "admission", "denial"]);
});

test("a subscription to what is no list of addresses is refused", async () => {
  for (const notifications of [
    undefined,
    null,
    [],
    "all",
    { resourceSubscriptions: "odd://one" },
    { resourceSubscriptions: [1] },
  ]) {
    const answer = await modern(house.url("far"), token, "subscriptions/listen", { notifications } as JsonObject);
    expect([answer.status, answer.json.error?.code]).toEqual([400, -32602]);
  }
});

test("a client that stops listening ends the subscription at its server", async () => {
  const listening = await listen("far", { toolsListChanged: true });
  await listening.next();
  listening.stop();
  await expect.poll(() => house.far.left).toEqual(["subscriptions/listen"]);
});

test("at the endpoint that shows all, Writ itself tells when the tools could differ", async () => {
  const listening = await listen(undefined, { toolsListChanged: true, resourceSubscriptions: ["odd://one"] });
  expect(await listening.next()).toMatchObject({ params: { notifications: { toolsListChanged: true } } });
  house.far.odd.tools = [...TOOLS, { name: "new", inputSchema: { type: "object" } }];
  await modern(house.url("far"), token, "tools/list");
  const changed = await listening.next();
  expect([changed?.["method"], tagOf(changed)]).toEqual(["notifications/tools/list_changed", "my listening"]);
});

test("a grant that a person gives is told to whoever listens, in both eras and at both endpoints", async () => {
  const reader = await house.task("reader");
  const streams = [
    await listen("far", { toolsListChanged: true }, reader.token),
    await listen(undefined, { toolsListChanged: true }, reader.token),
    await get("far", await session(house.url("far"), reader.token), reader.token),
    await get(undefined, await session(house.url(), reader.token), reader.token),
  ];
  for (const one of streams.slice(0, 2)) await one.next();
  const draft = { tools: ["far__change"], constraints: [], uses: null, origin: "approval", issuedBy: "dana" } as const;
  await issueGrant(house.writ.authority, { task: reader.task.id as TaskId, draft });
  for (const one of streams) expect(await one.next()).toMatchObject({ method: "notifications/tools/list_changed" });
  expect((await modern(house.url("far"), reader.token, "tools/list")).text).toContain('"name":"change"');
});

test.each(["far", "near"])(
  "what %s says outside a call reaches the stream that a legacy client opened",
  async (server) => {
    const mcp = await session(house.url(server), token);
    const stream = await get(server, mcp);
    await inSession(house.url(server), token, mcp, "resources/subscribe", { uri: "odd://one" });
    // The server's end of the stream may begin a moment later than ours.
    await expect.poll(() => house.far.odd.listeners.size + (server === "near" ? 1 : 0)).toBeGreaterThan(0);
    await inSession(house.url(server), token, mcp, "tools/call", { name: "touch", arguments: {} });
    expect(await stream.next()).toMatchObject({
      method: "notifications/resources/updated",
      params: { uri: "odd://one" },
    });
  },
);

test("where all servers are shown, a stream hears each of them from its first call on", async () => {
  const mcp = await session(house.url(), token);
  const stream = await get(undefined, mcp);
  for (const server of ["far", "near"]) {
    await inSession(house.url(), token, mcp, "tools/call", { name: `${server}__touch`, arguments: {} });
    expect(await stream.next()).toMatchObject({ method: "notifications/resources/updated" });
  }
});

test("a second stream of a session takes the place of the first", async () => {
  const mcp = await session(house.url("near"), token);
  const first = await get("near", mcp);
  const second = await get("near", mcp);
  expect(await first.next()).toBeNull();
  await inSession(house.url("near"), token, mcp, "tools/call", { name: "touch", arguments: {} });
  expect(await second.next()).toMatchObject({ method: "notifications/resources/updated" });
});

test("the official clients hear of a resource they subscribed to", async () => {
  const heard: string[] = [];
  const legacy = await sdkV1(house.url("near"), token);
  legacy.setNotificationHandler(
    ResourceUpdatedNotificationSchema,
    ({ params }) => void heard.push(`legacy ${params.uri}`),
  );
  legacy.setNotificationHandler(ToolListChangedNotificationSchema, () => {});
  await legacy.subscribeResource({ uri: "odd://one" });
  await legacy.callTool({ name: "touch", arguments: {} });
  const modernClient = await sdkV2(house.url("far"), token);
  modernClient.setNotificationHandler(
    "notifications/resources/updated",
    ({ params }) => void heard.push(`modern ${params.uri}`),
  );
  const subscription = await modernClient.listen({ resourceSubscriptions: ["odd://one"] });
  await modernClient.callTool({ name: "touch", arguments: {} });
  await expect.poll(() => heard).toEqual(["legacy odd://one", "modern odd://one"]);
  await subscription.close();
  await Promise.all([legacy.close(), modernClient.close()]);
});

test("a client that does not read is let go of, and does not fill the gateway's memory", async () => {
  await expect.poll(() => house.far.odd.listeners.size).toBe(0);
  await get("far", await session(house.url("far"), token));
  await expect.poll(() => house.far.odd.listeners.size).toBe(1);
  const line = `{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"${"x".repeat(1024 * 1024)}"}}`;
  // Nobody reads on our side; what the sockets hold by themselves is a few of these.
  for (let i = 0; i < 200 && house.far.odd.listeners.size > 0; i++) {
    for (const say of house.far.odd.listeners) say(line);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await expect.poll(() => house.far.odd.listeners.size).toBe(0);
});

test("a server's question goes to the legacy client under an id of Writ's own, and only that client answers it", async () => {
  const mcp = await session(house.url("near"), token, "2025-11-25", { elicitation: {} });
  const call = await askUser("near", "it", mcp);
  const asked = await call.next();
  expect(asked).toMatchObject({ method: "elicitation/create", params: { message: "Which?" } });
  const id = String(asked?.["id"]);
  expect(id).toMatch(/^near:/);
  // Nobody else's answer counts, and neither does one to another id.
  const thief = await house.task("clerk");
  const answer = { jsonrpc: "2.0", id, result: { action: "accept", content: { name: "Eve" } } };
  expect((await post(house.url("near"), thief.token, answer, { "mcp-session-id": mcp })).status).toBe(404);
  expect(
    (await post(house.url("near"), token, { ...answer, id: "near:guess" }, { "mcp-session-id": mcp })).status,
  ).toBe(202);
  await post(
    house.url("near"),
    token,
    { ...answer, result: { action: "accept", content: { name: "Ada" } } },
    { "mcp-session-id": mcp },
  );
  const done = await call.next();
  expect(JSON.stringify(done)).toContain("Ada");
  expect(done?.["id"]).toBe("c");
});

test("a question that its server takes back is taken back from the client, under the id it knows", async () => {
  for (const server of ["near", "far"]) {
    const mcp = await session(house.url(server), token, "2025-11-25", { elicitation: {} });
    const call = await askUser(server, "it", mcp);
    const asked = await call.next();
    expect(asked).toMatchObject({ method: "elicitation/create" });
    const moved = { jsonrpc: "2.0", method: "notifications/roots/list_changed" };
    await post(house.url(server), token, moved, { "mcp-session-id": mcp });
    const next = [await call.next(), await call.next()];
    expect(next[0]).toMatchObject({ method: "notifications/cancelled", params: { requestId: asked?.["id"] } });
    expect(JSON.stringify(next[1])).toContain("never mind");
  }
});

test("when the task ends, a question that waits for the client is taken back", async () => {
  const call = await askUser("near", "it");
  const asked = await call.next();
  await modern(house.url("writ"), token, "tools/call", { name: "end_task", arguments: {} });
  expect(await call.next()).toMatchObject({ method: "notifications/cancelled", params: { requestId: asked?.["id"] } });
  expect(JSON.stringify(await call.next())).toContain("credential_revoked");
});
