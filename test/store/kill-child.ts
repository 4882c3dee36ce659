// Admits calls without end, sixteen at once, and says each call's id once its write has resolved.
import { writeSync } from "node:fs";
import { spend } from "../../src/domain/grant.ts";
import type { CallId, GrantId, TaskId } from "../../src/domain/ids.ts";
import { reserve } from "../../src/domain/task.ts";
import type { Log } from "../../src/ports/system.ts";
import { aCall, aGrant, anEntry, aTask } from "../../src/store/conformance/values.ts";
import { openPostgresStore } from "../../src/store/sql/postgres.ts";
import { openSqliteStore } from "../../src/store/sql/sqlite.ts";

const [run = ""] = process.argv.slice(2);
const place = process.env["WRIT_TEST_PLACE"] ?? "";
const quiet: Log = { debug() {}, info() {}, warn() {}, error() {} };
const task = `t_${run}` as TaskId;
const store = place.startsWith("postgres://")
  ? await openPostgresStore({ url: place, log: quiet })
  : await openSqliteStore({ file: place, log: quiet });
await store.write((tx) => tx.putTask(aTask(task, { deadline: 1e15 })));
let next = 0;

async function admitForever(): Promise<void> {
  for (;;) {
    const call = `c_${run}_${next++}` as CallId;
    await store.write(async (tx) => {
      const held = await tx.task(task);
      const reserved = held === null ? null : reserve(held, false);
      if (reserved === null) throw new Error("the budget is used up");
      await tx.putTask(reserved);
      const live = (await tx.grants(task)).at(-1) ?? aGrant(`g_${run}_0`, { task, uses: 20 });
      const renewed = { ...live, id: `g_${call}` as GrantId, used: 0 };
      const spent = spend(live, 5_000) ?? spend(renewed, 5_000);
      if (spent === null) throw new Error("a new grant has uses");
      await tx.putGrant(spent);
      await tx.putCall(aCall(call, { task, grant: spent.id, clientKey: call }));
      if (!(await tx.spend("writ", call, 1e15))) throw new Error("a new token is not spent");
      await tx.append(anEntry({ call, task, body: { grant: spent.id } }));
    });
    writeSync(1, `${call}\n`);
  }
}

await Promise.all(Array.from({ length: 16 }, admitForever));
