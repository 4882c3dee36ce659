import fc from "fast-check";
import { TABLES } from "./shop.ts";

type Text = fc.Arbitrary<string>;

/** Fills the holes of a text. */
function made(parts: TemplateStringsArray, ...holes: readonly Text[]): Text {
  return fc.tuple(...holes).map((values) => parts.map((part, i) => part + (values[i] ?? "")).join(""));
}

interface Pick {
  readonly table: string;
  readonly columns: readonly string[];
}

const picks: readonly Pick[] = Object.entries(TABLES).map(([table, columns]) => ({ table, columns }));
const pick = fc.constantFrom(...picks);
const column = (of: Pick, prefix = ""): Text => fc.constantFrom(...of.columns).map((name) => prefix + name);
const some = (of: Pick, prefix = ""): Text =>
  fc.uniqueArray(column(of, prefix), { minLength: 1, maxLength: 3 }).map((names) => names.join(", "));
const about = (of: Pick, prefix = ""): Text =>
  fc.oneof(made`${column(of, prefix)} IS NOT NULL`, made`${column(of, prefix)}::text LIKE '%1%'`, fc.constant("true"));

const one = (read: (of: Pick) => Text): Text => pick.chain(read);
const two = (read: (a: Pick, b: Pick) => Text): Text => fc.tuple(pick, pick).chain(([a, b]) => read(a, b));
const t = (of: Pick): Text => fc.constant(of.table);

const queries: Text = fc.oneof(
  one((a) => made`SELECT ${some(a)} FROM ${t(a)} WHERE ${about(a)} ORDER BY ${column(a)} LIMIT 2`),
  one(
    (a) => made`SELECT ${fc.constantFrom("x", "x.*", "*", "row_to_json(x)", "count(*)", "x.ctid", "1")} FROM ${t(a)} x`,
  ),
  one((a) => made`SELECT (x).${column(a)} FROM ${t(a)} AS x`),
  one((a) => made`SELECT q FROM ${t(a)} AS x(q, r) WHERE r IS NOT NULL`),
  one((a) => made`SELECT count(*) FILTER (WHERE ${about(a)}) AS n FROM ${t(a)} GROUP BY ${column(a)} ORDER BY n`),
  one((a) => made`SELECT ${column(a)} AS k, count(*) FROM ${t(a)} GROUP BY k HAVING max(${column(a)}) IS NOT NULL`),
  one((a) => made`SELECT rank() OVER (PARTITION BY ${column(a)} ORDER BY ${column(a)}) FROM ${t(a)}`),
  one((a) => made`SELECT sum(length(${column(a)}::text)) OVER w FROM ${t(a)} WINDOW w AS (ORDER BY ${column(a)})`),
  one((a) => made`SELECT DISTINCT ON (${column(a, "x.")}) ${some(a, "x.")} FROM ${t(a)} x`),
  one((a) => made`SELECT ${some(a)} FROM ${t(a)} ${fc.constantFrom("FOR UPDATE", "FOR SHARE", "FOR KEY SHARE")}`),
  one((a) => made`SELECT s.k FROM (SELECT ${column(a)} AS k, ${column(a)} AS l FROM ${t(a)}) s WHERE l IS NOT NULL`),
  one((a) => made`WITH ${t(a)} AS (SELECT ${column(a)} AS k FROM ${t(a)}) SELECT k FROM ${t(a)}`),
  one((a) => made`SELECT ${column(a)} FROM public.${t(a)} TABLESAMPLE bernoulli (50)`),
  two((a, b) => made`SELECT ${column(a, "x.")}, ${column(b, "y.")} FROM ${t(a)} x, ${t(b)} y WHERE x.id = y.id`),
  two((a, b) => made`SELECT ${column(a, "x.")} FROM ${t(a)} x LEFT JOIN ${t(b)} y ON ${about(b, "y.")}`),
  two((a, b) => made`SELECT id, ${column(a, "x.")} FROM ${t(a)} x JOIN ${t(b)} y USING (id)`),
  two((a, b) => made`SELECT count(*) FROM ${t(a)} x NATURAL JOIN ${t(b)} y`),
  two((a, b) => made`SELECT j.id FROM (${t(a)} x JOIN (SELECT ${column(b)} AS k FROM ${t(b)}) y ON true) AS j`),
  two((a, b) => made`SELECT ${some(a, "x.")} FROM ${t(a)} x WHERE EXISTS (SELECT * FROM ${t(b)} y WHERE y.id = x.id)`),
  two((a, b) => made`SELECT ${some(a)} FROM ${t(a)} WHERE id IN (SELECT id FROM ${t(b)} WHERE ${about(b)})`),
  two((a, b) => made`SELECT (SELECT ${column(a)} FROM ${t(b)} LIMIT 1) FROM ${t(a)}`).filter(
    (text) => !/SELECT \((?:SELECT \w+) FROM (\w+) LIMIT 1\) FROM \1$/.test(text),
  ),
  two((a, b) => made`SELECT l.k FROM ${t(a)} x, LATERAL (SELECT ${column(b)} AS k FROM ${t(b)} WHERE id = x.id) l`),
  two((a, b) => made`SELECT ${column(a)}::text FROM ${t(a)} UNION SELECT ${column(b)}::text FROM ${t(b)} ORDER BY 1`),
  two((a, b) => made`WITH a AS (SELECT * FROM ${t(a)}), b AS (SELECT id FROM a) SELECT b.id FROM b, ${t(b)} c`),
  two(
    (a, b) =>
      made`WITH RECURSIVE r(n) AS (SELECT id FROM ${t(a)} UNION SELECT y.id FROM r, ${t(b)} y WHERE y.id > n) SELECT n FROM r`,
  ),
  fc.constantFrom(
    "SELECT id FROM open_orders",
    "SELECT sum(total) FROM open_orders WHERE id > 1",
    "SELECT o.note, v.total FROM orders o JOIN open_orders v ON v.id = o.id",
    "SELECT nextval('tickets')",
    "SELECT last_value FROM tickets",
    "SELECT g, customers.name FROM customers, generate_series(1, 2) AS g",
    "SELECT name, u.tag FROM customers, unnest(ARRAY[email]) AS u(tag)",
    "TABLE orders",
    "VALUES (1), ((SELECT max(total) FROM orders))",
  ),
);

