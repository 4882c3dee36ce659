/** What following an agent's capabilities costs: to count one more entry of a long record, to look a profile up on the way
 *  of a call, and until a change counts in another process. Prints one JSON object. `--records N` for a shorter record. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { startPostgres } from "../examples/demo/postgres.ts";
import type { Capabilities } from "../src/authority/capability/capabilities.ts";
import type { CallId, PersonName } from "../src/domain/ids.ts";
import type { RecordDraft } from "../src/domain/record.ts";
import type { Store } from "../src/ports/store.ts";
import { createMemoryStore } from "../src/store/memory/memory-store.ts";
import { openPostgresStore } from "../src/store/sql/postgres.ts";
import { openSqliteStore } from "../src/store/sql/sqlite.ts";
import { capabilitiesOn, INSTANCE } from "./capability/deployment.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} };
const given = process.argv.indexOf("--records");
const RECORDS = given > 0 ? Number(process.argv[given + 1]) : 1_000_000;
const PER_WRITE = 2_000;
const TRIALS = 100;
const BENCH = { name: "bench" as PersonName, roles: ["admin"] };

const folder = await mkdtemp(join(tmpdir(), "writ-bench-"));
try {
  const store = await openSqliteStore({ file: join(folder, "writ.db"), log });
  await fill(store, RECORDS);
  const began = performance.now();
  const capabilities = await capabilitiesOn(store);
  await capabilities.rules.apply("bench");
  await model(capabilities, "opus");
  const whole = Math.round(performance.now() - began);
  const incremental = await countOne(store, capabilities);
  const lookup = lookups(capabilities);
  const memory = createMemoryStore();
  const inMemory = await capabilitiesOn(memory);
  await inMemory.rules.apply("bench");
  await model(inMemory, "opus");
  await fill(memory, 2_000);
  const { count_one_p50_ms: reckoning } = await countOne(memory, inMemory);
  await store.close();
  await chmod(folder, 0o755);
  const enforced = await acrossProcesses();
  console.log(
    JSON.stringify(
      {
        records: RECORDS,
        count_all_ms: whole,
        ...incremental,
        count_one_without_disk_p50_ms: reckoning,
        ...lookup,
        ...enforced,
      },
      null,
      2,
    ),
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}

function model(capabilities: Capabilities, id: string): Promise<void> {
  return capabilities.observe(INSTANCE, [{ component: "model", part: { id, version: null, strength: "observed" } }]);
}

/** Half of them calls that were let go, half how they ended. */
function entry(n: number): RecordDraft {
  const call = `c_${n >> 1}` as CallId;
  const at = Date.now();
  if (n % 2 === 1) return { kind: "outcome", at, call, task: null, body: { state: "completed" } };
  const body = {
    agent: INSTANCE.agent,
    instance: INSTANCE.id,
    tool: "box__change",
    needs: ["files.write"],
    effects: { kinds: ["write"], paths: [`/work/${n % 97}.md`] },
    digest: `hmac-sha-256:${String(n).padStart(32, "0")}`,
  };
  return { kind: "admission", at, call, task: null, body };
}

async function fill(store: Store, records: number): Promise<void> {
  for (let from = 0; from < records; from += PER_WRITE)
    await store.write(async (tx) => {
      for (let n = from; n < Math.min(from + PER_WRITE, records); n++) await tx.append(entry(n));
    });
}

/** From an entry that is in the record to profiles that say what it makes of them. */
async function countOne(store: Store, capabilities: Capabilities): Promise<Record<string, number>> {
  const times: number[] = [];
  for (let n = 0; n < TRIALS; n++) {
    await store.write((tx) => tx.append(entry(RECORDS + n)));
    const began = performance.now();
    await capabilities.catchUp();
    times.push(performance.now() - began);
  }
  return { count_one_p50_ms: quantile(times, 0.5), count_one_p99_ms: quantile(times, 0.99) };
}

function lookups(capabilities: Capabilities): Record<string, number> {
  const principal = { agent: INSTANCE.agent, instance: INSTANCE.id };
  const times: number[] = [];
  for (let batch = 0; batch < 2_000; batch++) {
    const began = performance.now();
    for (let n = 0; n < 1_000; n++) capabilities.profiles.of(principal);
    times.push(performance.now() - began);
  }
  // A thousand at a time: milliseconds for all are microseconds for one.
  return { lookup_p50_us: quantile(times, 0.5), lookup_p99_us: quantile(times, 0.99) };
}

/** From asking for a demotion, to the second process letting nothing go under the profile before it. */
async function acrossProcesses(): Promise<Record<string, number>> {
  const server = await startPostgres(join(folder, "postgres"), true);
  const url = await server.database("writ");
  const store = await openPostgresStore({ url, log });
  const capabilities = await capabilitiesOn(store);
  await capabilities.rules.apply("bench");
  await model(capabilities, "m0");
  const file = fileURLToPath(new URL("capability/follower.ts", import.meta.url));
  const child = spawn(process.execPath, [file, url], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  try {
    await lines.next();
    const times: number[] = [];
    const ruling = { agent: INSTANCE.agent, capability: "files.write", person: BENCH, why: "" };
    for (let n = 0; n < TRIALS; n++) {
      await capabilities.endorse({ ...ruling, level: 2, until: Date.now() + 3_600_000 });
      await lines.next();
      const began = performance.now();
      await capabilities.demote({ ...ruling, level: 1 });
      await lines.next();
      times.push(performance.now() - began);
    }
    return { enforced_p50_ms: quantile(times, 0.5), enforced_p99_ms: quantile(times, 0.99), trials: times.length };
  } finally {
    child.stdin.end();
    await once(child, "exit");
    await store.close();
    await server.stop();
  }
}

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].toSorted((a, b) => a - b);
  return Math.round((sorted[Math.floor((sorted.length - 1) * q)] ?? 0) * 1_000) / 1_000;
}
