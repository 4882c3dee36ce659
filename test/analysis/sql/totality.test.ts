import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { loadParser } from "../../../src/analysis/sql/postgres/parser.ts";
import { analyseSql, loadSql } from "../../../src/analysis/sql/sql.ts";
import type { Analysis } from "../../../src/analysis/analysis.ts";
import { ANALYTICS } from "./analytics.ts";
import { ESCAPES } from "./escapes.ts";
import { CATALOGUE } from "./shop.ts";
import { statements } from "./statements.ts";

beforeAll(loadSql);

function postgres(text: string): Analysis {
  return analyseSql(text, { dialect: "postgres", catalogue: null });
}

const WORDS = `SELECT FROM WHERE DELETE UPDATE INSERT INTO SET VALUES WITH AS ( ) , ; ' " $$ -- /* */ \\ E' U&' :: * = . [ ]
  orders customers id 1 $1 NULL AND NOT UNION JOIN ON LATERAL ORDER BY LIMIT COPY TO PROGRAM EXPLAIN ANALYZE RETURNING`;
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.string({ unit: "grapheme", maxLength: 200 }),
  fc.array(fc.constantFrom(...WORDS.split(/\s+/)), { maxLength: 40 }).map((words) => words.join(" ")),
  fc.constantFrom(...ANALYTICS, ...ESCAPES.map((one) => one.text)),
  statements,
);

test("any text comes to effects or to a refusal, in either dialect and with anything known or nothing", () => {
  fc.assert(
    fc.property(text, fc.boolean(), (given, known) => {
      const catalogue = known ? CATALOGUE : null;
      for (const dialect of ["postgres", "sqlite"] as const) {
        const analysis = analyseSql(given, { dialect, catalogue });
        if (analysis.kind === "refused") expect(analysis.reason.code).toMatch(/^query_|^text_/);
        else expect(analysis.effects.kinds.length).toBeGreaterThan(0);
      }
    }),
    { numRuns: 3_000 },
  );
});

test("what is forwarded means exactly what was judged, and is forwarded unchanged when it is judged again", () => {
  fc.assert(
    fc.property(text, (given) => {
      const analysis = postgres(given);
      if (analysis.kind === "refused" || analysis.forward === null) return;
      expect(postgres(analysis.forward)).toEqual(analysis);
    }),
    { numRuns: 2_000 },
  );
});

test("nothing appended to a statement that begins or ends a transaction makes it permitted", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("COMMIT;", "ROLLBACK;", "SELECT 1; DELETE FROM orders;", "DO $$x$$;"),
      text,
      (head, tail) => {
        expect(postgres(`${head} ${tail}`).kind).toBe("refused");
      },
    ),
    { numRuns: 1_000 },
  );
});

test("nothing appended to a delete makes it a read", () => {
  fc.assert(
    fc.property(text, (tail) => {
      const analysis = postgres(`DELETE FROM orders ${tail}`);
      if (analysis.kind === "understood") expect(analysis.effects.kinds).toContain("delete");
    }),
    { numRuns: 2_000 },
  );
});

test("statements that are nested until the parser breaks leave it whole for the next", async () => {
  const deep = `SELECT ${"(SELECT ".repeat(2_600)}1${")".repeat(2_600)}`;
  const before = postgres("SELECT a, b FROM c WHERE d");
  for (let i = 0; i < 60; i++) {
    expect(postgres(deep).kind).toBe("refused");
    await loadParser();
  }
  expect(postgres("SELECT a, b FROM c WHERE d")).toEqual(before);
  expect(before.kind).toBe("understood");
});

test("as soon as it would take long to find out, a statement is refused", () => {
  const many = (n: number, make: (i: number) => string, between = ", ") =>
    Array.from({ length: n }, (_, i) => make(i)).join(between);
  const name = (i: number) => `x${i.toString(36)}`;
  for (const given of [
    `SELECT ${many(5_000, name)} FROM ${many(5_000, name)}`,
    `SELECT 1 ${"/*".repeat(15_000)}${"*/".repeat(15_000)}`,
    `SELECT 1${"+1".repeat(9_000)}`,
    `SELECT 1 FROM a${many(9_000, () => " NATURAL JOIN a", "")}`.slice(0, 60_000),
  ])
    expect(postgres(given).kind).toBe("refused");
});

test("columns that double with every query that has a name are not all kept", () => {
  const doubling = Array.from({ length: 1_000 }, (_, i) => `, c${i + 1} AS (SELECT * FROM c${i}, c${i} x)`).join("");
  const analysis = postgres(`WITH c0 AS (SELECT 1 a, 2 b) ${doubling} SELECT * FROM c1000`);
  expect(analysis).toMatchObject({ kind: "understood", effects: { kinds: ["read"], tables: [] } });
});

test("no text of a statement changes the shape of the sentence that tells of it", () => {
  const bad = `x"); DROP TABLE y\u202e\n; read 1 table (nothing)`;
  const analysis = postgres(`SELECT * FROM "${bad.replaceAll('"', '""')}"`);
  if (analysis.kind === "refused") throw new Error(JSON.stringify(analysis.reason));
  expect(analysis.effects.says).toBe(
    `SELECT: reads 1 table ("'x''); DROP TABLE y\\u{202e}\\u{a}; read 1 table (nothing)'"), looking at all columns`,
  );
});
