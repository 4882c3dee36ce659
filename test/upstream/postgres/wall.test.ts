import type pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { endTask } from "../../../src/authority/tasks/end-task.ts";
import type { Answer } from "../../gate/client.ts";
import { type House, openHouse } from "../../house.ts";
import { realPostgres } from "../../store/real-postgres.ts";
import { ESCAPES } from "../../analysis/sql/escapes.ts";
import { BLIND, lastOutcome, recordsOf, rowsOf, shopper, type Shopper, wordsOf } from "../databases.ts";
import { stock } from "./shop.ts";

const postgres = realPostgres();
let house: House;
let admin: pg.Client;
let clerk: Shopper;
const URL_ENV = "TEST_SHOP_WALL";

beforeAll(async () => {
  const url = await postgres.database();
  process.env[URL_ENV] = url;
  admin = await postgres.client(url);
  await stock(admin);
  await admin.query("REVOKE EXECUTE ON FUNCTION leak() FROM PUBLIC");
  house = await openHouse(
    `
servers:
  shop: { kind: postgres, url_env: ${URL_ENV}, timeout: 2s }
agents:
  clerk:
    scope:
      - tools: [shop__query, shop__execute, shop__describe]
        tables:
          orders: { read: [id, state, customer], update: [state], rows: 1 }
          notes: { read: "*", insert: [about, body] }
    budget: { calls: 1000, writes: 1000 }
`,
    {},
    undefined,
    undefined,
    { analysers: BLIND },
  );
}, 60_000);
afterAll(async () => {
  await house.close();
  await admin.end();
  delete process.env[URL_ENV];
});
beforeEach(async () => {
  clerk = await shopper(house, "clerk");
});

const query = (sql: string, ...params: never[]): Promise<Answer> => clerk.call("query", { sql, params });
const execute = (sql: string): Promise<Answer> => clerk.call("execute", { sql });
async function all(sql: string): Promise<unknown[]> {
  return (await admin.query({ text: sql, rowMode: "array" })).rows;
}
const roles = async (): Promise<unknown[]> => all("SELECT rolname FROM pg_roles WHERE rolname LIKE 'writ_task_%'");

test("what the grant names is read, and its values are exact", async () => {
  const answer = await query("SELECT id, state FROM orders ORDER BY id");
  expect(answer.json.result?.["structuredContent"]).toEqual({
    columns: [
      { name: "id", type: "int4" },
      { name: "state", type: "text" },
    ],
    rows: [
      [1, "open"],
      [2, "open"],
      [3, "paid"],
    ],
    truncated: false,
  });
});

