import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { endTask } from "../../../src/authority/tasks/end-task.ts";
import type { TaskId } from "../../../src/domain/ids.ts";
import { inSession, LEGACY, META, MODERN, modern, post, session, stream, tool } from "./callers.ts";
import { forget, type OddHouse, openOddHouse } from "./odd-house.ts";

let house: OddHouse;
let token: string;
let task: string;
beforeAll(async () => {
  house = await openOddHouse();
});
beforeEach(async () => {
  const opened = await house.task("clerk");
  token = opened.token;
  task = opened.task.id;
  forget(house);
});
afterAll(() => house.close());

const LOOK = { name: "look", arguments: { at: "x" } };

test("the MCP session of another task is as if it did not exist, whatever is asked of it", async () => {
  const id = await session(house.url("far"), token);
  const thief = await house.task("clerk");
  expect((await inSession(house.url("far"), thief.token, id, "tools/call", LOOK)).status).toBe(404);
  for (const method of ["GET", "DELETE"]) {
    const response = await fetch(house.url("far"), {
      method,
      headers: { authorization: `Bearer ${thief.token}`, accept: "text/event-stream", "mcp-session-id": id },
    });
    expect(response.status).toBe(404);
  }
  const answer = { jsonrpc: "2.0", id: "far:guess", result: {} };
  expect((await post(house.url("far"), thief.token, answer, { "mcp-session-id": id })).status).toBe(404);
  expect((await inSession(house.url("far"), token, id, "tools/call", LOOK)).status).toBe(200);
});

test("an MCP session belongs to the endpoint that it was opened at", async () => {
  const id = await session(house.url("far"), token);
  for (const url of [house.url("near"), house.url(), house.url("writ")])
    expect((await inSession(url, token, id, "tools/list")).status).toBe(404);
});

test("an MCP session that its client ended is gone", async () => {
  const id = await session(house.url("near"), token);
  const end = (): Promise<Response> =>
    fetch(house.url("near"), { method: "DELETE", headers: { authorization: `Bearer ${token}`, "mcp-session-id": id } });
  expect((await end()).status).toBe(200);
  expect((await inSession(house.url("near"), token, id, "tools/list")).status).toBe(404);
  expect((await end()).status).toBe(404);
});

test("an MCP session that was never opened is not opened by naming it", async () => {
  for (const id of ["mine", "", "a".repeat(4_000), `modern ${task} far ${MODERN}`])
    expect((await inSession(house.url("far"), token, id, "tools/list")).status).toBe(404);
});

test("when its task ends, what an MCP session asks is refused by the gate, on the record, and its stream is closed", async () => {
  const id = await session(house.url("far"), token);
  const listening = await stream(house.url("far"), {
    headers: { authorization: `Bearer ${token}`, accept: "text/event-stream", "mcp-session-id": id },
  });
  await endTask(house.writ.authority, { task: task as TaskId, by: "ada", why: "done" });
  expect(await listening.next()).toMatchObject({ method: "notifications/tools/list_changed" });
  expect(await listening.next()).toBeNull();
  expect((await inSession(house.url("far"), token, id, "tools/call", LOOK)).code).toBe("task_ended");
  expect((await inSession(house.url("far"), token, id, "tools/list")).code).toBe("task_ended");
  expect((await house.records(task)).at(-1)).toMatchObject({ kind: "denial", body: { reason: "task_ended" } });
  expect(house.far.seen.filter((one) => one.message.method === "tools/call")).toEqual([]);
});

test("a legacy request without a session, and a modern one with only its header, are told what they lack", async () => {
  const request = { jsonrpc: "2.0", id: 1, method: "tools/list" };
  for (const version of [LEGACY, "2024-11-05", null]) {
    const answer = await post(house.url("far"), token, request, { "mcp-protocol-version": version });
    expect([answer.status, answer.json.error?.message]).toEqual([400, expect.stringContaining("initialize first")]);
  }
  const answer = await post(house.url("far"), token, request, {
    "mcp-protocol-version": MODERN,
    "mcp-method": "tools/list",
  });
  expect([answer.status, answer.json.error?.message]).toEqual([400, expect.stringContaining("`_meta` lacks")]);
});

