import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { WritError } from "../../src/domain/error.ts";
import {
  defaultConfiguration,
  describeProblem,
  parseConfiguration,
  readConfiguration,
  schema,
} from "../../src/system/config.ts";

const FILE = "/srv/desk/writ.yaml";

const WHOLE = `
tier: advanced
owner: olga
trust_domain: desk.example
isolation: isolated
listen: { host: 127.0.0.1, port: 7421 }
data: ./state
policies: ./rules
people:
  dana: { roles: [approver] }
approvals: { timeout: 2s, hold: 1s, usable: 90s }
records: { text: keep }
servers:
  docs:
    command: mcp-server-filesystem
    args: [./sample]
    env: { LANG: C }
    timeout: 5s
    max_result: 64KiB
    mode: { observe_until: 2030-01-31 }
    allow: [sampling]
    tools:
      read_text_file: { effects: [read], path: $.path, private: true, untrusted: false }
      "*": { effects: [unknown] }
  shop: { url: "http://127.0.0.1:9001/mcp", audience: "urn:shop" }
agents:
  clerk:
    scope:
      - tools: [docs__read_text_file, docs__list_directory]
        where: { path: { glob: ./sample/** } }
        uses: 3
      - tools: [shop__*]
        where: { amount: { range: { max: 20 } }, order: { one_of: [o1, o2] }, note: { prefix: "re: " }, currency: { exact: EUR } }
    budget: { calls: 9 }
    lifetime: 1.5h
`;

function problems(text: string): string[] {
  const parsed = parseConfiguration(text, FILE);
  return parsed.kind === "refused" ? parsed.problems.map((one) => `${one.line}:${one.column} ${one.code}`) : [];
}

function described(text: string): string {
  const parsed = parseConfiguration(text, FILE);
  return parsed.kind === "refused" ? parsed.problems.map(describeProblem).join("\n") : "loaded";
}

test("a whole file becomes a configuration with absolute paths and milliseconds", () => {
  const parsed = parseConfiguration(WHOLE, FILE);
  expect(parsed).toMatchObject({
    kind: "loaded",
    configuration: {
      file: FILE,
      dataFolder: "/srv/desk/state",
      policyFolder: "/srv/desk/rules",
      tier: "advanced",
      owner: "olga",
      people: [{ name: "dana", roles: ["approver"] }],
      approvals: { timeoutMs: 2_000, holdMs: 1_000, usableMs: 90_000 },
      servers: [
        {
          name: "docs",
          launch: { kind: "stdio", cwd: "/srv/desk", args: ["./sample"], env: { LANG: "C" } },
          mode: { kind: "observe", until: Date.UTC(2030, 0, 31) },
          maxResultBytes: 65_536,
          reverse: ["elicitation", "roots", "sampling"],
          tools: { read_text_file: { effects: ["read"], path: ["$.path"], private: true, untrusted: false } },
        },
        {
          name: "shop",
          launch: { kind: "http", audience: "urn:shop", credential: "operation" },
          mode: { kind: "enforce" },
        },
      ],
      agents: [
        {
          name: "clerk",
          lifetimeMs: 5_400_000,
          budget: { calls: 9, writes: 20 },
          scope: [
            {
              constraints: [{ kind: "glob", argument: "path", pattern: "/srv/desk/sample/**", base: "/srv/desk" }],
              uses: 3,
              origin: "plan",
            },
            {
              uses: null,
              constraints: [
                { kind: "range", argument: "amount", max: 20 },
                { kind: "one_of", values: ["o1", "o2"] },
                { kind: "prefix", prefix: "re: " },
                { kind: "exact", value: "EUR" },
              ],
            },
          ],
        },
      ],
    },
  });
});

test("without a file nothing is reachable and the cautious values hold", () => {
  expect(defaultConfiguration("/srv/desk")).toMatchObject({
    file: null,
    dataFolder: "/srv/desk/.writ",
    listen: { host: "127.0.0.1", port: 7420 },
    tier: "foundation",
    isolation: "same-user",
    servers: [],
    agents: [],
    records: { text: "digest" },
  });
});

test("an empty file is the default configuration", () => {
  expect(parseConfiguration("# nothing yet\n", FILE).kind).toBe("loaded");
});

test("every problem of a file is told at once, each with its line and column", () => {
  const text = [
    "teir: foundation",
    "servers:",
    "  Docs: { command: x }",
    "  shop: { url: 'ftp://x' }",
    "agents:",
    "  clerk: { lifetime: 30 }",
  ].join("\n");
  expect(problems(text)).toEqual(["1:1 key_unknown", "3:3 name_invalid", "4:16 value_invalid", "6:22 value_invalid"]);
});

test("an unknown key is answered with the key that was probably meant", () => {
  expect(described("servers:\n  docs:\n    comand: x\n")).toContain(
    "3:5: there is no `comand` here (did you mean `command`?)",
  );
  expect(described("servers: { docs: { command: x, mode: { observe_untill: 2030-01-01 } } }")).toContain(
    "did you mean `observe_until`?",
  );
});

