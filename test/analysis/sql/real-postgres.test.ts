import fc from "fast-check";
import type pg from "pg";
import { beforeAll, expect, test } from "vitest";
import { analyseSql, loadSql } from "../../../src/analysis/sql/sql.ts";
import type { Effects } from "../../../src/domain/effect.ts";
import type { SqlCatalogue } from "../../../src/domain/sql-catalogue.ts";
import type { TableAccess } from "../../../src/domain/table-access.ts";
import { realPostgres } from "../../store/real-postgres.ts";
import { CATALOGUE, SHOP, TABLES } from "./shop.ts";
import { statements } from "./statements.ts";

const postgres = realPostgres();
let db: pg.Client;

beforeAll(async () => {
  await loadSql();
  db = await postgres.client(await postgres.database());
  await db.query(SHOP);
  await db.query("CREATE ROLE task");
  return () => db.end();
});

const MANY = 400;
const texts = fc.sample(statements, { numRuns: MANY, seed: 4 });

function judged(text: string, catalogue: SqlCatalogue | null): { readonly effects: Effects; readonly forward: string } {
  const analysis = analyseSql(text, { dialect: "postgres", catalogue });
  if (analysis.kind === "refused") throw new Error(`${text}: ${JSON.stringify(analysis.reason)}`);
  return { effects: analysis.effects, forward: analysis.forward ?? text };
}

/** The privilege that an access names, and no other. PostgreSQL wants one on some column where only the rows count. */
function grant({ table, verb, columns }: TableAccess): string {
  const right = { read: "SELECT", insert: "INSERT", update: "UPDATE", delete: "DELETE", define: "TRUNCATE" }[verb];
  const on = table === "tickets" ? `SEQUENCE ${table}` : table;
  if (verb === "delete" || verb === "define" || columns === "*" || on !== table)
    return `GRANT ${right} ON ${on} TO task`;
  const named = columns.length > 0 ? columns : (TABLES[table] ?? ["id"]).slice(0, 1);
  return `GRANT ${right} (${named.join(", ")}) ON ${table} TO task`;
}

/** Runs `text` as a role that holds exactly `access`, and takes it back.
 *  Resolves to the error's code, or null, and to what the triggers saw changed. */
async function run(text: string, access: readonly TableAccess[]): Promise<{ code: string | null; seen: string[] }> {
  await db.query("BEGIN");
  try {
    for (const one of access) await db.query(grant(one));
    await db.query("SET LOCAL ROLE task");
    await db.query(text);
    await db.query("RESET ROLE");
    const { rows } = await db.query<{ name: string; verb: string }>("SELECT DISTINCT name, verb FROM seen");
    return { code: null, seen: rows.map(({ name, verb }) => `${verb} ${name}`) };
  } catch (error) {
    return { code: (error as pg.DatabaseError).code ?? "", seen: [] };
  } finally {
    await db.query("ROLLBACK");
  }
}

const DENIED = "42501";

test.each([
  ["with the tables known", CATALOGUE],
  ["with nothing known", null],
])("a role that may do exactly what was judged can run the statement, %s", async (_, catalogue) => {
  const denied: string[] = [];
  let ran = 0;
  for (const text of texts) {
    const { effects, forward } = judged(text, catalogue);
    const { code } = await run(forward, effects.access);
    if (code === DENIED) denied.push(text);
    if (code === null) ran++;
  }
  expect(denied).toEqual([]);
  expect(ran).toBeGreaterThan(MANY * 0.8);
});

test("whatever triggers saw changed is among what was judged to be changed", async () => {
  const missed: string[] = [];
  let changes = 0;
  for (const text of texts) {
    const { effects, forward } = judged(text, CATALOGUE);
    const said = new Set(effects.access.map(({ table, verb }) => `${verb} ${table}`));
    const { seen } = await run(forward, effects.access);
    changes += seen.length;
    const behind = new Set(effects.tables);
    for (const one of seen) if (!said.has(one) && !behind.has(one.split(" ")[1] ?? "")) missed.push(`${one}: ${text}`);
    if (seen.length > 0 && effects.kinds.every((kind) => kind === "read")) missed.push(`only reads: ${text}`);
  }
  expect(missed).toEqual([]);
  expect(changes).toBeGreaterThan(50);
});

/** Each access with one column less, and each list with one access less. */
function lessThan(access: readonly TableAccess[]): readonly (readonly TableAccess[])[] {
  return access.flatMap((one, i) => {
    const others = access.filter((_, j) => j !== i);
    if (one.columns === "*" || one.columns.length < 2) return [others];
    return one.columns.map((gone) => [
      ...others,
      { ...one, columns: (one.columns as readonly string[]).filter((name) => name !== gone) },
    ]);
  });
}

test("without any one of the privileges that were judged to be needed, PostgreSQL refuses the statement", async () => {
  const needless: string[] = [];
  let tried = 0;
  for (const text of texts.filter((_, i) => i % 4 === 0)) {
    const { effects, forward } = judged(text, CATALOGUE);
    if ((await run(forward, effects.access)).code !== null) continue;
    for (const less of lessThan(effects.access)) {
      tried++;
      if ((await run(forward, less)).code !== DENIED) needless.push(`${text} <- ${JSON.stringify(less)}`);
    }
  }
  expect(needless).toEqual([]);
  expect(tried).toBeGreaterThan(100);
});
