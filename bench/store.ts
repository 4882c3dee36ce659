// One write as the gate makes it at admission, over the SQLite store and over a PostgreSQL server on loopback: how many a
// second at 1, 16 and 64 at once, beside what the disk itself takes to make 400 bytes durable in the same folder. Prints
// one JSON object.
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { spend } from "../src/domain/grant.ts";
import type { CallId, GrantId, SessionId, TaskId } from "../src/domain/ids.ts";
import { reserve } from "../src/domain/task.ts";
import type { Store } from "../src/ports/store.ts";
import { aCall, aGrant, anEntry, aSession, aTask } from "../src/store/conformance/values.ts";
import { startPostgres } from "../examples/demo/postgres.ts";
import { openPostgresStore } from "../src/store/sql/postgres.ts";
import { openSqliteStore } from "../src/store/sql/sqlite.ts";

const SECONDS = Number(process.env["WRIT_BENCH_SECONDS"] ?? 2);
const TASK = "t_1" as TaskId;
const SESSION = "s_1" as SessionId;
let calls = 0;

const folder = await mkdtemp(join(tmpdir(), "writ-bench-"));
const log = { debug() {}, info() {}, warn() {}, error() {} };
try {
  const sqlite = await measure(await openSqliteStore({ file: join(folder, "writ.db"), log }));
  // Where root starts it, the server runs as another user, and has to get to its folder.
  await chmod(folder, 0o755);
  const server = await startPostgres(join(folder, "postgres"), true);
  try {
    const postgres = await measure(await openPostgresStore({ url: await server.database("writ"), log }));
    console.log(JSON.stringify({ ...sqlite, postgres }, null, 2));
  } finally {
    await server.stop();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Both stores make the same writes, each in a deployment of one task; closes the store. */
async function measure(store: Store): Promise<Record<string, unknown>> {
  await store.write(async (tx) => {
    const budget = { calls: 1e9, writes: 1e9 };
    await tx.putTask(aTask(TASK, { deadline: 1e15, budget }));
    await tx.putSession(aSession(SESSION));
    await tx.putGrant(aGrant("g_1", { uses: null, expiresAt: 1e15 }));
    await tx.putGrant(aGrant("g_2", { uses: null, expiresAt: 1e15 }));
  });
  await run(store, 16, 0.5);
  const result: Record<string, unknown> = { fsync_p50_us: fsyncP50(folder) };
  for (const concurrency of [1, 16, 64]) result[`at_${concurrency}`] = await run(store, concurrency, SECONDS);
  result["fsync_p50_us_after"] = fsyncP50(folder);
  await store.close();
  return result;
}

async function run(store: Store, concurrency: number, seconds: number): Promise<Record<string, number>> {
  const times: number[] = [];
  const cpu = process.cpuUsage();
  const began = performance.now();
  const until = began + seconds * 1000;
  const loop = async () => {
    while (performance.now() < until) {
      const from = performance.now();
      await admit(store);
      times.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, loop));
  const elapsed = (performance.now() - began) / 1000;
  const used = process.cpuUsage(cpu);
  times.sort((a, b) => a - b);
  return {
    writes_per_second: Math.round(times.length / elapsed),
    p50_us: Math.round((times[times.length >> 1] ?? 0) * 1000),
    p99_us: Math.round((times[Math.floor(times.length * 0.99)] ?? 0) * 1000),
    cpu_us_per_write: Math.round((used.user + used.system) / times.length),
  };
}

/** What admission reads and writes. */
function admit(store: Store): Promise<void> {
  const call = `c_${process.pid}_${calls++}_${"x".repeat(16)}` as CallId;
  return store.write(async (tx) => {
    const task = await tx.task(TASK);
    const session = await tx.session(SESSION);
    const grants = await tx.grants(TASK);
    const known = await tx.callByClientKey(SESSION, call);
    const subjects = ["all", "owner", "agent", "instance", "session", "task", "profile", "key"] as const;
    const revokedAt = await tx.revokedAt(
      subjects.map((kind) => ({ kind, id: "spiffe://example.org/agent/clerk/i_1" })),
    );
    const grant = grants[0];
    const reserved = task === null ? null : reserve(task, true);
    const spent = grant === undefined ? null : spend(grant, 5_000);
    if (session === null || known !== null || revokedAt !== 0 || reserved === null || spent === null)
      throw new Error("odd");
    await tx.putTask(reserved);
    await tx.putGrant(spent);
    await tx.putCall(aCall(call, { clientKey: call, grant: "g_1" as GrantId, changes: true }));
    await tx.append(
      anEntry({
        call,
        task: TASK,
        body: {
          tool: "shop__refund",
          digest: "hmac-sha-256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
          params: "sha-256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
          owner: "dana",
          actor: "spiffe://example.org/agent/clerk/i_1",
          session: SESSION,
          policies: [{ id: "reads-in-scope", file: "starter.cedar", line: 12 }],
          grant: "g_1",
          effects: { kinds: ["spend"], reversible: false, tables: ["orders"] },
        },
      }),
    );
  });
}

/** Half of the flushes of a small append take less than this. */
function fsyncP50(inside: string): number {
  const handle = openSync(join(inside, "fsync"), "a");
  const times: number[] = [];
  for (let round = 0; round < 200; round++) {
    writeSync(handle, "x".repeat(400));
    const from = performance.now();
    fdatasyncSync(handle);
    times.push(performance.now() - from);
  }
  closeSync(handle);
  times.sort((a, b) => a - b);
  return Math.round((times[100] ?? 0) * 1000);
}
