import type pg from "pg";
import { quoted } from "../../wire/postgres/session.ts";

/** What everybody has in a database whom nobody gave anything. Each is a part of the sentence that an operator reads. */
const HELD: readonly (readonly [says: (names: readonly string[]) => string, sql: string])[] = [
  [
    () => "make temporary tables",
    "SELECT 'temp' AS name WHERE has_database_privilege('public', current_database(), 'TEMP')",
  ],
  [
    (names) => `make tables in ${list(names)}`,
    `SELECT nspname AS name FROM pg_namespace
     WHERE nspname !~ '^pg_' AND has_schema_privilege('public', oid, 'CREATE') ORDER BY 1`,
  ],
  [
    (names) => `touch the tables ${list(names)}`,
    `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
       AND EXISTS (SELECT FROM aclexplode(c.relacl) WHERE grantee = 0) ORDER BY 1`,
  ],
  [
    (names) => `run as their owners ${list(names)}`,
    `SELECT p.oid::regprocedure::text AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND p.prosecdef
       AND has_function_privilege('public', p.oid, 'EXECUTE') ORDER BY 1`,
  ],
  [
    (names) => `run the functions ${list(names)}`,
    `SELECT p.oid::regprocedure::text AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT p.prosecdef
       AND has_function_privilege('public', p.oid, 'EXECUTE') ORDER BY 1`,
  ],
  [
    (names) => `run the system's own ${list(names)}`,
    `SELECT DISTINCT proname AS name FROM pg_proc
     WHERE pronamespace = 'pg_catalog'::regnamespace AND has_function_privilege('public', oid, 'EXECUTE')
       AND proname ~ '^(pg_read_|pg_ls_|pg_stat_file|lo_import|lo_export|pg_reload_conf|pg_rotate_|pg_switch_wal|pg_promote)'
     ORDER BY 1`,
  ],
  [
    () => "make large objects",
    "SELECT 'lo' AS name WHERE has_function_privilege('public', 'pg_catalog.lo_create(oid)', 'EXECUTE')",
  ],
  [
    (names) => `do work in the languages ${list(names)}`,
    "SELECT lanname AS name FROM pg_language WHERE lanpltrusted AND has_language_privilege('public', oid, 'USAGE') AND lanname NOT IN ('internal', 'c', 'sql') ORDER BY 1",
  ],
];

/** What no setting takes from a login. */
const ALWAYS =
  "read the names of tables, columns and logins, send notifications, take advisory locks, use the processor";

const MOST = 5;

function list(names: readonly string[]): string {
  const more = names.length - MOST;
  return more > 0 ? `${names.slice(0, MOST).join(", ")} and ${more} more` : names.join(", ");
}

/** What a login can do there that was given nothing at all, in words. */
export async function publicHolds(pool: Pick<pg.Pool, "query">): Promise<readonly string[]> {
  const held: string[] = [];
  for (const [says, sql] of HELD) {
    const { rows } = await pool.query<{ name: string }>(sql);
    if (rows.length > 0) held.push(says(rows.map(({ name }) => name)));
  }
  return [...held, ALWAYS];
}

/** Takes from everybody what this login may take. What it may not is still there when it is looked for. */
export async function revokePublic(pool: pg.Pool, database: string, schemas: readonly string[]): Promise<void> {
  const statements = [
    `REVOKE TEMP ON DATABASE ${quoted(database)} FROM PUBLIC`,
    ...schemas.flatMap((schema) => {
      const name = quoted(schema);
      return [
        `REVOKE CREATE ON SCHEMA ${name} FROM PUBLIC`,
        `REVOKE ALL ON ALL TABLES IN SCHEMA ${name} FROM PUBLIC`,
        `REVOKE ALL ON ALL SEQUENCES IN SCHEMA ${name} FROM PUBLIC`,
        `REVOKE EXECUTE ON ALL ROUTINES IN SCHEMA ${name} FROM PUBLIC`,
      ];
    }),
    ...["lo_creat(integer)", "lo_create(oid)", "lo_from_bytea(oid, bytea)"].map(
      (one) => `REVOKE EXECUTE ON FUNCTION pg_catalog.${one} FROM PUBLIC`,
    ),
    "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC",
  ];
  for (const statement of statements) await pool.query(statement).catch(() => {});
}