test.each([
  ["a table it does not name", "SELECT * FROM secrets"],
  ["a column it does not name", "SELECT total FROM orders"],
  ["a whole row of a table of which it names columns", "SELECT * FROM orders"],
  ["a row as one value", "SELECT orders FROM orders"],
  ["a view it does not name", "SELECT * FROM open_orders"],
  ["a column by a condition alone", "SELECT id FROM orders WHERE total > 10"],
  ["a table by a join", "SELECT o.id, c.card FROM orders o, customers c"],
  ["a table in a part of the statement", "WITH s AS (SELECT value FROM secrets) SELECT * FROM s"],
  ["a function that runs as its owner", "SELECT leak()"],
  ["the passwords of logins", "SELECT rolpassword FROM pg_authid"],
  ["a file of the server", "SELECT pg_read_file('/etc/passwd')"],
  ["a folder of the server", "SELECT pg_ls_dir('.')"],
  ["an import of a file", "SELECT lo_import('/etc/passwd')"],
  ["what others run", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'writ'"],
])("without the parser the database alone keeps the login from %s", async (_, sql) => {
  const answer = await execute(sql);
  expect(answer.code).toBe("database_refused");
  expect(answer.text).not.toMatch(/crown|4111|root:|SCRAM/);
});

test.each([
  ["an update of another column", "UPDATE orders SET total = 0 WHERE id = 1"],
  ["a delete", "DELETE FROM orders WHERE id = 1"],
  ["a delete in a part of the statement", "WITH d AS (DELETE FROM orders RETURNING id) SELECT * FROM d"],
  ["an insert", "INSERT INTO orders (id, state) VALUES (9, 'open')"],
  ["an insert into a column it does not name", "INSERT INTO notes (id, about, body) VALUES (70, 1, 'x')"],
  ["emptying a table", "TRUNCATE orders"],
  ["dropping a table", "DROP TABLE orders"],
  ["changing a table", "ALTER TABLE orders ADD COLUMN x int"],
  [
    "a trigger of its own",
    "CREATE TRIGGER t AFTER INSERT ON notes EXECUTE FUNCTION pg_catalog.suppress_redundant_updates_trigger()",
  ],
  ["a table of its own", "CREATE TABLE mine (x int)"],
  ["a function of its own", "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'"],
  ["a schema of its own", "CREATE SCHEMA mine"],
  ["a login of its own", "CREATE ROLE mine LOGIN"],
  ["becoming the owner", "SET ROLE writ"],
  ["becoming the owner for good", "SET SESSION AUTHORIZATION writ"],
  ["giving itself more", "GRANT SELECT ON secrets TO CURRENT_USER"],
  ["copying out to a program", "COPY orders (id) TO PROGRAM 'cat'"],
  ["copying out to a file", "COPY orders (id) TO '/srv/x'"],
  ["switching the counting off", "SET track_counts = off"],
  ["a block of code that does one of these", "DO $$ BEGIN DELETE FROM orders; END $$"],
])("without the parser the database alone refuses %s, and nothing changes", async (_, sql) => {
  const before = await all("SELECT * FROM orders ORDER BY id");
  const answer = await execute(sql);
  expect([answer.code, wordsOf(answer)]).toEqual(["database_refused", expect.anything()]);
  expect(await all("SELECT * FROM orders ORDER BY id")).toEqual(before);
  expect(await all("SELECT count(*)::int FROM notes")).toEqual([[0]]);
});

test.each([
  ["two statements in one", "UPDATE orders SET state = 'x' WHERE id = 1; DELETE FROM orders", "multiple commands"],
  ["an end of the transaction and more", "COMMIT; DELETE FROM orders", "multiple commands"],
  ["copying in", "COPY notes (about, body) FROM STDIN", "nothing is copied in"],
  ["a setting of the server", "ALTER SYSTEM SET log_statement = 'none'", "inside a transaction block"],
])("without the parser the connection itself takes no %s", async (_, sql, why) => {
  const answer = await execute(sql);
  expect(answer.json.result).toMatchObject({ isError: true, content: [{ text: expect.stringContaining(why) }] });
  expect(await all("SELECT count(*)::int FROM orders WHERE state <> 'x'")).toEqual([[3]]);
});

test.each([
  ["an update", "UPDATE orders SET state = 'gone' WHERE id = 1"],
  [
    "an update in a part of the statement",
    "WITH u AS (UPDATE orders SET state = 'gone' WHERE id = 1 RETURNING id) SELECT * FROM u",
  ],
  ["code", "DO $$ BEGIN UPDATE orders SET state = 'gone' WHERE id = 1; END $$"],
  ["an end of the transaction", "COMMIT"],
])("`query` changes nothing, not even what the grant lets `execute` change: %s", async (_, sql) => {
  await query(sql);
  expect(await all("SELECT state FROM orders WHERE id = 1")).toEqual([["open"]]);
});

const SNAPSHOT = `
SELECT (SELECT json_agg(o ORDER BY id) FROM orders o)::text, (SELECT json_agg(c ORDER BY id) FROM customers c)::text,
       (SELECT json_agg(s) FROM secrets s)::text, (SELECT count(*) FROM notes)::int,
       (SELECT string_agg(oid::regclass::text || coalesce(relacl::text, ''), ' ' ORDER BY oid) FROM pg_class
        WHERE relnamespace = 'public'::regnamespace),
       (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace)::int,
       (SELECT string_agg(oid::regprocedure::text, ' ' ORDER BY oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace),
       (SELECT string_agg(nspname, ' ' ORDER BY oid) FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'),
       (SELECT string_agg(rolname, ' ' ORDER BY oid) FROM pg_roles WHERE rolname !~ '^writ_task_'),
       (SELECT string_agg(datname, ' ' ORDER BY oid) FROM pg_database),
       (SELECT string_agg(extname, ' ' ORDER BY oid) FROM pg_extension),
       (SELECT count(*) FROM pg_db_role_setting)::int`;

test("without the parser none of the ways around it changes anything, or shows what is kept", async () => {
  await query("SELECT 1");
  const before = await all(SNAPSHOT);
  for (const { text } of ESCAPES.filter(({ text }) => text.length < 10_000 && !text.includes("\0"))) {
    const answer = await execute(text);
    expect([text, /crown|4111|root:x|SCRAM/.exec(answer.text)?.[0]]).toEqual([text, undefined]);
    expect([text, await all(SNAPSHOT)]).toEqual([text, before]);
  }
}, 120_000);

test("an update of two rows where one may be changed changes none, and is recorded with its reason", async () => {
  const answer = await execute("UPDATE orders SET state = 'lost'");
  expect(answer.code).toBe("rows_exceeded");
  expect(wordsOf(answer)).toContain("it changed 3 rows");
  expect(await all("SELECT DISTINCT state FROM orders ORDER BY 1")).toEqual([["open"], ["paid"]]);
  expect(await lastOutcome(house, clerk.task)).toMatchObject({
    state: "failed",
    why: expect.stringContaining("rows_exceeded: it changed 3 rows"),
  });
});

test.each([
  [
    "behind a part that changes nothing",
    "WITH u AS (UPDATE orders SET state = 'lost' RETURNING id) SELECT 1 WHERE false",
  ],
  ["inside code", "DO $$ BEGIN UPDATE orders SET state = 'lost'; END $$"],
])("rows are counted %s", async (_, sql) => {
  expect((await execute(sql)).code).toBe("rows_exceeded");
  expect(await all("SELECT DISTINCT state FROM orders ORDER BY 1")).toEqual([["open"], ["paid"]]);
});

test("one row is changed, and how many were is said", async () => {
  const answer = await execute("UPDATE orders SET state = 'paid' WHERE id = 2 RETURNING id");
  expect(answer.json.result?.["structuredContent"]).toMatchObject({ changed: 1, rows: [[2]] });
  expect(await all("SELECT state FROM orders WHERE id = 2")).toEqual([["paid"]]);
  await admin.query("UPDATE orders SET state = 'open' WHERE id = 2");
});

test("a statement is held to its time from outside, whatever the session says of itself", async () => {
  const answer = await execute("SELECT set_config('statement_timeout', '0', false), pg_sleep(600)");
  expect(answer.code).toBe("database_timeout");
  expect(
    await all("SELECT count(*)::int FROM pg_stat_activity WHERE usename LIKE 'writ_task_%' AND state = 'active'"),
  ).toEqual([[0]]);
});

test("an answer stops at its rows, and says that there was more", async () => {
  const answer = await query("SELECT generate_series(1, 100000000)");
  const content = answer.json.result?.["structuredContent"] as { rows: unknown[]; truncated: boolean };
  expect(content.truncated).toBe(true);
  expect(content.rows).toHaveLength(1000);
});

test("an answer stops at its bytes too", async () => {
  const answer = await query("SELECT repeat('x', 300000) FROM generate_series(1, 900)");
  const content = answer.json.result?.["structuredContent"] as { rows: unknown[]; truncated: boolean };
  expect(content.truncated).toBe(true);
  expect(content.rows.length).toBeLessThan(10);
});

test("a login is there for the task, and the database knows no password of it", async () => {
  await query("SELECT 1");
  const [role] = (await all(
    "SELECT rolpassword, rolsuper, rolinherit, rolbypassrls, rolvaliduntil IS NOT NULL, shobj_description(oid, 'pg_authid') LIKE 'made by writ %' FROM pg_authid WHERE rolname LIKE 'writ_task_%' ORDER BY oid DESC LIMIT 1",
  )) as [string, ...unknown[]][];
  expect(role?.[0]).toMatch(/^SCRAM-SHA-256\$4096:/);
  expect(role?.slice(1)).toEqual([false, false, false, true, true]);
});

test("when the task ends its login is gone, and so is the session that it had open", async () => {
  const running = query("SELECT pg_sleep(1.5)");
  await expect
    .poll(() =>
      all(
        "SELECT count(*)::int FROM pg_stat_activity WHERE query LIKE '%pg_sleep(1.5)%' AND usename LIKE 'writ_task_%'",
      ),
    )
    .toEqual([[1]]);
  const [[name]] = (await all(
    "SELECT usename FROM pg_stat_activity WHERE query LIKE '%pg_sleep(1.5)%' AND usename LIKE 'writ_task_%'",
  )) as [[string]];
  await endTask(house.writ.authority, { task: clerk.task as never, by: "ada", why: "done" });
  expect((await running).code).toBe("credential_revoked");
  await expect.poll(async () => (await roles()).flat()).not.toContain(name);
  expect(await all(`SELECT count(*)::int FROM pg_stat_activity WHERE usename = '${name}'`)).toEqual([[0]]);
  await expect
    .poll(async () =>
      (await recordsOf(house, clerk.task)).filter(({ kind }) => kind === "lease").map(({ body }) => body["how"]),
    )
    .toEqual(["taken", "ended"]);
});

test("two tasks have two logins, and neither's is of use to the other", async () => {
  await query("SELECT 1");
  const before = (await roles()).flat();
  const other = await shopper(house, "clerk");
  const answer = await other.call("query", { sql: "SELECT current_user::text" });
  const [[name]] = rowsOf(answer) as [[string]];
  expect(before).not.toContain(name);
  for (const sql of [`SET ROLE ${before[0] as string}`, `SET SESSION AUTHORIZATION ${before[0] as string}`])
    expect((await other.call("execute", { sql })).code).toBe("database_refused");
});

test("no password of a login is in a result, a record or a log", async () => {
  const answer = await query("SELECT current_setting('is_superuser'), current_user::text");
  expect(rowsOf(answer)).toEqual([["off", expect.stringMatching(/^writ_task_[0-9a-f]{32}$/)]]);
  const verifier = await all(
    "SELECT count(*)::int FROM pg_stat_activity WHERE query ~ 'PASSWORD' AND query !~ 'SCRAM-SHA-256'",
  );
  expect(verifier).toEqual([[0]]);
});
