import { beforeAll, expect, test } from "vitest";
import { analyseSql, loadSql } from "../../../src/analysis/sql/sql.ts";
import type { Effects } from "../../../src/domain/effect.ts";
import type { FunctionFacts, SqlCatalogue } from "../../../src/domain/sql-catalogue.ts";
import { outsideTables } from "../../../src/domain/table-access.ts";
import { CATALOGUE } from "./shop.ts";

beforeAll(loadSql);

function effects(text: string, catalogue: SqlCatalogue | null = CATALOGUE): Effects {
  const analysis = analyseSql(text, { dialect: "postgres", catalogue });
  if (analysis.kind === "refused") throw new Error(JSON.stringify(analysis.reason));
  return analysis.effects;
}

function knowing(...functions: readonly Partial<FunctionFacts>[]): SqlCatalogue {
  const plain = { schema: "public", name: "f", volatile: false, definer: false, language: "sql" };
  return { ...CATALOGUE, functions: functions.map((one) => ({ ...plain, ...one })) };
}

test("a column that only one of two tables has is read of that one", () => {
  expect(effects("SELECT sku, name FROM items, customers").columns).toEqual(["items.sku", "customers.name"]);
});

test("where the tables are not known, a column counts for every table that may have it", () => {
  expect(effects("SELECT sku FROM items, customers", null).columns).toEqual(["items.sku", "customers.sku"]);
});

test("`*` is the columns there are, and all of them where they are not known", () => {
  expect(effects("SELECT * FROM orders").access).toEqual([
    { table: "orders", verb: "read", columns: ["id", "customer_id", "status", "total", "note"] },
  ]);
  expect(effects("SELECT * FROM orders", null).access).toEqual([{ table: "orders", verb: "read", columns: "*" }]);
});

test("a grant has to name a view, and rules see what is behind it too", () => {
  const { access, tables, columns } = effects("SELECT total FROM open_orders");
  expect(access).toEqual([{ table: "open_orders", verb: "read", columns: ["total"] }]);
  expect(tables).toEqual(["open_orders", "orders"]);
  expect(columns).toContain("orders.status");
});

test("a view that stands for what cannot be read may do anything", () => {
  const relations = CATALOGUE.relations.map((one) => (one.kind === "view" ? { ...one, definition: "SELEC" } : one));
  expect(effects("SELECT * FROM open_orders", { ...CATALOGUE, relations }).traits).toEqual(["dynamic"]);
});

test("a view that stands for itself ends", () => {
  const relations = CATALOGUE.relations.map((one) =>
    one.kind === "view" ? { ...one, definition: "SELECT * FROM open_orders" } : one,
  );
  expect(effects("SELECT * FROM open_orders", { ...CATALOGUE, relations }).kinds).toEqual(["read"]);
});

test("a function that the database says changes nothing is harmless, and one that runs as its owner never is", () => {
  expect(effects("SELECT f(1)", knowing({})).traits).toEqual([]);
  expect(effects("SELECT f(1)", knowing({ volatile: true })).traits).toEqual(["volatile"]);
  expect(effects("SELECT f(1)", knowing({ definer: true })).traits).toEqual(["volatile", "elevated"]);
  expect(effects("SELECT other.f(1)", knowing({})).traits).toEqual(["volatile"]);
});

test("a function of somebody's that is called like one of PostgreSQL's takes its name away", () => {
  expect(effects("SELECT lower(name) FROM customers", knowing({ name: "lower", volatile: true })).traits).toEqual([
    "volatile",
  ]);
  expect(
    effects("SELECT pg_catalog.lower(name) FROM customers", knowing({ name: "lower", volatile: true })).traits,
  ).toEqual([]);
});

test("a name behind a row that is none of its columns is a call with the whole row", () => {
  const { traits, access } = effects("SELECT o.f FROM orders o", knowing({ volatile: true }));
  expect(traits).toEqual(["volatile"]);
  expect(access).toEqual([
    { table: "orders", verb: "read", columns: ["id", "customer_id", "status", "total", "note"] },
  ]);
});

test("a change of a table with triggers does what nobody can read off it", () => {
  const relations = CATALOGUE.relations.map((one) =>
    one.name === "orders" ? { ...one, triggers: ["notify_all"] } : one,
  );
  expect(effects("INSERT INTO orders (id) VALUES (1)", { ...CATALOGUE, relations })).toMatchObject({
    traits: ["volatile"],
    says: 'INSERT: inserts into 1 table (orders), filling id; calls "trigger notify_all"',
  });
});

test("a quoted name with a dot is never the table of another schema", () => {
  const limits = { "sales.orders": { read: "*" } } as const;
  const quoted = effects('SELECT * FROM "sales.orders"', null);
  const other = effects("SELECT * FROM sales.orders", null);
  expect(outsideTables(limits, quoted.access, false)).not.toBeNull();
  expect(outsideTables(limits, other.access, false)).toBeNull();
});

test("a column that only a condition looks at is outside a grant that does not name it", () => {
  const limits = { orders: { read: ["id"], update: ["status"], rows: 1 } };
  const told = (text: string) => outsideTables(limits, effects(text).access, true);
  expect(told("UPDATE orders SET status = 'x' WHERE id = 1")).toBeNull();
  expect(told("SELECT id FROM orders WHERE note = 'x'")).toContain("orders.note");
  expect(told("UPDATE orders SET status = 'x' WHERE total > 1")).toContain("orders.total");
  expect(told("UPDATE orders SET status = note WHERE id = 1")).toContain("orders.note");
  expect(told("UPDATE orders SET status = 'x' WHERE id = 1 RETURNING total")).toContain("orders.total");
  expect(told("DELETE FROM orders WHERE id = 1")).toContain("delete");
  expect(told("TRUNCATE orders")).toContain("what the table orders is");
});

test.each([
  [
    "UPDATE orders SET status = 'x' WHERE id = 1",
    "UPDATE: updates 1 table (orders), changing status; reads 1 table (orders), looking at id; by a condition",
  ],
  ["DELETE FROM orders", "DELETE: deletes from 1 table (orders); on every row"],
  ["SELECT nextval('tickets')", "SELECT: holds 1 table (tickets)"],
  ["SELECT pg_read_file('/etc/passwd')", "SELECT: calls pg_read_file; touches the file /etc/passwd"],
  ["DROP TABLE orders", "DROP: defines 1 table (orders)"],
])("is told in one sentence: %s", (text, says) => {
  expect(effects(text).says).toBe(says);
});

test("rows that are locked through a query are locked in the table they come from", () => {
  expect(effects("SELECT s.id FROM (SELECT id FROM orders) s FOR UPDATE").access).toContainEqual({
    table: "orders",
    verb: "update",
    columns: [],
  });
});
