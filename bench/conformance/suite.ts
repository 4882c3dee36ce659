import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse } from "yaml";

export const REVISIONS = ["2025-11-25", "2026-07-28"] as const;
export type Revision = (typeof REVISIONS)[number];

/** How one server did, over the scenarios that its revision scores. */
export interface Leg {
  readonly checks: readonly [passed: number, total: number];
  readonly scenarios: readonly [passed: number, total: number];
}

/** The counts, and how often each check (`scenario/check`) passed. */
export interface Result {
  readonly leg: Leg;
  readonly passed: ReadonlyMap<string, number>;
}

const SUITE = dirname(createRequire(import.meta.url).resolve("@modelcontextprotocol/conformance/package.json"));

/** Runs the official suite against `url`. A warning counts as not passed, a scenario that checked nothing as failed. */
export async function runSuite(url: string, revision: Revision): Promise<Result> {
  const scored = await scoredScenarios(revision);
  const folder = await mkdtemp(join(tmpdir(), "conformance-"));
  try {
    const said = await runCommand(["server", "--url", url, "--requirements", revision, "-o", folder]);
    const passed = new Map<string, number>();
    const checks = [0, 0] as [number, number];
    const scenarios = [0, 0] as [number, number];
    const folders = await readdir(folder);
    if (folders.length === 0) throw new Error(`the suite left no results:\n${said.slice(-2000)}`);
    for (const scenario of scored) {
      const found = folders.find((name) => new RegExp(`^server-${scenario}-\\d{4}-\\d\\d-\\d\\dT`).test(name));
      const results =
        found === undefined
          ? []
          : ((await readJson(join(folder, found, "checks.json"))) as { id: string; status: string }[]);
      const counted = results.filter(
        ({ status }) => status === "SUCCESS" || status === "FAILURE" || status === "WARNING",
      );
      const good = counted.filter(({ status }) => status === "SUCCESS");
      for (const { id } of good) passed.set(`${scenario}/${id}`, (passed.get(`${scenario}/${id}`) ?? 0) + 1);
      checks[0] += good.length;
      checks[1] += counted.length;
      scenarios[0] += good.length > 0 && good.length === counted.length ? 1 : 0;
      scenarios[1] += 1;
    }
    return { leg: { checks, scenarios }, passed };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The checks that passed in `direct` and not, or less often, in `gateway`. */
export function lost(direct: Result, gateway: Result): readonly string[] {
  return [...direct.passed].filter(([name, times]) => (gateway.passed.get(name) ?? 0) < times).map(([name]) => name);
}

async function scoredScenarios(revision: Revision): Promise<readonly string[]> {
  const { server } = parse(await readFile(join(SUITE, "requirements", `${revision}.yaml`), "utf8")) as {
    server: string[];
  };
  return server;
}

/** What the suite says, run with these arguments. */
export async function runCommand(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [join(SUITE, "dist", "index.js"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => void (said += chunk));
  // Its exit code speaks of failures that the counts will show.
  await new Promise((resolve, reject) => void child.once("error", reject).once("close", resolve));
  return said;
}

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, "utf8"));
}
