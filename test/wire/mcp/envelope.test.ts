import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json } from "../../../src/domain/json.ts";
import { classify, errorText, notificationText, requestText, resultText } from "../../../src/wire/mcp/envelope.ts";
import { ownMessage, readMessage, withNullId } from "../../../src/wire/mcp/message.ts";
import { metaOf, reduceMeta, withMeta } from "../../../src/wire/mcp/meta.ts";
import { eraOf, META } from "../../../src/wire/mcp/revisions.ts";
import { withId, withItems, withResultMember, withSubscription, withValueAt } from "../../../src/wire/mcp/splice.ts";

test("a batch, another version, a null or fractional id, and a message that is two things are refused", () => {
  const refused: Json[] = [
    [],
    [{ jsonrpc: "2.0", id: 1, method: "ping" }],
    "x",
    null,
    { id: 1, method: "ping" },
    { jsonrpc: "1.0", id: 1, method: "ping" },
    { jsonrpc: "2.0", id: null, method: "ping" },
    { jsonrpc: "2.0", id: 1.5, method: "ping" },
    { jsonrpc: "2.0", id: true, method: "ping" },
    { jsonrpc: "2.0", id: { a: 1 }, method: "ping" },
    { jsonrpc: "2.0", id: 1, method: "" },
    { jsonrpc: "2.0", id: 1, method: 7 },
    { jsonrpc: "2.0", id: 1, method: "ping", params: [1] },
    { jsonrpc: "2.0", id: 1, method: "ping", result: {} },
    { jsonrpc: "2.0", id: 1, result: {}, error: { code: 1, message: "x" } },
    { jsonrpc: "2.0", result: {} },
    { jsonrpc: "2.0", id: 1 },
    { jsonrpc: "2.0", id: 1, error: { code: "1", message: "x" } },
    { jsonrpc: "2.0", id: [1], error: { code: 1, message: "x" } },
  ];
  for (const value of refused) expect(classify(value), JSON.stringify(value)).toMatchObject({ kind: "refused" });
});

test("what we write is read back as what it is", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.maxSafeInteger()), fc.string({ minLength: 1 }), (id, method) => {
      expect(classify(JSON.parse(requestText(id, method, { a: 1 })) as Json)).toEqual({
        kind: "request",
        id,
        method,
        params: { a: 1 },
      });
      expect(classify(JSON.parse(notificationText(method, undefined)) as Json)).toEqual({
        kind: "notification",
        method,
        params: undefined,
      });
      expect(classify(JSON.parse(resultText(id, { text: "x" })) as Json)).toEqual({
        kind: "result",
        id,
        result: { text: "x" },
      });
      expect(classify(JSON.parse(errorText(id, -32603, "no")) as Json)).toEqual({
        kind: "error",
        id,
        error: { code: -32603, message: "no" },
      });
    }),
  );
});

test("changing the id changes no other byte", () => {
  const text = ' {"jsonrpc" : "2.0",\n"result":{"id":7,"big":9007199254740993,"dup":1,"dup":2}, "id" : 7 , "x":1.0}';
  const read = readMessage(text);
  if (read.kind !== "read") throw new Error(read.why);
  const renamed = withId(read.message, 'a"b');
  expect(renamed.text).toBe(text.replace('"id" : 7', '"id" : "a\\"b"'));
  expect(withId(renamed, 7).text).toBe(text);
});

test("an answer with its id given twice is not believed, and nesting without end neither", () => {
  expect(readMessage('{"jsonrpc":"2.0","id":1,"result":{},"id":2}')).toMatchObject({ kind: "refused" });
  expect(readMessage(`{"jsonrpc":"2.0","id":1,"result":${"[".repeat(500)}${"]".repeat(500)}}`)).toMatchObject({
    kind: "refused",
  });
  expect(readMessage("starting up…")).toMatchObject({ kind: "malformed" });
});

test("an error without an id gets one to exchange", () => {
  const message = withNullId(ownMessage('{"jsonrpc":"2.0","error":{"code":-32700,"message":"x"}}'));
  expect(withId(message, "c1").text).toBe('{"id":"c1","jsonrpc":"2.0","error":{"code":-32700,"message":"x"}}');
});

