import { existsSync, mkdtempSync, renameSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { endTask } from "../../../src/authority/tasks/end-task.ts";
import type { JsonObject } from "../../../src/domain/json.ts";
import type { Answer } from "../../gate/client.ts";
import { type House, openHouse } from "../../house.ts";
import { BLIND, contentOf, lastOutcome, rowsOf, shopper, type Shopper, wordsOf } from "../databases.ts";
import { inside, makeShop } from "./shop.ts";

let house: House;
let clerk: Shopper;
let file: string;
const YAML = `
servers:
  shop: { kind: sqlite, file: ./shop.db, timeout: 2s, rows: 10 }
agents:
  clerk:
    scope:
      - tools: [shop__query, shop__execute, shop__describe]
        tables:
          orders: { read: [id, state, customer, picture], update: [state], rows: 1 }
          notes: { read: "*", insert: "*", rows: 1 }
          loose: { read: "*" }
    budget: { calls: 1000, writes: 1000 }
`;

async function open(more = ""): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), "writ-sqlite-"));
  makeShop(join(folder, "shop.db"), more);
  return openHouse(YAML, {}, folder, undefined, { analysers: BLIND });
}

beforeAll(async () => {
  house = await open();
  file = join(house.folder, "shop.db");
}, 30_000);
afterAll(() => house.close());
beforeEach(async () => {
  clerk = await shopper(house, "clerk");
});

const query = (sql: string, ...params: JsonObject[]): Promise<Answer> => clerk.call("query", { sql, params });
const execute = (sql: string): Promise<Answer> => clerk.call("execute", { sql });

test("what the grant names is read, and its values are exact", async () => {
  const answer = await query("SELECT id, state, picture FROM orders ORDER BY id");
  expect(rowsOf(answer)).toEqual([
    [1, "open", "AP8="],
    [2, "open", null],
    ["9007199254740993", "paid", null],
  ]);
});

test.each([
  ["a table it does not name", "SELECT * FROM secrets"],
  ["a column it does not name", "SELECT total FROM orders"],
  ["a whole row of a table of which it names columns", "SELECT * FROM orders"],
  ["a view it does not name", "SELECT * FROM open_orders"],
  ["a column by a condition alone", "SELECT id FROM orders WHERE total > 10"],
  ["a table by a join", "SELECT o.id, c.card FROM orders o, customers c"],
  ["a table in a part of the statement", "WITH s AS (SELECT value FROM secrets) SELECT * FROM s"],
  [
    "a table in a part that has the name of a view it may read",
    "WITH loose AS (SELECT value FROM secrets) SELECT * FROM loose",
  ],
  ["what the tables are", "SELECT sql FROM sqlite_schema"],
  ["a table by its settings", "PRAGMA table_info(secrets)"],
  ["a function of the library itself", "SELECT load_extension('/srv/x.so')"],
  ["another database", "ATTACH '/etc/passwd' AS p"],
  ["a delete", "DELETE FROM notes"],
  ["an update of another column", "UPDATE orders SET total = 0"],
  ["an insert elsewhere", "INSERT INTO secrets VALUES (2, 'x')"],
  ["replacing a row that may not be deleted", "INSERT OR REPLACE INTO notes VALUES (1, 'mine')"],
  ["a table of its own", "CREATE TABLE mine (x)"],
  ["a table of its own for now", "CREATE TEMP TABLE mine (x)"],
  ["dropping a table", "DROP TABLE orders"],
  ["writing what the tables are", "PRAGMA writable_schema = ON"],
  ["an end of the transaction", "COMMIT"],
])("without the parser the database alone refuses %s, and nothing changes", async (_, sql) => {
  const before = [inside(file, "SELECT * FROM notes"), inside(file, "SELECT id, state FROM orders WHERE id < 10")];
  const answer = await execute(sql);
  expect([answer.code, wordsOf(answer)]).toEqual(["database_refused", expect.stringContaining("not authorized")]);
  expect(answer.text).not.toMatch(/crown|4111/);
  expect([inside(file, "SELECT * FROM notes"), inside(file, "SELECT id, state FROM orders WHERE id < 10")]).toEqual(
    before,
  );
  expect(await lastOutcome(house, clerk.task)).toMatchObject({
    state: "failed",
    why: expect.stringContaining("database_refused"),
  });
});

test("without the parser a copy of the database is not made", async () => {
  const copy = join(house.folder, "copy.db");
  expect((await execute(`VACUUM INTO '${copy}'`)).json.result).toMatchObject({ isError: true });
  expect(existsSync(copy)).toBe(false);
});

test("rows that a statement makes up by itself are nobody's", async () => {
  expect(rowsOf(await query("WITH made AS (SELECT 1 AS x UNION SELECT 2) SELECT count(*) FROM made"))).toEqual([[2]]);
  expect(rowsOf(await query("SELECT value FROM json_each('[7, 8]')"))).toEqual([[7], [8]]);
  expect((await query("SELECT count(*) FROM sqlite_schema")).code).toBe("database_refused");
});

test("of two statements in one the second never runs", async () => {
  await execute("SELECT 1; DELETE FROM notes");
  expect(inside(file, "SELECT count(*) FROM notes")).toEqual([[1]]);
});

