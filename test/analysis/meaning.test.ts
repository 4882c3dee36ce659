import fc from "fast-check";
import { expect, test } from "vitest";
import { loadAnalysers } from "../../src/analysis/analysers.ts";
import { meaningOf, type MeaningParts } from "../../src/analysis/meaning.ts";
import type { Effects } from "../../src/domain/effect.ts";
import type { ServerName, ToolName } from "../../src/domain/ids.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import type { Launch, ToolRule } from "../../src/ports/configuration.ts";
import { SECRETS } from "./secrets/samples.ts";

const parts: MeaningParts = { analysers: await loadAnalysers(), home: "/srv/ada", catalogue: () => null };
const HERE: Launch = { kind: "stdio", command: "any", args: [], cwd: "/srv/ada/shop", env: {} };

function effects(rule: ToolRule | null, input: JsonObject, launch: Launch = HERE, tool = "do"): Effects {
  const server = {
    name: "box" as ServerName,
    launch,
    mode: { kind: "enforce" },
    timeoutMs: 1,
    maxResultBytes: 1,
    reverse: [],
    tools: rule === null ? {} : { [tool]: rule },
  } as const;
  const call = {
    server: server.name,
    tool: tool as ToolName,
    method: "tools/call",
    params: { name: tool, arguments: input },
  } as const;
  return meaningOf(call, server, null, parts).effects;
}

test.each<[ToolRule, JsonObject, string]>([
  [{ effects: ["write"], path: ["$.path"] }, { path: "notes/../notes/a.md" }, 'writes 1 file ("notes/a.md"), on box'],
  [
    { effects: ["write", "delete"], path: ["$.from", "$.to"] },
    { from: "a", to: "/etc/b" },
    'writes and deletes 2 files ("a", "/etc/b"), on box',
  ],
  [
    { effects: ["read"], path: ["$.paths"] },
    { paths: ["a", "b", "c", "d", "e"] },
    'reads 5 files ("a", "b", "c" and 2 more), on box',
  ],
  [
    { effects: ["send"], recipient: ["$.to"] },
    { to: "Dana <DANA@example.com>, bob@example.com" },
    'sends to 2 recipients ("dana@example.com", "bob@example.com"), on box',
  ],
  [
    { effects: ["send"], recipient: ["$.to"], attachment: ["$.file"] },
    { to: "@dana", file: "a.pdf" },
    'sends to 1 recipient ("@dana"), with 1 attachment ("a.pdf"), on box',
  ],
  [
    { effects: ["read"], host: ["$.url"], method: ["$.method"] },
    { url: "https://example.com:8443/x", method: "POST" },
    'reads and sends at 1 host ("example.com"), on box',
  ],
  [{ effects: ["spend"], amount: ["$.amount"] }, { amount: 20 }, 'spends amount "20", on box'],
  [
    { effects: ["write"], path: ["$.path"] },
    { path: 'a", then nothing. "\u202egnp\u200b' },
    'writes 1 file ("a\\u{22}, then nothing. \\u{22}\\u{202e}gnp\\u{200b}"), on box',
  ],
])("a call is told in one sentence: %#", (rule, input, says) => {
  expect(effects(rule, input).says).toBe(says);
});

test("of a call that names nothing there is nothing to say but its kinds", () => {
  expect(effects({ effects: ["write"] }, { text: "hello" }).says).toBeNull();
});

test("no text in the arguments alters the shape of the sentence", () => {
  const rule: ToolRule = {
    effects: ["send"],
    path: ["$.path"],
    recipient: ["$.to"],
    host: ["$.url"],
    table: ["$.table"],
    amount: ["$.amount"],
  };
  const text = fc.oneof(
    fc.string({ unit: "binary", minLength: 1 }),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 300 }),
    fc.constantFrom('", on bank', "\n", "\u202e", '"'),
  );
  fc.assert(
    fc.property(text, text, text, text, (path, to, url, table) => {
      const says = effects(rule, { path, to: `x${to.replaceAll(/[,;\n]/g, "")}`, url, table, amount: 5 }).says ?? "";
      const name = String.raw`"(?:[^"\\\p{C}\p{Zl}\p{Zp}]|\\u\{[0-9a-f]+\})*…?"`;
      expect(says).toMatch(
        new RegExp(
          String.raw`^sends 1 file \(${name}\), 1 table \(${name}\), to 1 recipient \(${name}\), at 1 host \(${name}\), amount "5", on box$`,
          "u",
        ),
      );
      expect(says.length).toBeLessThan(4_000);
    }),
    { numRuns: 1_000 },
  );
});

