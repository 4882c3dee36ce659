import type pg from "pg";
import type { FunctionFacts, Relation, SqlCatalogue } from "../../domain/sql-catalogue.ts";

const RELATIONS = `
SELECT n.nspname AS schema, c.relname AS name,
       CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized' WHEN 'f' THEN 'foreign' WHEN 'S' THEN 'sequence'
                      ELSE 'table' END AS kind,
       ARRAY(SELECT a.attname::text FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS columns,
       CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END AS definition,
       ARRAY(SELECT t.tgname::text FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal
             UNION ALL SELECT r.rulename::text FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.rulename <> '_RETURN') AS triggers
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname = ANY ($1)
ORDER BY 1, 2`;

const FUNCTIONS = `
SELECT n.nspname AS schema, p.proname AS name, p.provolatile = 'v' AS volatile, p.prosecdef AS definer, l.lanname AS language
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
WHERE n.nspname = ANY ($1)
ORDER BY 1, 2`;

/** What is in the database, as far as it may be spoken of. */
export async function readCatalogue(pool: pg.Pool, schemas: readonly string[]): Promise<SqlCatalogue> {
  const [relations, functions] = await Promise.all([
    pool.query<Relation>(RELATIONS, [schemas]),
    pool.query<FunctionFacts>(FUNCTIONS, [schemas]),
  ]);
  const [schema = "public"] = schemas;
  return { dialect: "postgres", schema, relations: relations.rows, functions: functions.rows, definitions: [] };
}
