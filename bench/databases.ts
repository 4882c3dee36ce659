// What a database call costs through the whole gateway, and how soon after its task a login is gone: p50 and p99 in
// milliseconds. PostgreSQL is a real one that waits for its disk.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { startPostgres } from "../examples/demo/postgres.ts";
import { endTask } from "../src/authority/tasks/end-task.ts";
import { openHouse } from "../test/house.ts";
import { shopper } from "../test/upstream/databases.ts";
import { SHOP } from "../test/upstream/postgres/shop.ts";
import { makeShop } from "../test/upstream/sqlite/shop.ts";

const TASKS = 30;
const CALLS = 5;
const READ = { sql: "SELECT id, state FROM orders WHERE id = 1" };
const CHANGE = { sql: "UPDATE orders SET state = 'open' WHERE id = 1" };
const YAML = `
servers:
  shop: { kind: postgres, url_env: BENCH_SHOP }
  till: { kind: sqlite, file: ./till.db }
agents:
  clerk:
    scope:
      - { tools: [shop__query, shop__execute], tables: { orders: { read: [id, state], update: [state], rows: 1 } } }
      - { tools: [till__query, till__execute], tables: { orders: { read: [id, state], update: [state], rows: 1 } } }
    budget: { calls: 1000, writes: 1000 }
`;

const folder = mkdtempSync(join(tmpdir(), "writ-bench-"));
chmodSync(folder, 0o755);
const server = await startPostgres(join(folder, "data"), true);
const url = await server.database("shop");
process.env["BENCH_SHOP"] = url;
const admin = new pg.Client({ connectionString: url });
await admin.connect();
await admin.query(SHOP);
makeShop(join(folder, "till.db"));
const house = await openHouse(YAML, {}, folder);

const taken: Record<string, number[]> = {};
async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work();
  (taken[name] ??= []).push(performance.now() - started);
  return result;
}

for (let task = 0; task < TASKS; task++) {
  const [clerk, teller] = [await shopper(house, "clerk"), await shopper(house, "clerk", "till")];
  await timed("postgres, the first call of a task", () => clerk.call("query", READ));
  for (let call = 0; call < CALLS; call++) {
    await timed("postgres, a read", () => clerk.call("query", READ));
    await timed("postgres, a change", () => clerk.call("execute", CHANGE));
    await timed("sqlite, a read", () => teller.call("query", READ));
    await timed("sqlite, a change", () => teller.call("execute", CHANGE));
  }
  await timed("postgres, from the end of a task until its login is gone", async () => {
    await endTask(house.writ.authority, { task: clerk.task as never, by: "bench", why: "done" });
    while ((await admin.query("SELECT FROM pg_roles WHERE rolname LIKE 'writ_task_%'")).rowCount !== 0);
  });
}

await house.close();
await admin.end();
await server.stop();
rmSync(folder, { recursive: true, force: true });

const at = (all: readonly number[], share: number): number =>
  Math.round((all.toSorted((a, b) => a - b)[Math.floor(all.length * share)] ?? 0) * 10) / 10;
const costs = Object.entries(taken).map(([what, all]) => ({
  what,
  n: all.length,
  p50: at(all, 0.5),
  p99: at(all, 0.99),
}));
if (process.argv.includes("--json")) console.log(JSON.stringify({ databases_ms: costs }));
else console.table(costs);