test("a subscription tag is exchanged where it stands and nowhere else", () => {
  const text = `{"jsonrpc":"2.0","method":"notifications/x","params":{"n":9007199254740993,"_meta":{"other":"4","${META.subscription}": 4 }}}`;
  expect(withSubscription(ownMessage(text), "c").text).toBe(text.replace(": 4 ", ': "c" '));
  const untagged = ownMessage(notificationText("notifications/x", { a: 1 }));
  expect(withSubscription(untagged, "c")).toBe(untagged);
});

test("only the members of `_meta` that may travel do, and only in their own shape", () => {
  const meta = {
    progressToken: 1,
    traceparent: "00-a",
    "evil/secret": "x",
    baggage: 7,
    [META.protocol]: "2026-07-28",
    [META.client]: "not an object",
    [META.capabilities]: {},
  };
  expect(reduceMeta(meta)).toEqual({
    progressToken: 1,
    traceparent: "00-a",
    [META.protocol]: "2026-07-28",
    [META.capabilities]: {},
  });
  expect(reduceMeta({ "evil/secret": 1 })).toBeNull();
  expect(withMeta({ name: "x", _meta: meta }, null)).toEqual({ name: "x" });
  expect(metaOf({ _meta: [1] })).toBeNull();
  expect(reduceMeta(JSON.parse('{"__proto__":{"progressToken":1}}') as never)).toBeNull();
});

test("a revision we do not know has no era", () => {
  expect([eraOf("2026-07-28"), eraOf("2025-11-25"), eraOf("2024-11-05"), eraOf("2027-01-01"), eraOf("")]).toEqual([
    "modern",
    "legacy",
    "legacy",
    null,
    null,
  ]);
});

test("items of a list are left out, and the others stay as they came", () => {
  const text =
    '{"id": 1, "jsonrpc":"2.0","result": {"more":1e2, "tools" : [ {"name":"a,]}" , "n":90071992547409931} ,{"name":"b","x":[[],{}]}, {"name":"c"}\n] ,"z":0}}';
  const keeping = (...names: string[]): string =>
    withItems(ownMessage(text), "tools", (item) => names.includes((item as { name: string }).name)).text;
  expect(keeping("a,]}", "b", "c")).toBe(text);
  expect(keeping("a,]}", "c")).toContain('"tools" : [{"name":"a,]}" , "n":90071992547409931},{"name":"c"}] ,"z":0}}');
  expect(keeping("b")).toContain('[{"name":"b","x":[[],{}]}]');
  expect(keeping()).toContain('"more":1e2, "tools" : [] ,"z":0');
});

test("a list without its items says what a parser would say, however its text is laid out (property)", () => {
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue(), { maxLength: 6 }),
      fc.nat(3),
      fc.infiniteStream(fc.boolean()),
      (items, indent, coin) => {
        const message = ownMessage(JSON.stringify({ jsonrpc: "2.0", id: 1, result: { items } }, null, indent));
        const kept = new Set((message.value["result"] as { items: Json[] }).items.filter(() => coin.next().value));
        const after = withItems(message, "items", (item) => kept.has(item));
        expect(JSON.parse(after.text)).toEqual(JSON.parse(JSON.stringify(after.value)));
      },
    ),
  );
});

test("a member of a result is exchanged, or put in front where there was none", () => {
  const text = '{"jsonrpc":"2.0","id":1,"result":{"n":90071992547409931,"cacheScope":"public"}}';
  expect(withResultMember(ownMessage(text), "cacheScope", "private").text).toBe(text.replace("public", "private"));
  expect(withResultMember(ownMessage(text), "requestState", "s").text).toBe(
    text.replace('{"n"', '{"requestState":"s","n"'),
  );
  const empty = '{"jsonrpc":"2.0","id":1,"result":{}}';
  expect(withResultMember(ownMessage(empty), "a", 1).text).toBe('{"jsonrpc":"2.0","id":1,"result":{"a":1}}');
});

test("what a text leaves in doubt is not exchanged by halves: it is written anew", () => {
  const twice = '{"jsonrpc":"2.0","id":1,"result":{"requestState":"mine","requestState":"also mine"}}';
  const text = withResultMember(ownMessage(twice), "requestState", "sealed").text;
  expect(text).not.toContain("mine");
  expect(withValueAt(ownMessage(twice), ["result", "nothing"], 1).text).toBe(twice);
});
