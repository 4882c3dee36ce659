import { beforeAll, expect, test } from "vitest";
import { analyseSql, loadSql } from "../../../src/analysis/sql/sql.ts";
import type { Relation, SqlCatalogue } from "../../../src/domain/sql-catalogue.ts";

beforeAll(loadSql);

function relation(name: string, kind: Relation["kind"] = "table"): Relation {
  return { schema: "main", name, kind, columns: [], definition: null, triggers: [] };
}

const CATALOGUE: SqlCatalogue = {
  dialect: "sqlite",
  schema: "main",
  relations: [relation("orders"), relation("log"), relation("open_orders", "view")],
  functions: [],
  definitions: [
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, status TEXT, total INT)",
    "CREATE TABLE log (entry TEXT)",
    "CREATE VIEW open_orders AS SELECT id, total FROM orders WHERE status = 'open'",
    "CREATE TRIGGER note_total AFTER UPDATE OF total ON orders BEGIN INSERT INTO log VALUES (new.id); END",
  ],
};

function judge(text: string) {
  const analysis = analyseSql(text, { dialect: "sqlite", catalogue: CATALOGUE });
  if (analysis.kind === "refused") return analysis.reason.code;
  const { kinds, traits, access } = analysis.effects;
  const touched = access.map(
    ({ table, verb, columns }) => `${verb} ${table}(${columns === "*" ? "*" : columns.join(",")})`,
  );
  return { kinds, traits, access: touched, forward: analysis.forward };
}

test.each([
  ["SELECT id FROM orders WHERE status = 'open'", ["read orders(id,status)"]],
  ["SELECT count(*) FROM orders", ["read orders()"]],
  ["SELECT o.* FROM orders o JOIN log ON entry = o.id", ["read orders(id,status,total)", "read log(entry)"]],
  ["WITH log AS (SELECT total FROM orders) SELECT * FROM log", ["read orders(total)"]],
  ["WITH open_orders AS (SELECT total FROM orders) SELECT * FROM open_orders", ["read orders(total)"]],
  ["SELECT total FROM open_orders", ["read orders(id,total,status)", "read open_orders(total)"]],
  ['SELECT "id", [total], `status` FROM orders -- all', ["read orders(id,total,status)"]],
  ["SELECT value FROM json_each('[1]')", ["read json_each(value)"]],
  ["EXPLAIN SELECT id FROM orders", ["read orders(id)"]],
])("reads what SQLite says it reads: %s", (text, access) => {
  const judged = judge(text);
  const expected = access[0] === "read json_each(value)" ? [] : access;
  expect(judged).toMatchObject({ kinds: ["read"], traits: [] });
  expect(judged).toHaveProperty("access", expected);
});

test.each([
  ["DELETE FROM orders WHERE id = 1", ["delete"], ["delete orders()"]],
  ["UPDATE orders SET status = 'x' WHERE id = 1", ["write"], ["update orders(status)"]],
  ["UPDATE orders SET total = 1 WHERE id = 1", ["write"], ["update orders(total)", "insert log(*)"]],
  ["INSERT INTO orders (id) VALUES (1)", ["write"], ["insert orders(*)"]],
  ["REPLACE INTO orders (id) VALUES (1)", ["write", "delete"], ["insert orders(*)", "delete orders()"]],
  ["UPDATE OR REPLACE orders SET id = 1", ["write", "delete"], ["update orders(id)", "delete orders()"]],
  [
    "INSERT INTO orders (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET status = 'x'",
    ["write"],
    ["update orders(status)"],
  ],
  ["WITH x AS (SELECT 1) DELETE FROM orders WHERE id IN x", ["delete"], ["delete orders()"]],
  ["CREATE TABLE x AS SELECT * FROM orders", ["administer"], ["define x()"]],
  ["DROP TABLE orders", ["delete", "administer"], ["define orders()"]],
  ["ALTER TABLE orders ADD COLUMN x", ["administer"], ["define orders()"]],
  ["CREATE TRIGGER x AFTER INSERT ON orders BEGIN DELETE FROM log; END", ["administer"], ["define orders()"]],
])("changes what SQLite asks leave to change: %s", (text, kinds, access) => {
  expect(judge(text)).toMatchObject({
    kinds: expect.arrayContaining(kinds),
    access: expect.arrayContaining(access),
  });
});

test.each([
  "BEGIN",
  "COMMIT",
  "SAVEPOINT a",
  "ATTACH '/etc/passwd' AS x",
  "DETACH main",
  "PRAGMA writable_schema = 1",
  "PRAGMA table_info(orders)",
  "VACUUM",
  "VACUUM INTO '/srv/x'",
  "EXPLAIN VACUUM",
  "REINDEX",
  "SELECT load_extension('/srv/x')",
  "SELECT LOAD_EXTENSION('/srv/x')",
  "SELECT 1; DELETE FROM orders",
  "SELECT 1; -- \nDELETE FROM orders",
  "SELECT 1;;;DELETE FROM orders",
  "SELECT 1; /* x */ SELEC",
  "SELECT 1; PRAGMA x",
])("is refused, for nobody can say what it does: %s", (text) => {
  expect(judge(text)).toBe("query_refused");
});

test.each([
  "",
  ";",
  "-- x",
  "/* x",
  "SELEC",
  "SELECT 1 WHERE",
  "SELECT x FROM nothing",
  "SELECT 1\u0000; DROP TABLE orders",
])("is refused, for it cannot be read: %j", (text) => {
  expect(judge(text)).toBe("query_unparsed");
});

test("what is forwarded ends where the statement ends", () => {
  expect(judge("SELECT 1; -- and /* nothing */ more")).toHaveProperty("forward", "SELECT 1;");
});

test("a change of every row is sweeping", () => {
  expect(judge("DELETE FROM orders")).toHaveProperty("traits", ["sweeping"]);
  expect(judge("UPDATE orders SET status = 'x'")).toHaveProperty("traits", ["sweeping"]);
  expect(judge("DELETE FROM orders WHERE id = 1")).toHaveProperty("traits", []);
});

test("judging runs nothing: a table that a statement would make is not there for the next", () => {
  judge("CREATE TABLE later (x)");
  judge("DROP TABLE orders");
  expect(judge("SELECT * FROM later")).toBe("query_unparsed");
  expect(judge("SELECT id FROM orders")).toHaveProperty("access", ["read orders(id)"]);
});

test("without the tables nothing is judged", () => {
  expect(analyseSql("SELECT 1", { dialect: "sqlite", catalogue: null })).toMatchObject({
    kind: "refused",
    reason: { code: "query_refused" },
  });
});
