import fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonObject } from "../../../src/domain/json.ts";
import { headerParams } from "../../../src/wire/mcp/header-params.ts";
import { checkHeaders, computeHeaders, decodeHeaderValue, encodeHeaderValue } from "../../../src/wire/mcp/headers.ts";

const SCHEMA: JsonObject = {
  type: "object",
  properties: {
    region: { type: "string", "x-mcp-header": "Region" },
    deep: { type: "object", properties: { count: { type: "integer", "x-mcp-header": "Count" } } },
    loud: { type: "boolean", "x-mcp-header": "Loud" },
    query: { type: "string" },
  },
};
const { params: declared } = headerParams(SCHEMA);
const PROTOCOL = "2026-07-28";

function call(args: JsonObject) {
  return { kind: "request" as const, method: "tools/call", params: { name: "run", arguments: args } };
}
function check(headers: Record<string, string>, args: JsonObject) {
  return checkHeaders(
    { "mcp-protocol-version": PROTOCOL, "mcp-method": "tools/call", "mcp-name": "run", ...headers },
    call(args),
    PROTOCOL,
    declared,
  );
}

test("headers made from a body always agree with it", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme" }),
      fc.string({ unit: "grapheme" }),
      fc.maxSafeInteger(),
      fc.boolean(),
      (name, region, count, loud) => {
        const params = { name, arguments: { region, deep: { count }, loud } };
        const headers = computeHeaders(PROTOCOL, "tools/call", params, declared);
        expect(checkHeaders(headers, { kind: "request", method: "tools/call", params }, PROTOCOL, declared)).toEqual({
          kind: "agree",
        });
      },
    ),
  );
});

test("a header that names another tool, method or revision than the body is a mismatch", () => {
  const good = { "mcp-protocol-version": PROTOCOL, "mcp-method": "tools/call", "mcp-name": "run" };
  const wrong: readonly [string, Record<string, string>][] = [
    ["Mcp-Name", { ...good, "mcp-name": "Run" }],
    ["Mcp-Name", { ...good, "mcp-name": "run, run" }],
    ["Mcp-Name", { ...good, "mcp-name": "=?base64?cnVu=?=" }],
    ["Mcp-Name", { "mcp-protocol-version": PROTOCOL, "mcp-method": "tools/call" }],
    ["Mcp-Method", { ...good, "mcp-method": "tools/list" }],
    ["Mcp-Method", { "mcp-protocol-version": PROTOCOL, "mcp-name": "run" }],
    ["MCP-Protocol-Version", { ...good, "mcp-protocol-version": "2025-11-25" }],
    ["MCP-Protocol-Version", { "mcp-method": "tools/call", "mcp-name": "run" }],
  ];
  for (const [header, headers] of wrong) {
    expect(checkHeaders(headers, call({}), PROTOCOL, null)).toMatchObject({ kind: "mismatch", header });
  }
  expect(checkHeaders({ ...good, "mcp-name": "=?base64?cnVu?=" }, call({}), PROTOCOL, null)).toEqual({ kind: "agree" });
});

test("a parameter header must repeat its argument, and is not expected without one", () => {
  expect(check({ "mcp-param-region": "eu" }, { region: "eu" })).toEqual({ kind: "agree" });
  expect(check({ "mcp-param-region": "us" }, { region: "eu" })).toMatchObject({
    kind: "mismatch",
    header: "Mcp-Param-Region",
  });
  expect(check({}, { region: "eu" })).toMatchObject({ kind: "mismatch" });
  expect(check({ "mcp-param-region": "=?base64?!!?=" }, { region: "eu" })).toMatchObject({ kind: "mismatch" });
  expect(check({}, { region: null })).toEqual({ kind: "agree" });
  expect(check({ "mcp-param-count": "42.0" }, { deep: { count: 42 } })).toEqual({ kind: "agree" });
  expect(check({ "mcp-param-count": "0x2a" }, { deep: { count: 42 } })).toMatchObject({ kind: "mismatch" });
  expect(check({ "mcp-param-loud": "TRUE" }, { loud: true })).toMatchObject({ kind: "mismatch" });
});

test("after a rename the name header is the new name, and a parameter header nobody declared travels on", () => {
  const incoming = {
    "mcp-name": "files__run",
    "mcp-param-tenant": "a",
    "mcp-param-region": "old",
    authorization: "Bearer secret",
    "mcp-session-id": "s",
  };
  expect(computeHeaders(PROTOCOL, "tools/call", { name: "run", arguments: {} }, declared, incoming)).toEqual({
    "mcp-protocol-version": PROTOCOL,
    "mcp-method": "tools/call",
    "mcp-name": "run",
    "mcp-param-tenant": "a",
  });
});

test("a value that a header cannot carry, or that looks wrapped, is wrapped and comes back whole", () => {
  for (const text of ["", " lead", "trail ", "a\r\nb: c", "ü", "=?base64?eA==?=", "tab\there"]) {
    const encoded = encodeHeaderValue(text);
    expect(encoded).toMatch(/^[\x20-\x7e]*$/);
    expect(decodeHeaderValue(encoded)).toBe(text);
  }
  expect(encodeHeaderValue("plain")).toBe("plain");
  expect(decodeHeaderValue("=?base64?gA==?=")).toBeNull();
  expect(decodeHeaderValue("=?base64?YQ=?=")).toBeNull();
});

test("a declaration anywhere but on a primitive property spoils the tool", () => {
  const mark = { type: "string", "x-mcp-header": "A" };
  const spoiled: JsonObject[] = [
    { ...mark },
    { properties: { a: { type: "array", items: mark } } },
    { properties: { a: { anyOf: [mark] } } },
    { properties: { a: { additionalProperties: mark } } },
    { $defs: { x: mark } },
    { properties: { a: { type: "object", "x-mcp-header": "A" } } },
    { properties: { a: { type: "string", "x-mcp-header": "a b" } } },
    { properties: { a: { type: "string", "x-mcp-header": "X\r\nY" } } },
    { properties: { a: mark, b: { type: "string", "x-mcp-header": "a" } } },
  ];
  for (const schema of spoiled)
    expect(headerParams(schema)).toMatchObject({ params: [], fault: expect.any(String) as string });
  expect(headerParams({ properties: { "x-mcp-header": { type: "string" } } })).toEqual({ params: [], fault: null });
  expect(headerParams(SCHEMA).fault).toBeNull();
});

test("an inherited name is no argument", () => {
  const params = headerParams({ properties: { constructor: { type: "string", "x-mcp-header": "C" } } }).params;
  expect(computeHeaders(PROTOCOL, "tools/call", { name: "run", arguments: {} }, params)).not.toHaveProperty(
    "mcp-param-c",
  );
});
