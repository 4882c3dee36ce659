import fc from "fast-check";
import { expect, test } from "vitest";
import { argumentFault } from "../../src/analysis/arguments.ts";
import { fitted } from "../../src/analysis/fit.ts";
import type { Json, JsonObject } from "../../src/domain/json.ts";

const SCHEMA: JsonObject = {
  type: "object",
  properties: {
    amount: { type: "number" },
    count: { type: "integer" },
    urgent: { type: "boolean" },
    id: { type: "string" },
    cc: { anyOf: [{ type: "array", items: { type: "string" } }, { type: "null" }] },
    items: { type: "array", items: { type: "object", properties: { n: { type: "integer" } } } },
    either: { type: ["string", "number"] },
    free: {},
  },
};

test("a text that is plainly one value of the type the schema wants is taken for it", () => {
  const given = {
    amount: "10.5",
    count: " 3 ",
    urgent: "True",
    id: 13,
    cc: '["ana@x.example"]',
    items: '[{"n":"2"}]',
  };
  const meant = { amount: 10.5, count: 3, urgent: true, id: "13", cc: ["ana@x.example"], items: [{ n: 2 }] };
  expect(fitted(SCHEMA, given)).toEqual(meant);
  expect(fitted(SCHEMA, { cc: "None" })).toEqual({ cc: null });
});

test("what is not plainly meant stays as it is, and is refused as it was", () => {
  for (const given of [
    { amount: "1e3" },
    { amount: "1,000" },
    { amount: "?" },
    { amount: "99999999999999999999" },
    { count: "3.5" },
    { urgent: "yes" },
    { cc: "ana@x.example" },
    { items: "[{" },
  ] as JsonObject[]) {
    expect(fitted(SCHEMA, given), JSON.stringify(given)).toBe(given);
    expect(argumentFault("t", SCHEMA, given)?.code ?? "held by the server", JSON.stringify(given)).toMatch(
      /argument_invalid|held by the server/,
    );
  }
});

test("arguments that fit are the same object, and fitting twice changes nothing more (property)", () => {
  const member = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.jsonValue());
  const input = fc.dictionary(fc.constantFrom(...Object.keys(SCHEMA["properties"] as JsonObject), "other"), member);
  fc.assert(
    fc.property(input, (given) => {
      const once = fitted(SCHEMA, given as JsonObject);
      expect(fitted(SCHEMA, once)).toEqual(once);
      if (argumentFault("t", SCHEMA, given as JsonObject) === null && !("cc" in given)) expect(once).toBe(given);
    }),
  );
});

test("members that nobody declared, and names that JavaScript minds, are carried over", () => {
  const given = JSON.parse('{"count":"1","__proto__":"x","more":{"a":1}}') as JsonObject;
  expect(JSON.stringify(fitted(SCHEMA, given))).toBe('{"count":1,"__proto__":"x","more":{"a":1}}');
  expect(fitted(undefined as unknown as Json, given)).toBe(given);
});
