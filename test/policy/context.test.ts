import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json, JsonObject } from "../../src/domain/json.ts";
import { contextOf, decimalOf } from "../../src/policy/context.ts";
import { readInputSchema } from "../../src/policy/input-type.ts";
import { load, request, tool } from "./kit.ts";

function context(properties: JsonObject, input: JsonObject) {
  const { type } = readInputSchema({ type: "object", properties });
  const made = contextOf(request({ input }), type) as { input: JsonObject; effects: { unrepresented: string[] } };
  return { input: made.input, unrepresented: made.effects.unrepresented };
}

test("a number goes to Cedar as exactly what is forwarded", () => {
  expect([0, -0, 1, -1, 1.5, 0.1, 19.99, 0.0001, -12.3456, 1e15 / 10, 922337203685477].map(decimalOf)).toEqual([
    "0.0",
    "0.0",
    "1.0",
    "-1.0",
    "1.5",
    "0.1",
    "19.99",
    "0.0001",
    "-12.3456",
    "100000000000000.0",
    "922337203685477.0",
  ]);
});

test("a number that Cedar cannot hold exactly is left out and named, never rounded", () => {
  for (const amount of [
    0.12345,
    1e-7,
    0.1 + 0.2,
    922337203685478,
    1e21,
    -1e300,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ]) {
    expect(context({ amount: { type: "number" } }, { amount }), String(amount)).toEqual({
      input: {},
      unrepresented: ["amount"],
    });
  }
  for (const count of [2 ** 53, -(2 ** 53), 1.5, 1e300, Number.NaN]) {
    expect(context({ count: { type: "integer" } }, { count }), String(count)).toEqual({
      input: {},
      unrepresented: ["count"],
    });
  }
});

test("every number either reaches Cedar with its own value or is named", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.double(),
        fc.integer(),
        fc.integer().map((n) => n / 10_000),
      ),
      (value) => {
        const text = decimalOf(value);
        return text === null || Number(text) === value;
      },
    ),
  );
});

test("the whole range of integers that JavaScript holds exactly is carried", () => {
  const numbers = [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
  const text = numbers.map((n) => `context.input.quantity == ${n}`).join(" || ");
  const { set } = load(`@id("q") permit (principal, action == Writ::Action::"shop__buy", resource) when { ${text} };`);
  for (const quantity of numbers)
    expect(set.evaluate(request({ input: { item: "a", quantity, price: 1 } })).kind).toBe("permit");
});

test("an argument that nobody declared, or of another type, is named", () => {
  const properties = {
    path: { type: "string" },
    deep: { type: "object", properties: { n: { type: "integer" } } },
    list: { type: "array", items: { type: "number" } },
  };
  expect(context(properties, { path: 3, other: "x", deep: { n: 1, more: 2 }, list: [1, 0.12345] })).toEqual({
    input: { deep: { n: 1 } },
    unrepresented: ["path", "other", "deep.more", "list"],
  });
});

test("null is absence where the schema allows it, and is named where it does not", () => {
  expect(context({ a: { type: ["string", "null"] }, b: { type: "string" } }, { a: null, b: null })).toEqual({
    input: {},
    unrepresented: ["b"],
  });
});

test("names that JavaScript or Cedar give a meaning of their own carry nothing in", () => {
  const input = JSON.parse(
    '{"__proto__":{"path":"/a"},"constructor":"x","__entity":{"type":"A","id":"a"}}',
  ) as JsonObject;
  expect(context({ path: { type: "string" } }, input)).toEqual({
    input: {},
    unrepresented: ["__proto__", "constructor", "__entity"],
  });
});

test("text that is not well-formed Unicode is left out and named", () => {
  expect(context({ path: { type: "string" } }, { path: "a\ud800" })).toEqual({ input: {}, unrepresented: ["path"] });
});

test("any input at all gets a verdict, never a throw", () => {
  const anything = tool("shop", "any", {
    type: "object",
    properties: {
      s: { type: "string" },
      i: { type: "integer" },
      n: { type: "number" },
      l: { type: "array", items: { type: "integer" } },
      o: { type: "object", properties: { x: { type: "boolean" } } },
    },
  });
  const { set } = load(
    '@id("all") permit (principal, action in Writ::Action::"call", resource) when { context.effects.unrepresented.isEmpty() };',
    { definitions: [anything] },
  );
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.oneof(fc.constantFrom("s", "i", "n", "l", "o"), fc.string({ unit: "binary" })),
        fc.jsonValue({ maxDepth: 3 }),
      ),
      (input) => {
        const { kind } = set.evaluate(request({ tool: "shop__any", definition: anything, input: input as JsonObject }));
        return kind === "permit" || kind === "deny";
      },
    ),
    { numRuns: 200 },
  );
});

test("elapsed time is in seconds, and a clock that went back gives zero", () => {
  const at = (elapsed: number): Json =>
    (contextOf(request({ task: { elapsed } }), null) as unknown as { task: { elapsed: number } }).task.elapsed;
  expect([at(0), at(90), at(-5)]).toEqual([0, 90, 0]);
});

test("only an approval that stands is granted in the context", () => {
  const given = (approvedBy: string[]) =>
    (contextOf(request({ approvedBy }), null) as unknown as { approval: object }).approval;
  expect(given(["dana"])).toEqual({ granted: true, by: ["dana"] });
  expect(given([])).toEqual({ granted: false, by: [] });
});

test("an argument of open or mixed type goes to Cedar as its one JSON text", () => {
  const properties: JsonObject = {
    filter: { type: "object" },
    files: { type: "array", items: { type: "object", additionalProperties: true } },
    id: { anyOf: [{ type: "string" }, { type: "integer" }] },
    any: {},
  };
  expect(context(properties, { filter: { b: [0.12345], a: null }, files: [{ id: 3 }], id: "3", any: 3 })).toEqual({
    input: {
      filter: { json: '{"a":null,"b":[0.12345]}' },
      files: [{ json: '{"id":3}' }],
      id: { json: '"3"' },
      any: { json: "3" },
    },
    unrepresented: [],
  });
});
