import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { JsonObject } from "../../../src/domain/json.ts";
import { inSession, LEGACY, META, MODERN, modern, post, session, tool } from "./callers.ts";
import { forget, type OddHouse, openOddHouse } from "./odd-house.ts";

let house: OddHouse;
let token: string;
let task: string;
beforeAll(async () => {
  house = await openOddHouse({
    servers: `    tools: { "*": { effects: [read] }, change: { effects: [write], reversible: true }, pay: { effects: [write], reversible: true } }`,
  });
});
beforeEach(async () => {
  const opened = await house.task("clerk");
  token = opened.token;
  task = opened.task.id;
  forget(house);
});
afterEach(() => vi.useRealTimers());
afterAll(() => house.close());

const HEADERS = { "mcp-protocol-version": MODERN, "mcp-method": "tools/call", "mcp-name": "look" };
const CALL = {
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params: { name: "look", arguments: { at: "x" }, _meta: META },
};
const text = (args: string): string =>
  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"look","arguments":${args},"_meta":${JSON.stringify(META)}}}`;

/** Nothing was called, and nothing was written about it: nobody could say what was asked. */
async function nothingHappened(): Promise<void> {
  expect(house.far.seen.filter((one) => one.message.method === "tools/call")).toEqual([]);
  expect((await house.records(task)).map((one) => one.kind)).toEqual(["task_opened"]);
}

test("the request that the cases below are spoilt copies of is answered", async () => {
  expect((await post(house.url("far"), token, CALL, HEADERS)).text).toContain('look {\\"at\\":\\"x\\"}');
  expect((await post(house.url("far"), token, text('{"at":"x"}'), HEADERS)).status).toBe(200);
});

test.each([
  ["nothing", ""],
  ["no JSON", "tools/call"],
  ["half of a message", JSON.stringify(CALL).slice(0, -1)],
  ["two messages", JSON.stringify(CALL) + JSON.stringify(CALL)],
  ["a byte order mark", `\ufeff${JSON.stringify(CALL)}`],
  ["a trailing comma", text('{"at":"x",}')],
  ["a comment", text('{"at":"x"/**/}')],
  ["a number that JSON does not know", text('{"at":NaN}')],
  ["a member twice", text('{"at":"x","at":"y"}')],
  ["a member twice, spelt differently", text('{"at":"x","\\u0061t":"y"}')],
  ["the method twice", `${JSON.stringify(CALL).slice(0, -1)},"method":"ping"}`],
  ["the params twice, spelt differently", `${JSON.stringify(CALL).slice(0, -1)},"p\\u0061rams":{}}`],
  ["an integer beyond 2^53", text('{"at":9007199254740993}')],
  ["a negative integer beyond 2^53", text('{"at":-9007199254740993}')],
  ["a number beyond every double", text('{"at":1e999}')],
  ["half a surrogate pair", text('{"at":"\\ud800"}')],
  ["65 levels of nesting", text(`{"at":${"[".repeat(64)}${"]".repeat(64)}}`)],
  ["a million levels of nesting", "[".repeat(1_000_000)],
])("a body of %s cannot be read, and is refused as such", async (_, body) => {
  const answer = await post(house.url("far"), token, body, HEADERS);
  expect([answer.status, answer.json.error?.code]).toEqual([400, -32700]);
  await nothingHappened();
});

test.each([
  ["a batch", [CALL, CALL]],
  ["an empty batch", []],
  ["a text", "tools/call"],
  ["null", null],
  ["another version", { ...CALL, jsonrpc: "1.0" }],
  ["no version", { ...CALL, jsonrpc: undefined }],
  ["an id that is null", { ...CALL, id: null }],
  ["an id that is a fraction", { ...CALL, id: 1.5 }],
  ["an id that is an object", { ...CALL, id: {} }],
  ["no method", { ...CALL, method: undefined }],
  ["a method that is no text", { ...CALL, method: 7 }],
  ["a request and a result at once", { ...CALL, result: {} }],
  ["a result and an error at once", { jsonrpc: "2.0", id: 1, result: {}, error: { code: 1, message: "" } }],
  ["a result without an id", { jsonrpc: "2.0", result: {} }],
])("a message that is %s is no message", async (_, body) => {
  const answer = await post(house.url("far"), token, JSON.stringify(body), HEADERS);
  expect([answer.status, answer.json.error?.code]).toEqual([400, -32600]);
  await nothingHappened();
});

test("params that are a list are refused as invalid params", async () => {
  const answer = await post(house.url("far"), token, { ...CALL, params: ["look"] }, HEADERS);
  expect([answer.status, answer.json.error?.code]).toEqual([400, -32602]);
  await nothingHappened();
});

test("bytes that are not UTF-8 are refused and never guessed at", async () => {
  const bytes = Buffer.from(text('{"at":"é"}'), "latin1");
  const answer = await post(house.url("far"), token, Uint8Array.from(bytes), HEADERS);
  expect([answer.status, answer.json.error?.code]).toEqual([400, -32700]);
  await nothingHappened();
});

test.each(["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "multipart/form-data", ""])(
  "a body of type `%s` is not read",
  async (type) => {
    const answer = await post(house.url("far"), token, CALL, { ...HEADERS, "content-type": type });
    expect(answer.status).toBe(415);
    await nothingHappened();
  },
);

test("a compressed body is not read", async () => {
  const answer = await post(house.url("far"), token, CALL, { ...HEADERS, "content-encoding": "gzip" });
  expect(answer.status).toBe(415);
  await nothingHappened();
});

test("a body over four MiB is refused, and its sender gets to read why", async () => {
  const answer = await post(
    house.url("far"),
    token,
    text(JSON.stringify({ at: "x".repeat(5 * 1024 * 1024) })),
    HEADERS,
  );
  expect([answer.status, answer.text]).toEqual([413, expect.stringContaining("body_refused")]);
  await nothingHappened();
});

/** A request by hand, its body left open after `begun`. */
function trickle(headers: readonly string[], begun: string): { readonly answer: Promise<string>; end(): void } {
  const { port } = new URL(house.writ.origin);
  const socket = connect(Number(port), "127.0.0.1");
  socket.write(
    `POST /mcp/far HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers.join("\r\n")}\r\nContent-Length: 1000\r\n\r\n${begun}`,
  );
  let heard = "";
  const answer = new Promise<string>((resolve) => {
    socket.on("data", (chunk) => (heard += chunk.toString()));
    socket.on("error", () => {}).on("close", () => resolve(heard));
  });
  return { answer, end: () => socket.destroy() };
}

test("a body that comes too slowly is cut off, and so is one that nobody is going to read", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const type = "Content-Type: application/json";
  const slow = trickle([`Authorization: Bearer ${token}`, type], '{"jsonrpc"');
  const stranger = trickle([type], '{"jsonrpc"');
  const open = new Set([slow, stranger]);
  const answers = Promise.all([slow, stranger].map((one) => one.answer.finally(() => open.delete(one))));
  // Time goes on until both connections are closed; how much of it there was is not looked at.
  while (open.size > 0) {
    vi.advanceTimersByTime(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const [known, unknown] = await answers;
  expect(known).toMatch(/^HTTP\/1.1 408 /);
  expect(unknown).toMatch(/^HTTP\/1.1 401 /);
  vi.useRealTimers();
  await nothingHappened();
});

test("a call without an id is not passed on, in either era", async () => {
  const { id: _, ...call } = CALL;
  expect((await post(house.url("far"), token, call, HEADERS)).status).toBe(400);
  const id = await session(house.url("far"), token);
  const plain = { ...call, params: { name: "look", arguments: { at: "x" } } };
  expect((await post(house.url("far"), token, plain, { "mcp-session-id": id })).status).toBe(400);
  await nothingHappened();
});

test("a notification of the client's own making reaches no server, and what it says beside a known one stays behind", async () => {
  const id = await session(house.url("far"), token);
  forget(house);
  const say = (method: string, params: object): Promise<{ status: number }> =>
    post(house.url("far"), token, { jsonrpc: "2.0", method, params }, { "mcp-session-id": id });
  expect((await say("notifications/do_it", { to: "them" })).status).toBe(202);
  expect((await say("notifications/progress", { progressToken: 1, progress: 1, message: "psst" })).status).toBe(202);
  expect((await say("notifications/roots/list_changed", { psst: "the plans" })).status).toBe(202);
  expect(house.far.seen.map((one) => one.message)).toEqual([
    { jsonrpc: "2.0", method: "notifications/roots/list_changed" },
  ]);
});

test.each([
  ["a list", ["DROP"]],
  ["a text", "DROP"],
  ["null", null],
])("arguments that are %s are refused: a policy would see none at all", async (_, args) => {
  const answer = await modern(house.url("far"), token, "tools/call", { name: "anything", arguments: args });
  expect(answer.code).toBe("call_unparsed");
  expect(house.far.seen.filter((one) => one.message.method === "tools/call")).toEqual([]);
  expect((await house.records(task)).map((one) => one.kind)).toEqual(["task_opened", "denial"]);
});

test.each([
  ["tools/call", { name: "look", arguments: { at: "x" }, Name: "change" }, "Name"],
  ["tools/call", { name: "look", arguments: { at: "x" }, Arguments: { at: "y" } }, "Arguments"],
  ["tools/call", { name: "look", arguments: { at: "x" }, task: { ttl: 1 } }, "task"],
  ["resources/read", { uri: "odd://one", URI: "odd://secret" }, "URI"],
  ["prompts/get", { name: "greet", arguments: {}, extra: 1 }, "extra"],
  [
    "completion/complete",
    { ref: { type: "ref/prompt", name: "greet" }, argument: { name: "who", value: "a" }, Ref: {} },
    "Ref",
  ],
])("a member of the params of %s that no rule could speak of does not travel", async (method, params, odd) => {
  const answer = await modern(house.url("far"), token, method, params);
  expect(answer.code).toBe("call_unparsed");
  expect(answer.text).toContain(`\`${odd}\``);
  expect(house.far.seen.filter((one) => one.message.method === method)).toEqual([]);
});

