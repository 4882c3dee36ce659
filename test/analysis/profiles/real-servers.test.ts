import { createRequire } from "node:module";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterAll, expect, test } from "vitest";
import { profiled } from "../../../src/analysis/profiles/profiles.ts";

const folder = mkdtempSync(join(tmpdir(), "writ-profiles-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const LOCATORS = ["path", "output", "host", "recipient", "body", "attachment", "code", "sql"] as const;

const require = createRequire(import.meta.url);

test.each([
  ["file", require.resolve("@modelcontextprotocol/server-filesystem/package.json")],
  ["memory", require.resolve("@modelcontextprotocol/server-memory/package.json")],
])("every tool of the real %s server is known, and so is every argument a rule names", async (_, manifest) => {
  const main = join(dirname(manifest), "dist/index.js");
  const client = new Client({ name: "test", version: "1" });
  try {
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [main, folder],
        env: { MEMORY_FILE_PATH: join(folder, "memory.jsonl") },
        stderr: "ignore",
      }),
    );
    const { tools } = await client.listTools();
    expect(tools.length).toBeGreaterThan(8);
    const launch = { kind: "stdio", command: process.execPath, args: [main, folder], cwd: folder, env: {} } as const;
    for (const tool of tools) {
      const rule = profiled(launch, tool.name);
      expect(rule, tool.name).not.toBeNull();
      const declared = Object.keys(tool.inputSchema.properties ?? {});
      const named = LOCATORS.flatMap((kind) => rule?.[kind] ?? []).map((locator) => locator.split(/[.[]/)[1] ?? "");
      expect(declared, tool.name).toEqual(expect.arrayContaining(named));
      // What calls itself read-only is never known for more, and what does not is never known for less.
      expect(
        rule?.effects.every((kind) => kind === "read"),
        tool.name,
      ).toBe(tool.annotations?.readOnlyHint === true);
    }
  } finally {
    await client.close();
  }
});
