import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json } from "../../../src/domain/json.ts";
import { canonicalize } from "../../../src/wire/json/canonical.ts";

test.each([
  [
    "members in the order of UTF-16 units",
    { "\u{1F600}": 1, "\ufb33": 2, b: 3, a: 4, "1": 5 },
    '{"1":5,"a":4,"b":3,"\u{1F600}":1,"\ufb33":2}',
  ],
  [
    "numbers as ECMAScript does",
    [1.0, -0, 1e21, 1e-7, 0.1, 333333333.3333333],
    "[1,0,1e+21,1e-7,0.1,333333333.3333333]",
  ],
  ["only the escapes that must be", "\u20ac$\u000f\nA'B\"\\\b</", '"\u20ac$\\u000f\\nA\'B\\"\\\\\\b</"'],
  ["`__proto__` as a member", JSON.parse('{"__proto__":1,"a":{}}') as Json, '{"__proto__":1,"a":{}}'],
  ["nothing between", { a: [], b: {}, c: null, d: [true, false] }, '{"a":[],"b":{},"c":null,"d":[true,false]}'],
])("canonical JSON writes %s", (_, value, text) => {
  expect(canonicalize(value as Json)).toBe(text);
});

const endless: Json[] = [];
endless.push(endless);

test.each([
  ["a lone surrogate", ["\ud800"]],
  ["a lone surrogate in a name", { "\udc00": 1 }],
  ["NaN", [Number.NaN]],
  ["an infinity", { a: -Infinity }],
  ["undefined", { a: undefined }],
  ["a hole", Array.from({ length: 1 })],
  ["a function", { toJSON: () => 1 }],
  ["a bigint", [1n]],
  ["endless nesting", endless],
])("canonical JSON refuses %s", (_, value) => {
  expect(() => canonicalize(value as unknown as Json)).toThrow(expect.objectContaining({ code: "json_not_canonical" }));
});

test("the order in which members were given does not show (property)", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.integer()), (object) => {
      const back = Object.fromEntries(Object.entries(object).reverse());
      expect(canonicalize(back)).toBe(canonicalize(object));
    }),
  );
});

test("texts that look alike in another Unicode normalisation stay different", () => {
  expect(canonicalize("\u00e9")).not.toBe(canonicalize("e\u0301"));
});
