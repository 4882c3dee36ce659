import { analyseSql, loadSql } from "../../src/analysis/sql/sql.ts";
import type { SqlCatalogue } from "../../src/domain/sql-catalogue.ts";
import type { Timed } from "./case.ts";

const SMALL = "SELECT id, total FROM orders WHERE status = 'open' AND customer_id = 7 ORDER BY id LIMIT 20";
const CHANGE = "UPDATE orders SET status = 'paid' WHERE id = 7 RETURNING id, status";
const MEDIUM = `WITH monthly AS (SELECT date_trunc('month', o.created_at) AS month, c.region, sum(o.total) AS revenue
  FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.created_at >= '2025-01-01' GROUP BY 1, 2)
  SELECT month, region, revenue, rank() OVER (PARTITION BY month ORDER BY revenue DESC) FROM monthly
  WHERE revenue > 100 ORDER BY month, revenue DESC LIMIT 50`;

/** A query that is long because it lists many values. */
function listing(bytes: number): string {
  const head = "SELECT id, total FROM orders WHERE id IN (";
  const each = "123456, ";
  return `${head}${each.repeat(Math.floor((bytes - head.length - 10) / each.length))}1)`;
}

const CATALOGUE: SqlCatalogue = {
  dialect: "sqlite",
  schema: "main",
  relations: ["orders", "customers"].map((name) => ({
    schema: "main",
    name,
    kind: "table",
    columns: ["id", "customer_id", "status", "total", "created_at", "region"],
    definition: null,
    triggers: [],
  })),
  functions: [],
  definitions: ["orders", "customers"].map(
    (name) => `CREATE TABLE ${name} (id INTEGER PRIMARY KEY, customer_id, status, total, created_at, region)`,
  ),
};

/** Statements as agents send them, and as long as they may be. */
export async function sqlCases(): Promise<readonly Timed[]> {
  await loadSql();
  const postgres = { dialect: "postgres", catalogue: null } as const;
  const sqlite = { dialect: "sqlite", catalogue: CATALOGUE } as const;
  const sizes = { "ordinary query": SMALL, "ordinary change": CHANGE, "medium query": MEDIUM };
  const long = { "4 kB": listing(4_096), "16 kB": listing(16_384), "64 kB": listing(65_536) };
  return [
    ...Object.entries({ ...sizes, ...long }).map(([size, text]) => ({
      analyser: "sql (postgres)",
      size,
      run: () => analyseSql(text, postgres),
    })),
    ...Object.entries({ "ordinary query": SMALL, "ordinary change": CHANGE, ...long }).map(([size, text]) => ({
      analyser: "sql (sqlite)",
      size,
      run: () => analyseSql(text, sqlite),
    })),
  ];
}
