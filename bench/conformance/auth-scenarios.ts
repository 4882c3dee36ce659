// The suite's `auth/*` scenarios for clients, with Writ's own connector and broker as the client (auth-client.ts).
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "./suite.ts";

export interface ClientScenario {
  readonly name: string;
  readonly passed: boolean;
  readonly checks: readonly [passed: number, total: number];
  /** Checks that did not pass. */
  readonly failed: readonly string[];
  /** Why it is known not to pass; null where that is not known. */
  readonly reason: string | null;
}

const CLIENT = `"${process.execPath}" "${join(import.meta.dirname, "auth-client.ts")}"`;

/** Every one of them, in the order of the suite. */
export async function runClientScenarios(): Promise<readonly ClientScenario[]> {
  const reasons = JSON.parse(await readFile(new URL("./expected-auth.json", import.meta.url), "utf8")) as Readonly<
    Record<string, string>
  >;
  const listed = await runCommand(["list"]);
  const names = [...listed.matchAll(/^ +- (auth\/\S+)/gm)].map(([, name]) => name ?? "");
  if (names.length === 0) throw new Error(`the suite lists no scenarios:\n${listed.slice(-2_000)}`);
  const all: ClientScenario[] = [];
  for (const name of names) all.push({ ...(await runOne(name)), reason: reasons[name] ?? null });
  return all;
}

/** What is not as `expected-auth.json` says: fails without a reason there, or passes with one. */
export function surprises(all: readonly ClientScenario[]): readonly string[] {
  return all.flatMap(({ name, passed, failed, reason }) => {
    if (passed) return reason === null ? [] : [`${name} passes, and expected-auth.json says why it would not`];
    return reason === null ? [`${name} fails: ${failed.join(", ")}`] : [];
  });
}

async function runOne(name: string): Promise<Omit<ClientScenario, "reason">> {
  const folder = await mkdtemp(join(tmpdir(), "conformance-"));
  try {
    await runCommand(["client", "--command", CLIENT, "--scenario", name, "--timeout", "20000", "-o", folder]);
    const [file] = (await readdir(folder, { recursive: true })).filter((one) => one.endsWith("checks.json"));
    const checks =
      file === undefined
        ? []
        : (JSON.parse(await readFile(join(folder, file), "utf8")) as readonly { id: string; status: string }[]);
    const counted = checks.filter(({ status }) => ["SUCCESS", "FAILURE", "WARNING"].includes(status));
    const failed = [...new Set(counted.filter(({ status }) => status !== "SUCCESS").map(({ id }) => id))];
    const good = counted.filter(({ status }) => status === "SUCCESS").length;
    const passed = good > 0 && good === counted.length;
    return { name, passed, checks: [good, counted.length], failed };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