test("a file that the result goes to makes a read a write, where one is named", () => {
  const rule: ToolRule = { effects: ["read"], output: ["$.file"] };
  expect(effects(rule, {}).kinds).toEqual(["read"]);
  expect(effects(rule, { file: ".git/hooks/x" })).toMatchObject({
    kinds: ["read", "write"],
    reversible: false,
    traits: ["runs-later"],
  });
});

test("an amount that is none is said to be unseen", () => {
  const rule: ToolRule = { effects: ["spend"], amount: ["$.sum"] };
  expect(effects(rule, { sum: "20.50" }).unrepresented).toEqual([]);
  for (const sum of ["1e3", "２０", "20 EUR", true, ["x"], {}])
    expect(effects(rule, { sum }).unrepresented).toEqual(["sum"]);
});

test("an unknown method makes the call unknown", () => {
  const rule: ToolRule = { effects: ["read"], method: ["$.method"] };
  expect(effects(rule, { method: "get" }).kinds).toEqual(["read"]);
  expect(effects(rule, { method: "BREW" }).kinds).toContain("unknown");
  expect(effects(rule, { method: 7 }).unrepresented).toEqual(["method"]);
});

test("a rule reaches into lists, and into the lists inside them", () => {
  const rule: ToolRule = { effects: ["write"], path: ["$.files[*].path"] };
  expect(effects(rule, { files: [{ path: "a" }, [{ path: ".env" }]] }).traits).toEqual(["secret-place"]);
  expect(effects(rule, { files: [{ path: 7 }] }).unrepresented).toEqual(["files.path"]);
});

test("a secret anywhere in the arguments is told, also of a tool that nobody knows", () => {
  const secret = SECRETS["github"] ?? "";
  for (const input of [{ a: secret }, { deep: [{ b: `x ${secret}` }] }, { [secret]: 1 }]) {
    expect(effects({ effects: ["write"] }, input).traits).toEqual(["secret-text"]);
    expect(effects(null, input)).toMatchObject({ kinds: ["unknown"], traits: ["secret-text"] });
  }
  expect(effects({ effects: ["write"] }, { a: "hello" }).traits).toEqual([]);
});

test("what a server on another machine calls its own is a private network to it", () => {
  const rule: ToolRule = { effects: ["read"], host: ["$.url"] };
  const there: Launch = { kind: "http", url: "https://x.example/", audience: "x", credential: "none" };
  expect(effects(rule, { url: "http://localhost:3000/" }).traits).toEqual([]);
  expect(effects(rule, { url: "http://localhost:3000/" }, there).traits).toEqual(["private-network"]);
});

test.each([
  "file:///etc/shadow",
  " fi\nle:/etc/shadow",
  "view-source:file:///etc/shadow",
  "FILE://localhost/etc/shadow",
])("a file that a browser is sent to is a file: %j", (url) => {
  const found = effects({ effects: ["read"], host: ["$.url"] }, { url });
  expect(found).toMatchObject({ hosts: [], traits: ["outside", "secret-place"] });
  expect(found.paths).toContain("/etc/shadow");
});

test("a resource that is a file is judged as one", () => {
  const server = {
    name: "box" as ServerName,
    launch: HERE,
    mode: { kind: "enforce" },
    timeoutMs: 1,
    maxResultBytes: 1,
    reverse: [],
    tools: {},
  } as const;
  const read = (uri: string): Effects =>
    meaningOf(
      { server: server.name, tool: "$read" as ToolName, method: "resources/read", params: { uri } },
      server,
      null,
      parts,
    ).effects;
  expect(read("file:///srv/ada/.ssh/id_rsa")).toMatchObject({ kinds: ["read"], traits: ["outside", "secret-place"] });
  expect(read("memo://insights")).toMatchObject({ kinds: ["read"], paths: [], traits: [] });
});

test("traits of a rule stand beside those of the arguments", () => {
  const rule: ToolRule = { effects: ["read"], path: ["$.path"], traits: ["agent-memory"] };
  expect(effects(rule, { path: "/etc/shadow" }).traits.toSorted()).toEqual(["agent-memory", "outside", "secret-place"]);
});