test("an amount that policy cannot hold exactly is asked and never rounded, and in a read it goes through as it is", async () => {
  const [paid] = await Promise.all([
    tool(house.url("far"), token, "pay", { amount: 0.12345 }),
    house.answer(task, "deny"),
  ]);
  expect(paid.code).toBe("approval_refused");
  const asked = (await house.records(task)).find((one) => one.kind === "ask");
  expect(asked?.body["asks"]).toMatchObject([{ policy: "unseen-arguments-are-asked" }]);
  expect((await tool(house.url("far"), token, "pay", { amount: 0.1234 })).code).toBeNull();
  const read = await tool(house.url("far"), token, "anything", { amount: 0.123456789 });
  expect(read.text).toContain("0.123456789");
});

test.each(["dash-ed", "dot.ted", "naïve☕"])(
  "a tool called `%s` is called by its name at both endpoints, in both eras",
  async (name) => {
    expect((await tool(house.url("far"), token, name)).text).toContain(`${name} {}`);
    expect((await tool(house.url(), token, `far__${name}`)).text).toContain(`${name} {}`);
    for (const [url, called] of [
      [house.url("near"), name],
      [house.url(), `near__${name}`],
    ] as const) {
      const id = await session(url, token);
      const answer = await inSession(url, token, id, "tools/call", { name: called, arguments: {} });
      expect(answer.text).toContain(`${name} {}`);
    }
  },
);