test("what one era has, the other has not", async () => {
  const id = await session(house.url("far"), token);
  for (const method of ["server/discover", "subscriptions/listen", "tasks/get", "constructor"])
    expect((await inSession(house.url("far"), token, id, method)).json.error?.code).toBe(-32601);
  for (const method of ["ping", "logging/setLevel", "initialize", "tasks/get", "__proto__"]) {
    const answer = await modern(house.url("far"), token, method);
    expect([answer.status, answer.json.error?.code]).toEqual([404, -32601]);
  }
});

test("a GET or DELETE without a session is refused, with what is allowed", async () => {
  for (const method of ["GET", "DELETE"]) {
    for (const version of [MODERN, LEGACY]) {
      const response = await fetch(house.url("far"), {
        method,
        headers: { authorization: `Bearer ${token}`, accept: "text/event-stream", "mcp-protocol-version": version },
      });
      expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
    }
  }
});

test("a GET that takes no stream is refused and not left waiting", async () => {
  const id = await session(house.url("far"), token);
  const response = await fetch(house.url("far"), {
    headers: { authorization: `Bearer ${token}`, accept: "application/json", "mcp-session-id": id },
  });
  expect(response.status).toBe(406);
});

test("an initialize of an unknown revision is answered with one that is spoken, and the record says which", async () => {
  for (const url of [house.url("far"), house.url()]) {
    const hello = await post(url, token, {
      jsonrpc: "2.0",
      id: 1,
      method: "initialize",
      params: { protocolVersion: "1999-01-01", capabilities: {}, clientInfo: { name: "old", version: "1" } },
    });
    expect(hello.json.result?.["protocolVersion"]).toBe(LEGACY);
    const id = hello.headers.get("mcp-session-id") ?? "";
    await inSession(url, token, id, "tools/call", url.endsWith("/far") ? LOOK : { ...LOOK, name: "far__look" });
    const admission = (await house.records(task)).findLast((one) => one.kind === "admission");
    expect(admission?.body["protocol"]).toBe(LEGACY);
  }
});

test("an initialize of the modern era, or of none, is refused", async () => {
  const hello = { jsonrpc: "2.0", id: 1, method: "initialize" };
  const params = { capabilities: {}, clientInfo: { name: "x", version: "1" } };
  expect(
    (await post(house.url("far"), token, { ...hello, params: { ...params, protocolVersion: MODERN } })).status,
  ).toBe(400);
  expect((await post(house.url("far"), token, { ...hello, params })).json.error?.code).toBe(-32602);
  expect(
    (
      await post(
        house.url("far"),
        token,
        { ...hello, params: { ...params, _meta: META } },
        { "mcp-protocol-version": MODERN, "mcp-method": "initialize" },
      )
    ).status,
  ).toBe(404);
});

test("one session opens no more than 64 MCP sessions, and a modern client still gets through", async () => {
  const opened = [];
  for (let i = 0; i < 63; i++) opened.push(await session(house.url("far"), token));
  await modern(house.url("far"), token, "tools/list");
  const refused = await post(house.url("far"), token, {
    jsonrpc: "2.0",
    id: 1,
    method: "initialize",
    params: { protocolVersion: LEGACY, capabilities: {}, clientInfo: { name: "x", version: "1" } },
  });
  expect([refused.status, refused.text]).toEqual([429, expect.stringContaining("conversations_exhausted")]);
  expect((await modern(house.url("far"), token, "tools/list")).status).toBe(200);
});

test("a modern client that goes away cancels its call at the server, over HTTP and over stdio", async () => {
  for (const server of ["far", "near"]) {
    const away = new AbortController();
    const hanging = tool(house.url(server), token, "hang", {}, { signal: away.signal }).catch(() => "gone");
    await expect.poll(() => sentTo(server).includes("tools/call")).toBe(true);
    away.abort();
    expect(await hanging).toBe("gone");
    await expect.poll(() => cancelled(server)).toBe(true);
  }
  const outcomes = async (): Promise<unknown[]> =>
    (await house.records(task)).filter((one) => one.kind === "outcome").map((one) => one.body["why"]);
  await expect.poll(outcomes).toEqual(["cancelled", "cancelled"]);
});

