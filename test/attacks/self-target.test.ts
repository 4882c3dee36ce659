import { expect, test } from "vitest";
import { loadAnalysers } from "../../src/analysis/analysers.ts";
import { meaningOf } from "../../src/analysis/meaning.ts";
import { selfTargets } from "../../src/analysis/self-target.ts";
import type { ServerName, ToolName } from "../../src/domain/ids.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import type { ServerConfiguration, ToolRule } from "../../src/ports/configuration.ts";

const READING = { analysers: await loadAnalysers(), home: "/srv", catalogue: () => null };
const GROUND = { paths: ["/srv/app/.writ", "/srv/app/writ.yaml"], hosts: ["127.0.0.1:7420"], home: "/srv" };

test.each([
  "/srv/app/.writ/keys/admin.key",
  "../app/.writ",
  "./docs/../.writ/keys",
  "file:///srv/app/.writ/keys/admin.key",
  "file://localhost/srv/app/.writ/keys",
  "file:/srv/app/.writ/keys",
  "FILE:///srv/app/%2ewrit/keys",
  "file:///srv/app/docs/%2e%2e/.writ",
  "~/app/.writ/keys",
])("a path to Writ's own files is seen however it is spelt: %s", (at) => {
  expect(selfTargets({ at }, "/srv/app", GROUND)).toEqual([at]);
});

test.each([
  "http://127.0.0.1:7420/v1/tasks",
  "http://localhost:7420/",
  "http://LOCALHOST.:7420/",
  "http://writ.localhost:7420/",
  "http://127.1:7420/",
  "http://2130706433:7420/",
  "http://0x7f.0.0.1:7420/",
  "http://127.0.0.2:7420/",
  "http://0:7420/",
  "http://[::1]:7420/",
  "http://[::]:7420/",
  "http://[::ffff:127.0.0.1]:7420/",
  "http://me:secret@127.0.0.1:7420/",
  "ws://127.0.0.1:7420/",
  "127.0.0.1:7420/v1/tasks",
  "localhost:7420",
  "\\\\localhost:7420/",
  " \thttp://127.0.0.1:7420/",
  "\u0001http:/127.0.0.1:7420/",
  "ht\ntp:127.0.0.1:7420/",
  "http://１２７。0。0。1:7420/",
  `http://${"u".repeat(5000)}@127.0.0.1:7420/${"p".repeat(5000)}`,
])("an address of Writ's own is seen however it is spelt: %s", (url) => {
  expect(selfTargets({ url }, "/srv/app", GROUND)).toEqual([url]);
});

test("a name of a member reaches for Writ as well as a value does", () => {
  const files = { "/srv/app/writ.yaml": "tier: optimized" };
  expect(selfTargets({ files }, "/", GROUND)).toEqual(["/srv/app/writ.yaml"]);
});

test.each(["/srv/app/.writer", "/srv/app/docs/writ.yaml", "http://127.0.0.1:7421/", "http://localhost.example:7420/"])(
  "what only looks like Writ's own is not: %s",
  (at) => {
    expect(selfTargets({ at }, "/srv/app", GROUND)).toEqual([]);
  },
);

function meaning(rule: ToolRule, input: JsonObject): ReturnType<typeof meaningOf>["effects"] {
  const server: ServerConfiguration = {
    name: "web" as ServerName,
    launch: { kind: "http", url: "https://x.example/", audience: "x", credential: "none" },
    mode: { kind: "enforce" },
    timeoutMs: 1,
    maxResultBytes: 1,
    reverse: [],
    tools: { get: rule },
  };
  const call = {
    server: server.name,
    tool: "get" as ToolName,
    method: "tools/call",
    params: { name: "get", arguments: input },
  } as const;
  return meaningOf(call, server, null, READING).effects;
}

test.each([
  "https://evil.example/x",
  "https://EVIL.example./x",
  "https://evil.example:8443/x",
  "https://api.example@evil.example/",
  "evil.example",
  "evil.example:8443",
  "evil.example/path",
  "//evil.example/x",
])("a rule that forbids a host meets it under every spelling: %s", (url) => {
  expect(meaning({ effects: ["read"], host: ["$.url"] }, { url }).hosts).toContain("evil.example");
});

test("an argument that the configuration calls a path, and that is none, is said to be unseen", () => {
  const rule: ToolRule = { effects: ["write"], path: ["$.path"], recipient: ["$.to"] };
  expect(meaning(rule, { path: { deep: "/etc/passwd" }, to: ["a@x.example", 7] }).unrepresented).toEqual([
    "path",
    "to",
  ]);
  expect(meaning(rule, { path: "/a", to: ["a@x.example"] }).unrepresented).toEqual([]);
});

test("a tool named like a member of every object has no built-in profile", () => {
  const server: ServerConfiguration = {
    name: "docs" as ServerName,
    launch: { kind: "stdio", command: "npx", args: ["@modelcontextprotocol/server-filesystem"], cwd: "/", env: {} },
    mode: { kind: "enforce" },
    timeoutMs: 1,
    maxResultBytes: 1,
    reverse: [],
    tools: {},
  };
  for (const tool of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
    const call = { server: server.name, tool: tool as ToolName, method: "tools/call", params: { name: tool } } as const;
    expect(meaningOf(call, server, null, READING).effects.kinds).toEqual(["unknown"]);
  }
});
