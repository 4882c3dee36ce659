// npm run bench [-- mcp|decision|store|authority|analysis|provenance|databases|capability …] [-- --json]: the benchmarks named,
// or all of them, one after the other.
// Each is a process of its own, so that none measures what another left behind.
import { spawn } from "node:child_process";
import { join } from "node:path";

const BENCHES = {
  mcp: join("mcp", "run.ts"),
  decision: "decision.ts",
  store: "store.ts",
  authority: "authority.ts",
  analysis: join("analysis", "run.ts"),
  provenance: join("provenance", "run.ts"),
  databases: "databases.ts",
  capability: "capability.ts",
} as const;
type Bench = keyof typeof BENCHES;

const args = process.argv.slice(2);
const json = args.includes("--json");
const asked = args.filter((arg) => arg in BENCHES) as Bench[];
const unknown = args.filter((arg) => !arg.startsWith("--") && !(arg in BENCHES));
if (unknown.length > 0) {
  process.stderr.write(`there is no benchmark ${unknown.join(", ")}; there are ${Object.keys(BENCHES).join(", ")}\n`);
  process.exit(2);
}

const results: Partial<Record<Bench, unknown>> = {};
for (const bench of asked.length > 0 ? asked : (Object.keys(BENCHES) as Bench[])) {
  if (!json) process.stdout.write(`\n== ${bench} ==\n`);
  const { code, out } = await run(BENCHES[bench]);
  if (json) results[bench] = parse(out);
  if (code !== 0) process.exitCode = 1;
}
if (json) process.stdout.write(`${JSON.stringify(results)}\n`);

function run(file: string): Promise<{ readonly code: number | null; readonly out: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, file), ...(json ? ["--json"] : [])], {
    stdio: ["ignore", json ? "pipe" : "inherit", "inherit"],
  });
  let out = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (out += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, out }));
  });
}

/** Null for a benchmark that failed before it had anything to say. */
function parse(out: string): unknown {
  try {
    return JSON.parse(out);
  } catch {
    return null;
  }
}
