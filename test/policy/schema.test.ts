import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { expect, test } from "vitest";
import type { ServerName } from "../../src/domain/ids.ts";
import type { Json } from "../../src/domain/json.ts";
import { parseSchema } from "../../src/policy/cedar.ts";
import { readInputSchema } from "../../src/policy/input-type.ts";
import { buildSchema } from "../../src/policy/schema.ts";
import { load, request, tool } from "./kit.ts";

function untyped(schema: Json): Record<string, string> {
  return Object.fromEntries(readInputSchema(schema).untyped.map((one) => [one.path, one.why]));
}

function types(properties: Record<string, Json>, rest: Record<string, Json> = {}): Record<string, string> {
  const { type } = readInputSchema({ type: "object", properties, ...rest });
  return Object.fromEntries(
    [...type.members].map(([name, member]) => [name, member.type.kind + (member.required ? "!" : "")]),
  );
}

test("plain argument types become Cedar types, required where the tool requires them", () => {
  const properties = {
    s: { type: "string" },
    e: { enum: ["a", "b"] },
    c: { const: "x" },
    i: { type: "integer" },
    n: { type: "number" },
    b: { type: "boolean" },
    l: { type: "array", items: { type: "string" } },
    o: { type: "object", properties: { x: { type: "string" } } },
  };
  expect(types(properties, { required: ["s", "l"] })).toEqual({
    s: "string!",
    e: "string",
    c: "string",
    i: "long",
    n: "decimal",
    b: "bool",
    l: "set!",
    o: "record",
  });
});

test("an argument that may be null is one that may be absent, even where it is required", () => {
  const properties = {
    a: { anyOf: [{ type: "string" }, { type: "null" }] },
    b: { type: ["integer", "null"] },
    c: { $ref: "#/$defs/maybe" },
  };
  const rest = { required: ["a", "b", "c"], $defs: { maybe: { oneOf: [{ type: "null" }, { type: "boolean" }] } } };
  expect(types(properties, rest)).toEqual({ a: "string", b: "long", c: "bool" });
});

test("what Cedar cannot type is carried as JSON text, and what it cannot name is left out, with the reason", () => {
  const schema = {
    type: "object",
    properties: {
      union: { anyOf: [{ type: "string" }, { type: "integer" }] },
      two: { type: ["string", "integer"] },
      free: { type: "object" },
      anything: true,
      nothing: false,
      bare: {},
      tuple: { type: "array", prefixItems: [{ type: "string" }] },
      list: { type: "array" },
      outside: { $ref: "https://example.com/schema" },
      gone: { $ref: "#/$defs/gone" },
      tree: { $ref: "#/$defs/tree" },
      __entity: { type: "string" },
      ok: { type: "string" },
    },
    $defs: {
      tree: {
        type: "object",
        properties: { label: { type: "string" }, kids: { type: "array", items: { $ref: "#/$defs/tree" } } },
      },
    },
  };
  expect(untyped(schema)).toEqual({ nothing: "no value is allowed", __entity: "Cedar cannot hold the name" });
  const { members } = readInputSchema(schema).type;
  const carried = [...members].filter(([, { type }]) => type.kind === "json").map(([name]) => name);
  expect(carried).toEqual(["union", "two", "free", "anything", "bare", "tuple", "list", "outside", "gone"]);
  expect(members.get("tree")?.type).toMatchObject({ kind: "record" });
  expect(members.get("ok")?.type).toEqual({ kind: "string" });
});

test("an input schema of any shape is read without a fault", () => {
  for (const schema of [
    undefined,
    null,
    true,
    false,
    3,
    "x",
    [],
    {},
    { type: "string" },
    { $ref: "#" },
    { properties: 3 },
    { type: "object", properties: { a: null, b: [] }, required: "a" },
    { anyOf: 3 },
  ]) {
    expect(readInputSchema(schema as Json).type.kind).toBe("record");
  }
});

test("references that double at every step are cut off, not followed to the end", () => {
  const defs = Object.fromEntries(
    Array.from({ length: 14 }, (_, i) => [
      `d${i}`,
      {
        type: "object",
        properties: {
          a: { $ref: `#/$defs/d${i + 1}` },
          b: { $ref: `#/$defs/d${i + 1}` },
          c: { $ref: `#/$defs/d${i + 1}` },
        },
      },
    ]),
  );
  const { type } = readInputSchema({
    type: "object",
    properties: { x: { $ref: "#/$defs/d0" } },
    $defs: { ...defs, d14: { type: "string" } },
  });
  expect(JSON.stringify(type, (_, one) => (one instanceof Map ? [...one] : one)).length).toBeLessThan(400_000);
});

