// Opens the store named by WRIT_TEST_PLACE, and for each line it is given spends that credential fifty times at once.
// Says how many of them were the first.
import { createInterface } from "node:readline";
import type { Store } from "../../src/ports/store.ts";
import { openPostgresStore } from "../../src/store/sql/postgres.ts";
import { openSqliteStore } from "../../src/store/sql/sqlite.ts";

const place = process.env["WRIT_TEST_PLACE"] ?? "";
const log = { debug() {}, info() {}, warn() {}, error() {} };
const store: Store = place.startsWith("postgres://")
  ? await openPostgresStore({ url: place, log })
  : await openSqliteStore({ file: place, log });
process.stdout.write("ready\n");
for await (const credential of createInterface({ input: process.stdin })) {
  const spent = await Promise.all(
    Array.from({ length: 50 }, () => store.write((tx) => tx.spend("writ", credential, 1e15))),
  );
  process.stdout.write(`${spent.filter(Boolean).length}\n`);
}
await store.close();
