import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type House, openHouse } from "../../house.ts";
import { contentOf, lastOutcome, recordsOf, rowsOf, shopper, wordsOf } from "../databases.ts";
import { inside, makeShop } from "./shop.ts";

let house: House;
let file: string;

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "writ-sqlite-"));
  file = join(folder, "shop.db");
  makeShop(file);
  house = await openHouse(
    `
servers:
  shop: { kind: sqlite, file: ./shop.db, timeout: 5s }
agents:
  packer:
    scope: [{ tools: [shop__query, shop__execute, shop__describe], tables: { orders: { read: [id, state], update: [state], rows: 1 } } }]
  support:
    scope: [{ tools: [shop__query, shop__describe], tables: { customers: { read: [id, name] } } }]
  reader:
    scope: [{ tools: [shop__query, shop__describe] }]
`,
    {},
    folder,
  );
}, 30_000);
afterAll(() => house.close());

test("a query is permitted for one task and refused for another, because of the task's grant", async () => {
  const [packer, support] = [await shopper(house, "packer"), await shopper(house, "support")];
  const sql = "SELECT state FROM orders WHERE id = ?";
  expect(rowsOf(await packer.call("query", { sql, params: [1] }))).toEqual([["open"]]);
  const refused = await support.call("query", { sql, params: [1] });
  expect(refused.code).toBe("outside_grant");
  expect(wordsOf(refused)).toContain("it does not name the table orders");
});

test("one row is changed; two are not, and it is recorded why", async () => {
  const packer = await shopper(house, "packer");
  const sql = "UPDATE orders SET state = ? WHERE id = ?";
  expect(wordsOf(await packer.call("execute", { sql, params: ["sent", 2] }))).toContain('"changed":1');
  const answer = await packer.call("execute", { sql: "UPDATE orders SET state = 'lost' WHERE id > 0" });
  expect(answer.code).toBe("rows_exceeded");
  expect(inside(file, "SELECT state FROM orders ORDER BY id LIMIT 2")).toEqual([["open"], ["sent"]]);
  expect(await lastOutcome(house, packer.task)).toMatchObject({
    state: "failed",
    why: expect.stringContaining("changed 3 rows"),
  });
});

test.each([
  ["a change in a query", "UPDATE orders SET state = 'x' WHERE id = 1", "query_refused"],
  ["two statements", "SELECT 1; DELETE FROM orders", "query_refused"],
  ["another file", "ATTACH 'x.db' AS x", "query_refused"],
  ["what cannot be read", "SELEC 1", "query_unparsed"],
])("%s is refused before the file is opened, and recorded", async (_, sql, code) => {
  const packer = await shopper(house, "packer");
  expect((await packer.call("query", { sql })).code).toBe(code);
  expect((await recordsOf(house, packer.task)).at(-1)).toMatchObject({ kind: "denial", body: { reason: code } });
});

test("what a query names is enough to run it where no grant speaks of tables", async () => {
  const reader = await shopper(house, "reader");
  for (const [sql, rows] of [
    ["SELECT count(*) FROM customers", [[2]]],
    [
      "SELECT c.name, count(*) FROM customers c JOIN orders o ON o.customer = c.id GROUP BY 1 ORDER BY 1 DESC LIMIT 1",
      [["Bob", 2]],
    ],
    ["SELECT id FROM open_orders ORDER BY id LIMIT 1", [[1]]],
    ["WITH t AS (SELECT id FROM orders WHERE total > 10) SELECT min(id) FROM t", [[1]]],
  ] as const)
    expect([sql, rowsOf(await reader.call("query", { sql }))]).toEqual([sql, rows]);
});

test("a table that was made since is known at once", async () => {
  const reader = await shopper(house, "reader");
  const { DatabaseSync } = await import("node:sqlite");
  const db = new DatabaseSync(file);
  db.exec("CREATE TABLE later (id INTEGER); INSERT INTO later VALUES (5)");
  db.close();
  expect(rowsOf(await reader.call("query", { sql: "SELECT id FROM later" }))).toEqual([[5]]);
  expect(contentOf(await reader.call("describe", { table: "later" }))["tables"]).toEqual([
    { table: "later", kind: "table", columns: ["id"] },
  ]);
});