test("`query` changes nothing, not even what the grant lets `execute` change", async () => {
  expect((await query("UPDATE orders SET state = 'gone' WHERE id = 1")).code).toBe("database_refused");
  expect(inside(file, "SELECT state FROM orders WHERE id = 1")).toEqual([["open"]]);
});

test("an update of two rows where one may be changed changes none, and is recorded with its reason", async () => {
  const answer = await execute("UPDATE orders SET state = 'lost'");
  expect(answer.code).toBe("rows_exceeded");
  expect(inside(file, "SELECT DISTINCT state FROM orders ORDER BY 1")).toEqual([["open"], ["paid"]]);
  expect(await lastOutcome(house, clerk.task)).toMatchObject({
    state: "failed",
    why: expect.stringContaining("rows_exceeded: it changed 3 rows"),
  });
});

test("one row is changed, and how many were is said", async () => {
  const answer = await execute("UPDATE orders SET state = 'paid' WHERE id = 2 RETURNING id");
  expect(answer.json.result?.["structuredContent"]).toMatchObject({ changed: 1, rows: [[2]] });
  expect(inside(file, "SELECT state FROM orders WHERE id = 2")).toEqual([["paid"]]);
});

test("a statement that does not end is ended, the others go on meanwhile, and the next one runs", async () => {
  const other = await shopper(house, "clerk");
  const endless = query("WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT count(*) FROM r");
  expect(rowsOf(await other.call("query", { sql: "SELECT count(*) FROM notes" }))).toEqual([[1]]);
  expect((await endless).code).toBe("database_timeout");
  expect(rowsOf(await query("SELECT count(*) FROM notes"))).toEqual([[1]]);
});

test("a change that does not end is ended, and nothing of it stays", async () => {
  const sql = `INSERT INTO notes (body) SELECT x FROM (WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT x FROM r) WHERE x < 3 OR x < 0`;
  expect((await execute(sql)).code).toBe("database_timeout");
  expect(inside(file, "SELECT count(*) FROM notes")).toEqual([[1]]);
  expect(rowsOf(await execute("INSERT INTO notes (body) VALUES ('after') RETURNING body"))).toEqual([["after"]]);
});

test("what a change that was ended had written already is taken back for whoever reads next", async () => {
  const sql =
    "INSERT INTO notes (body) WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT x FROM r";
  const before = inside(file, "SELECT count(*) FROM notes");
  expect((await execute(sql)).code).toBe("database_timeout");
  expect(existsSync(`${file}-journal`)).toBe(true);
  expect(rowsOf(await query("SELECT count(*) FROM notes"))).toEqual(before);
});

test("a statement in flight when its task ends is ended with it", async () => {
  const endless = query("WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT count(*) FROM r");
  await expect.poll(() => house.writ.held().calls).toBe(1);
  await endTask(house.writ.authority, { task: clerk.task as never, by: "ada", why: "stop" });
  expect((await endless).code).toBe("credential_revoked");
});

test("an answer stops at its rows, and says that there was more", async () => {
  const answer = await query("WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT x FROM r");
  expect(answer.json.result?.["structuredContent"]).toMatchObject({ truncated: true });
  expect(rowsOf(answer)).toHaveLength(10);
});

test("an error in the statement is told in SQLite's words, and is no refusal", async () => {
  const answer = await query("SELEC 1");
  expect(answer.code).toBeNull();
  expect(answer.json.result).toMatchObject({ isError: true });
  expect(wordsOf(answer)).toContain("syntax error");
});

test("`describe` says what the task may touch, and nothing of the rest", async () => {
  const answer = await clerk.call("describe", {});
  expect(contentOf(answer)["tables"]).toEqual([
    {
      table: "orders",
      kind: "table",
      columns: ["id", "customer", "state", "picture"],
      may: "orders: read id, state, customer, picture and update state, at most 1 rows at once",
    },
    { table: "notes", kind: "table", columns: ["id", "body"], may: "notes: read and insert, at most 1 rows at once" },
    { table: "loose", kind: "view", columns: ["value"], may: "loose: read" },
  ]);
});

test("a trigger does what the grant names, or the statement does not run", async () => {
  const own = await open("CREATE TRIGGER t AFTER INSERT ON notes BEGIN DELETE FROM secrets; END;");
  try {
    const agent = await shopper(own, "clerk");
    expect((await agent.call("execute", { sql: "INSERT INTO notes (body) VALUES ('x')" })).code).toBe(
      "database_refused",
    );
    expect(inside(join(own.folder, "shop.db"), "SELECT count(*) FROM secrets")).toEqual([[1]]);
  } finally {
    await own.close();
  }
});

test("another file in the place of the database is not opened", async () => {
  const own = await open();
  try {
    const agent = await shopper(own, "clerk");
    const there = join(own.folder, "shop.db");
    renameSync(there, `${there}.was`);
    makeShop(there);
    expect(wordsOf(await agent.call("query", { sql: "SELECT count(*) FROM notes" }))).toContain(
      "not the one that was there",
    );
    renameSync(there, `${there}.other`);
    symlinkSync(`${there}.was`, there);
    expect(wordsOf(await agent.call("query", { sql: "SELECT count(*) FROM notes" }))).toContain("no plain file");
  } finally {
    await own.close();
  }
});
