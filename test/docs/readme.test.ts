import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EXPECTED } from "../../examples/demo/plan.ts";
import { runAgent } from "../../src/doors/launcher/run-agent.ts";
import type { AgentName, ServerName, ToolName } from "../../src/domain/ids.ts";
import { loadPolicies } from "../../src/policy/load.ts";
import { runPolicyTests } from "../../src/policy/test-run.ts";
import { parseConfiguration } from "../../src/system/config.ts";
import { openHouse } from "../house.ts";
import { blocks, FILES, read, ROOT } from "./pages.ts";

const readme = read("README.md");

test("the demo in the README is the one that runs, line by line", () => {
  const lines = blocks(readme, "")
    .flatMap((block) => block.split("\n"))
    .flatMap((line) => {
      const [, decision, name, tool, code] = /^(permit|ask|deny) +(.+?) {2,}(\w+) +([\w-]+):/.exec(line) ?? [];
      return decision === undefined ? [] : [{ name, tool, decision, code }];
    });
  expect(lines).toEqual(EXPECTED);
});

test("the README's server, agent and client work as they are written there", async () => {
  const [yaml = ""] = blocks(readme, "yaml");
  const [client = ""] = blocks(readme, "js");
  const server = join(ROOT, "node_modules/@modelcontextprotocol/server-filesystem/dist/index.js");
  // The same server as `npx` would find, without asking npm for it.
  const local = yaml.replace("command: npx", "command: node").replace(/\[-y, "[^"]+", \.\]/, `[${server}, .]`);
  expect(local).not.toContain("npx");
  const house = await openHouse(local, { "documents/a.md": "hello\n", "client.mjs": resolved(client) });
  try {
    let out = "";
    const code = await runAgent({
      origin: house.writ.origin,
      launcherKey: house.writ.keys.launcher,
      agent: "clerk",
      objective: "read the documents",
      command: [process.execPath, "client.mjs"],
      cwd: house.folder,
      stdio: ["ignore", "pipe", "inherit"],
      say: () => {},
      onStarted: (child) => child.stdout?.on("data", (chunk: Buffer) => (out += chunk.toString())),
    });
    const [first, ...rest] = out.split("\n").filter(Boolean);
    expect([code, first]).toEqual([0, "hello"]);
    expect(rest).toHaveLength(1);
    expect(rest[0]).toMatch(/^denied \(outside_grant\): /);
  } finally {
    await house.close();
  }
});

test("the configuration that the README shows holds as it is", () => {
  const folder = mkdtempSync(join(tmpdir(), "writ-readme-"));
  try {
    for (const yaml of blocks(readme, "yaml"))
      expect(parseConfiguration(yaml, join(folder, "writ.yaml")).kind).toBe("loaded");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("the policy and the test that the page of policies shows load, and pass", () => {
  const page = read("docs/policies.md");
  const starters = FILES.filter((file) => /^policies\/.*\.cedar$/.test(file)).map((name) => ({
    name,
    text: read(name),
  }));
  const own = blocks(page, "cedar").map((text, i) => ({ name: `own-${i}.cedar`, text }));
  const tests = blocks(page, "yaml").map((text, i) => ({ name: `own-${i}.test.yaml`, text }));
  const body = {
    name: "refund_order",
    inputSchema: {
      type: "object",
      properties: { order: { type: "string" }, amount: { type: "integer" } },
      required: ["order", "amount"],
    },
  };
  const input = {
    files: [...starters, ...own],
    definitions: [{ server: "shop" as ServerName, name: "refund_order" as ToolName, body, hash: "sha-256:x" as never }],
    servers: ["shop" as ServerName],
    agents: [{ name: "clerk" as AgentName, roles: [], levels: {} }],
    askRoles: ["approver"],
  };
  const loaded = loadPolicies(input);
  expect(loaded.kind === "refused" ? loaded.problems : []).toEqual([]);
  const report = runPolicyTests(input, tests);
  expect([report.problems, report.results.filter((one) => !one.passed)]).toEqual([[], []]);
  expect(report.results.length).toBeGreaterThan(0);
});

/** The client away from the clone's own `node_modules`. */
function resolved(client: string): string {
  return client.replace(/from "(@[^"]+)"/, (_, name: string) => `from ${JSON.stringify(import.meta.resolve(name))}`);
}