test("a legacy client that goes away has not cancelled: its call runs to its end", async () => {
  const id = await session(house.url("near"), token);
  const away = new AbortController();
  const hanging = inSession(
    house.url("near"),
    token,
    id,
    "tools/call",
    { name: "hang", arguments: {} },
    {},
    away.signal,
  );
  await expect.poll(() => sentTo("near").includes("tools/call")).toBe(true);
  away.abort();
  await expect(hanging).rejects.toThrow();
  // A call after it is answered, and the first is still not taken back.
  await inSession(house.url("near"), token, id, "tools/call", LOOK);
  expect(cancelled("near")).toBe(false);
});

test("notifications/cancelled cancels the call that it names, and no other", async () => {
  for (const server of ["far", "near"]) {
    const id = await session(house.url(server), token);
    forget(house);
    const headers = { "mcp-session-id": id, "mcp-protocol-version": LEGACY };
    const call = { jsonrpc: "2.0", id: "the one", method: "tools/call", params: { name: "hang", arguments: {} } };
    const hanging = post(house.url(server), token, call, headers);
    await expect.poll(() => sentTo(server).includes("tools/call")).toBe(true);
    const cancel = (requestId: unknown): Promise<{ status: number }> =>
      post(
        house.url(server),
        token,
        { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } },
        headers,
      );
    for (const other of ["another", 1, null, {}, undefined]) expect((await cancel(other)).status).toBe(202);
    expect(cancelled(server)).toBe(false);
    await cancel("the one");
    await hanging;
    await expect.poll(() => cancelled(server)).toBe(true);
  }
});

test("of two modern clients that chose the same id neither cancels the other's call by notification", async () => {
  const away = new AbortController();
  const both = [1, 2].map(() =>
    tool(house.url("far"), token, "hang", {}, { id: "same", signal: away.signal }).catch(() => "gone"),
  );
  await expect.poll(() => sentTo("far").filter((method) => method === "tools/call").length).toBe(2);
  const notification = {
    jsonrpc: "2.0",
    method: "notifications/cancelled",
    params: { requestId: "same", _meta: META },
  };
  await post(house.url("far"), token, notification, {
    "mcp-protocol-version": MODERN,
    "mcp-method": "notifications/cancelled",
  });
  expect(house.far.left).toEqual([]);
  away.abort();
  expect(await Promise.all(both)).toEqual(["gone", "gone"]);
});

test("a question to people is not held open for a client that has gone, in either era", async () => {
  const careful = await house.task("careful");
  const id = await session(house.url("far"), careful.token);
  for (const ask of [
    (signal: AbortSignal) => tool(house.url("far"), careful.token, "look", { at: "modern" }, { signal }),
    (signal: AbortSignal) =>
      inSession(
        house.url("far"),
        careful.token,
        id,
        "tools/call",
        { name: "look", arguments: { at: "legacy" } },
        {},
        signal,
      ),
  ]) {
    const away = new AbortController();
    const asking = ask(away.signal);
    const open = (): Promise<number> =>
      house.writ.store.read(
        async (tx) => (await tx.openApprovals(careful.task.id)).filter((one) => one.state === "pending").length,
      );
    await expect.poll(open).toBe(1);
    away.abort();
    await expect(asking).rejects.toThrow();
    // Both ends of the connection are in this process: some requests later the other one knows of it, too.
    for (let i = 0; i < 10; i++) await modern(house.url("far"), token, "tools/list");
    await house.answer(careful.task.id, "allow");
  }
  // The yes made the call admissible; nobody made it.
  await tool(house.url("writ"), careful.token, "end_task", { why: "enough" });
  expect(
    (await house.records(careful.task.id)).filter((one) => one.body["tool"] === "far__look").map((one) => one.kind),
  ).toEqual(["ask", "ask"]);
  expect(house.far.seen.filter((one) => one.message.method === "tools/call")).toEqual([]);
});

function sentTo(server: string): readonly unknown[] {
  return server === "far"
    ? house.far.seen.map((one) => one.message.method)
    : house.nearSaw().map((one) => one["method"]);
}

function cancelled(server: string): boolean {
  return sentTo(server).includes("notifications/cancelled") || house.far.left.includes("tools/call");
}