test.each([
  "",
  "nothing",
  "$read",
  "__proto__",
  "constructor",
  "look\u0000",
  "LOOK",
  "l\u03bfok",
  "look ",
  "far__look",
  "x".repeat(200),
])("a tool name that no listed tool has is refused: %#", async (name) => {
  const id = await session(house.url("near"), token);
  const answer = await inSession(house.url("near"), token, id, "tools/call", { name, arguments: {} });
  expect(answer.code).toBe("tool_unknown");
  expect(answer.text.length).toBeLessThan(2_000);
});

test.each(["look", "nowhere__look", "FAR__look", "__look", "far__", "far__far__look"])(
  "`%s` is no tool at the endpoint that shows all",
  async (name) => {
    const answer = await tool(house.url(), token, name);
    expect(answer.text).toMatch(/is not of the form|server_unknown|tool_unknown/);
    expect(house.far.seen.filter((one) => one.message.method === "tools/call")).toEqual([]);
  },
);

test("a request that names no tool at all, or one at endless length, is refused as invalid params", async () => {
  const id = await session(house.url("far"), token);
  for (const params of [{}, { name: 5 }, { name: null }, { name: ["look"] }, { name: "x".repeat(200_000) }]) {
    const answer = await inSession(house.url("far"), token, id, "tools/call", params as JsonObject);
    expect(answer.json.error?.code).toBe(-32602);
    expect(answer.text.length).toBeLessThan(1_000);
  }
  await nothingHappened();
});

test("a message to a legacy session is held to the same rules", async () => {
  const id = await session(house.url("far"), token);
  for (const body of ["[]", "{", text('{"at":"x","at":"y"}'), text('{"at":9007199254740993}')])
    expect(
      (await post(house.url("far"), token, body, { "mcp-session-id": id, "mcp-protocol-version": LEGACY })).status,
    ).toBe(400);
  await nothingHappened();
});