test("tool names with hyphens, dots, quotes and unicode are actions like any other", () => {
  const names = ["read-file", "db.query", 'say "hi"', "lésen", "工具", "back\\slash", "a b"];
  const schema = buildSchema(
    names.map((name) => tool("docs", name, { type: "object", properties: { path: { type: "string" } } })),
    [],
  );
  expect(parseSchema(schema.json)).toEqual({ kind: "ok", value: null });
  expect(schema.omitted).toEqual([]);
  for (const name of names) {
    const definition = tool("docs", name, {
      type: "object",
      properties: { path: { type: "string" } },
      required: ["path"],
    });
    const text = `@id("one") permit (principal, action == Writ::Action::${JSON.stringify(`docs__${name}`)}, resource) when { context.input.path == "/a" };`;
    const { set } = load(text, { definitions: [definition] });
    expect(set.evaluate(request({ tool: `docs__${name}`, definition, input: { path: "/a" } })).kind, name).toBe(
      "permit",
    );
  }
});

test("one odd tool never stops the others", () => {
  const odd = [
    tool("docs", "\ud800", {}),
    tool("docs", "", {}),
    tool("docs", "$read", {}),
    tool("docs", "free", true),
    tool("docs", "ok", {
      type: "object",
      properties: { "odd name": { type: "string" }, "": { type: "string" }, "\ud800": { type: "string" } },
    }),
  ];
  const schema = buildSchema([...odd, tool("docs", "ok", {})], []);
  expect(parseSchema(schema.json).kind).toBe("ok");
  expect(
    [...schema.actions.values()].filter((action) => action.definition !== null).map((action) => action.name),
  ).toEqual(["docs__free", "docs__ok"]);
  expect(schema.omitted.map((one) => one.why)).toEqual([
    "its name is not well-formed Unicode",
    "it has no name",
    "names that start with `$` are Writ's own",
    "the input schema does not describe an object",
    "Cedar cannot hold the name",
    "it is listed twice",
  ]);
});

test("every server has its reserved actions, with what is known of their input", () => {
  const { set } = load(
    '@id("r") permit (principal, action == Writ::Action::"docs__$read", resource) when { context.input.uri like "file:///a/*" };',
  );
  expect(set.evaluate(request({ tool: "docs__$read", definition: null, input: { uri: "file:///a/b" } })).kind).toBe(
    "permit",
  );
  expect(set.evaluate(request({ tool: "docs__$read", definition: null, input: { uri: "file:///b" } })).kind).toBe(
    "deny",
  );
});

test("a rule for all tools may speak of the task, the session and the effects", () => {
  const text = `@id("all") permit (principal, action in Writ::Action::"call", resource) when {
    context.task.calls < 10 && context.task.declared && context.session.risk < 3 && context.effects.statements == 0 &&
    context.provenance.tainted.isEmpty() && !context.approval.granted && context.tier == "foundation" &&
    principal.hasTag("sql.write") && principal.getTag("sql.write") >= 2 && principal in Writ::Role::"buyer" };`;
  const { set } = load(text);
  expect(set.evaluate(request()).kind).toBe("permit");
  expect(set.evaluate(request({ agent: "guest" })).kind).toBe("deny");
});

test("the tools of a real server are typed, and a policy speaks of their arguments", async () => {
  const folder = await mkdtemp(join(tmpdir(), "writ-policy-"));
  const main = join(
    dirname(createRequire(import.meta.url).resolve("@modelcontextprotocol/server-filesystem/package.json")),
    "dist/index.js",
  );
  const client = new Client({ name: "test", version: "1" });
  try {
    await client.connect(
      new StdioClientTransport({ command: process.execPath, args: [main, folder], stderr: "ignore" }),
    );
    const { tools } = await client.listTools();
    const definitions = tools.map((one) => tool("docs", one.name, one.inputSchema as Json));
    expect(definitions.length).toBeGreaterThan(8);
    const schema = buildSchema(definitions, ["docs" as ServerName]);
    expect(schema.omitted).toEqual([]);
    const write = definitions.find((one) => one.name === "write_file");
    const { set } = load(
      '@id("w") permit (principal, action == Writ::Action::"docs__write_file", resource) when { context.input.path like "/notes/*" && context.input.content != "" };',
      { definitions },
    );
    expect(
      set.evaluate(
        request({ tool: "docs__write_file", definition: write ?? null, input: { path: "/notes/a", content: "x" } }),
      ).kind,
    ).toBe("permit");
  } finally {
    await client.close();
    await rm(folder, { recursive: true });
  }
});
