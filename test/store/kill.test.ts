import { spawn } from "node:child_process";
import { hash } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { AdmittedCall } from "../../src/domain/admission.ts";
import type { CallId, Digest, TaskId } from "../../src/domain/ids.ts";
import { verifyLedger } from "../../src/ledger/verify.ts";
import type { Page, Store } from "../../src/ports/store.ts";
import { id } from "../../src/store/conformance/values.ts";
import { openPostgresStore } from "../../src/store/sql/postgres.ts";
import { openSqliteStore } from "../../src/store/sql/sqlite.ts";
import { newFolder, quiet } from "./folder.ts";
import { realPostgres } from "./real-postgres.ts";

const KILLS = Number(process.env["WRIT_KILLS"] ?? 20);
const CHILD = fileURLToPath(new URL("kill-child.ts", import.meta.url));
const plain = (text: string) => `sha-256:${hash("sha256", text, "base64url")}` as Digest;

const server = realPostgres();

it.each([
  [
    "SQLite",
    async () => join(await newFolder(), "writ.db"),
    (file: string) => openSqliteStore({ file, log: quiet }),
    KILLS,
  ],
  [
    "PostgreSQL",
    () => server.database(),
    (url: string) => openPostgresStore({ url, log: quiet }),
    Math.ceil(KILLS / 3),
  ],
])(
  "a process killed at any moment loses no call that it said was admitted, and spends no grant twice, on %s",
  async (_, make, open, kills) => {
    const place = await make();
    let said = 0;
    for (let run = 0; run < kills; run++) {
      const admitted = await admitUntilKilled(place, String(run));
      said += admitted.length;
      const store = await open(place);
      try {
        await holds(store, admitted, id(`t_${run}`));
        expect(await verifyLedger(store, { plain })).toMatchObject({ kind: "intact" });
      } finally {
        await store.close();
      }
    }
    expect(said).toBeGreaterThan(kills);
  },
  Math.max(60_000, KILLS * 5_000),
);

/** Starts a process that admits calls, kills it some while after its first one, and returns what it said. */
async function admitUntilKilled(place: string, run: string): Promise<CallId[]> {
  const child = spawn(process.execPath, [CHILD, run], {
    env: { ...process.env, WRIT_TEST_PLACE: place },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  const started = await Promise.race([once(child.stdout, "data").then(() => true), exited.then(() => false)]);
  if (started) await new Promise((resolve) => setTimeout(resolve, Math.random() * 150));
  child.kill("SIGKILL");
  await Promise.all([exited, once(child.stdout, "close")]);
  expect(child.signalCode).toBe("SIGKILL");
  // Without its line end the last one was not said in full.
  return said.split("\n").slice(0, -1) as CallId[];
}

async function holds(store: Store, admitted: readonly CallId[], task: TaskId): Promise<void> {
  const calls = new Map((await callsOf(store, task)).map((call) => [call.id, call]));
  const recorded = new Set(
    (await store.read((tx) => tx.ledger({ after: 0, limit: 1e6, task }))).map((one) => one.call),
  );
  const unspent = await store.write(async (tx) => {
    const found: CallId[] = [];
    for (const call of admitted) if (await tx.spend("writ", call, 1e15)) found.push(call);
    return found;
  });
  expect(admitted.filter((call) => !calls.has(call))).toEqual([]);
  expect(admitted.filter((call) => !recorded.has(call))).toEqual([]);
  expect(unspent).toEqual([]);
  // What was admitted and not yet said is there whole as well.
  expect(new Set(calls.keys())).toEqual(recorded);

  const { grants, used } = await store.read(async (tx) => ({
    grants: await tx.grants(task),
    used: (await tx.task(task))?.used.calls,
  }));
  expect(used).toBe(calls.size);
  for (const grant of grants) {
    const uses = [...calls.values()].filter((call) => call.grant === grant.id).length;
    expect([grant.used, grant.used <= (grant.uses ?? 0)]).toEqual([uses, true]);
  }
}

async function callsOf(store: Store, task: TaskId): Promise<AdmittedCall[]> {
  const calls: AdmittedCall[] = [];
  let after: string | null = null;
  do {
    const query: { after: string | null; limit: number } = { after, limit: 1_000 };
    const page: Page<AdmittedCall> = await store.read((tx) => tx.callsIn("admitted", query));
    calls.push(...page.items.filter((call) => call.task === task));
    after = page.next;
  } while (after !== null);
  return calls;
}