test.each([
  ["a bind that other machines reach", "listen: { host: 0.0.0.0 }", "listen_needs_tls"],
  ["a bind to a name that only looks like loopback", "listen: { host: 127.0.0.1.example }", "listen_needs_tls"],
  ["a wildcard over servers", "agents: { a: { scope: [ { tools: ['*'] } ] } }", "tool_pattern_invalid"],
  [
    "a wildcard over servers with a tool",
    "agents: { a: { scope: [ { tools: ['*__read'] } ] } }",
    "tool_pattern_invalid",
  ],
  [
    "a wildcard inside a tool's name",
    "servers: { d: { command: x } }\nagents: { a: { scope: [ { tools: ['d__re*'] } ] } }",
    "tool_pattern_invalid",
  ],
  [
    "a scope for a server that is not there",
    "servers: { docs: { command: x } }\nagents: { a: { scope: [ { tools: [dosc__x] } ] } }",
    "server_unknown",
  ],
  [
    "two limits on one argument",
    "servers: { d: { command: x } }\nagents: { a: { scope: [ { tools: [d__x], where: { p: { prefix: a, exact: b } } } ] } }",
    "limit_invalid",
  ],
  [
    "an empty range",
    "servers: { d: { command: x } }\nagents: { a: { scope: [ { tools: [d__x], where: { p: { range: { min: 2, max: 1 } } } } ] } }",
    "limit_invalid",
  ],
  [
    "a glob above the root",
    "servers: { d: { command: x } }\nagents: { a: { scope: [ { tools: [d__x], where: { p: { glob: ../../../../x } } } ] } }",
    "limit_invalid",
  ],
  ["a vault key from an age identity that is not named", "vault: { key: age }", "identity_missing"],
  ["an identity for a key that is a file", "vault: { key: file, identity: x }", "member_misplaced"],
  ["a server with neither command nor url", "servers: { d: {} }", "launch_missing"],
  [
    "a server with both command and url",
    "servers: { d: { command: x, url: 'http://127.0.0.1/' } }",
    "launch_ambiguous",
  ],
  [
    "credentials in the clear to another machine",
    "servers: { d: { url: 'http://shop.example/mcp' } }",
    "url_needs_tls",
  ],
  ["a password inside an address", "servers: { d: { url: 'https://u:p@shop.example/mcp' } }", "url_has_secret"],
  ["a server that takes Writ's own name", "servers: { writ: { command: x } }", "name_reserved"],
  ["a person that takes the admin's name", "people: { admin: { roles: [admin] } }", "name_reserved"],
  ["holding a call longer than 120 s", "approvals: { hold: 3m }", "value_out_of_range"],
  [
    "an observation that ends on no day",
    "servers: { d: { command: x, mode: { observe_until: 2030-02-30 } } }",
    "value_invalid",
  ],
  ["an observation without an end", "servers: { d: { command: x, mode: observe } }", "value_invalid"],
  ["an unknown effect", "servers: { d: { command: x, tools: { t: { effects: [raed] } } } }", "value_invalid"],
  ["the same key twice", "tier: foundation\ntier: optimized", "yaml_invalid"],
  ["a tag that would make something else of a value", "tier: !!js/function x", "yaml_invalid"],
  [
    "a tool named like an object's prototype",
    "servers: { d: { command: x, tools: { __proto__: { effects: [read] } } } }",
    "name_invalid",
  ],
])("%s is refused", (_, text, code) => {
  const parsed = parseConfiguration(text, FILE);
  expect(parsed.kind === "refused" ? parsed.problems.map((one) => one.code) : []).toContain(code);
});

test("a relative glob over servers that run in different folders is refused, because it would mean two things", () => {
  const text =
    "servers: { a: { command: x, cwd: ./a }, b: { command: x } }\nagents: { z: { scope: [ { tools: [a__r, b__r], where: { p: { glob: ./x } } } ] } }";
  expect(problems(text)).toEqual(["2:68 glob_ambiguous"]);
});

test("a billion laughs are refused, not expanded", () => {
  const bomb = [
    "a: &a [x,x,x,x,x,x,x,x,x,x]",
    ...["b", "c", "d"].map((key, i) => `${key}: &${key} [${Array(10).fill(`*${"abc"[i]}`).join(",")}]`),
  ].join("\n");
  expect(parseConfiguration(bomb, FILE).kind).toBe("refused");
});

test("a file that does not hold is an error whose facts are the lines to mend", async () => {
  const folder = await mkdtemp(join(tmpdir(), "writ-config-"));
  try {
    const file = join(folder, "writ.yaml");
    await writeFile(file, "tier: fundation\n");
    const fault = await readConfiguration(file).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(WritError);
    expect(fault).toMatchObject({
      code: "configuration_invalid",
      facts: { problems: [`${file}:1:7: \`fundation\` is not one of the values here (did you mean \`foundation\`?)`] },
    });
    await expect(readConfiguration(join(folder, "none.yaml"))).rejects.toMatchObject({ code: "configuration_missing" });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("editors get the same shape as JSON Schema", () => {
  expect(schema).toMatchObject({
    type: "object",
    additionalProperties: false,
    properties: { tier: { enum: ["foundation", "advanced", "optimized"] } },
  });
});