const changes: Text = fc.oneof(
  one((a) => made`INSERT INTO ${t(a)} (${column(a)}) VALUES (DEFAULT)`),
  one((a) => made`INSERT INTO ${t(a)} DEFAULT VALUES RETURNING ${some(a)}`),
  one((a) => made`INSERT INTO ${t(a)} VALUES (${fc.nat(900).map((n) => String(n + 100))})`),
  one((a) => made`INSERT INTO ${t(a)} (id) VALUES (1) ON CONFLICT (id) DO NOTHING`),
  two((a, b) => made`INSERT INTO ${t(a)} (id) SELECT id + 50 FROM ${t(b)} WHERE ${about(b)}`),
  one((a) => made`UPDATE ${t(a)} SET ${column(a)} = DEFAULT WHERE ${about(a)} AND false`),
  one(
    (a) => made`UPDATE ${t(a)} x SET ${column(a)} = NULL WHERE ${about(a, "x.")} AND false RETURNING ${some(a, "x.")}`,
  ),
  two((a, b) => made`UPDATE ${t(a)} x SET id = y.id FROM ${t(b)} y WHERE x.id = y.id AND ${about(b, "y.")}`),
  one((a) => made`UPDATE ${t(a)} SET (id) = (SELECT max(total) + 100 FROM orders) WHERE id = 1`),
  one((a) => made`DELETE FROM ${t(a)} WHERE ${about(a)} RETURNING ${some(a)}`),
  one((a) => made`DELETE FROM ${t(a)}`),
  two((a, b) => made`DELETE FROM ${t(a)} x USING ${t(b)} y WHERE x.id = y.id AND ${about(b, "y.")}`),
  one((a) => made`WITH gone AS (DELETE FROM ${t(a)} WHERE ${about(a)} RETURNING ${some(a)}) SELECT count(*) FROM gone`),
  two(
    (a, b) =>
      made`WITH a AS (INSERT INTO ${t(a)} DEFAULT VALUES RETURNING id), b AS (UPDATE ${t(b)} SET id = id WHERE id = 1) SELECT * FROM a`,
  ),
  two(
    (a, b) =>
      made`MERGE INTO ${t(a)} x USING ${t(b)} y ON x.id = y.id WHEN MATCHED AND ${about(b, "y.")} THEN DELETE WHEN MATCHED THEN UPDATE SET ${column(a)} = DEFAULT WHEN NOT MATCHED THEN INSERT (id) VALUES (y.id)`,
  ),
  fc.constantFrom(
    "INSERT INTO orders (id, status) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET status = excluded.status WHERE orders.total > 1",
    "INSERT INTO orders AS o (id) VALUES (1) ON CONFLICT ON CONSTRAINT orders_pkey DO UPDATE SET note = o.note",
    "UPDATE orders SET total = 1 RETURNING old.total, new.note",
    "INSERT INTO open_orders (id) VALUES (77)",
    "EXPLAIN DELETE FROM orders WHERE total > 1",
    "EXPLAIN (ANALYZE) UPDATE orders SET total = 1",
    "EXPLAIN SELECT note FROM orders",
  ),
);

/** Statements about the shop, most of which a database will run. */
export const statements: Text = fc.oneof(queries, changes);
