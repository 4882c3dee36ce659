import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { WritError } from "../../domain/error.ts";
import type { Store } from "../../ports/store.ts";
import type { Log } from "../../ports/system.ts";
import { nameOf, type PostgresAddress } from "../../wire/postgres/address.ts";
import { newer, unavailable } from "../fault.ts";
import { applyPending, schemaVersion } from "./migrate.ts";
import { type Migration, MIGRATIONS } from "./migrations/migrations.ts";
import { createPostgresEngine } from "./postgres-engine.ts";
import { describePostgres } from "./postgres-fault.ts";
import { listenFeed } from "./postgres-feed.ts";
import { LOCK, MIGRATION } from "./postgres-lock.ts";
import { readPostgresUrl } from "./postgres-url.ts";
import type { Tables } from "./schema.ts";
import { openSqlStore } from "./store.ts";

/** Everything of ours is in a schema of its own: a database may be shared with others. */
const SCHEMA = "writ";
/** One writes, the others read. */
const CONNECTIONS = 8;
const BIGINT = 20;

/** How long an answer may take; waiting for the lock takes longer. */
const PATIENCE_MS = 5_000;

const SESSION = [`search_path=${SCHEMA}`, "default_transaction_isolation=read\\ committed", "synchronous_commit=on"];
/** What the server does for a gateway that hangs or is cut off: it gives up the lock in its place. */
const BOUNDS = [
  "idle_in_transaction_session_timeout=5000",
  "lock_timeout=6000",
  "statement_timeout=7000",
  "client_connection_check_interval=1000",
];

export interface PostgresParts {
  /** `postgres://user:password@host:port/database`; shown to nobody. */
  readonly url: string;
  readonly log: Log;
  readonly migrations?: readonly Migration[];
}

/** Opens the store in the schema `writ` of a database, and brings that schema up to date; of several gateways that start
 *  at once one does so and the others wait. Any number of gateways write to it.
 *  @throws WritError `store_url_invalid`, `store_needs_tls`, `store_newer` for a schema of a later version,
 *  `store_unavailable` for a database that cannot be reached. */
export async function openPostgresStore(parts: PostgresParts): Promise<Store> {
  const address = readPostgresUrl(parts.url);
  const migrations = parts.migrations ?? MIGRATIONS;
  await migrate(address, migrations);
  const pool = openPool(address, parts.log);
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  try {
    return await openSqlStore({
      engine: createPostgresEngine(pool),
      db,
      log: parts.log,
      hear: (teller) => listenFeed({ settings: settings(address), teller, log: parts.log }),
    });
  } catch (cause) {
    if (!pool.ended) await pool.end();
    throw cause instanceof WritError ? cause : unavailable(describePostgres(cause), cause);
  }
}

function openPool(address: PostgresAddress, log: Log): pg.Pool {
  const pool = new pg.Pool({
    ...settings(address),
    application_name: "writ",
    max: CONNECTIONS,
    // A connection that nobody answered is given up; whoever asked is told that the record cannot be reached.
    connectionTimeoutMillis: 3_000,
    query_timeout: PATIENCE_MS,
  });
  // One that waits for work, and one at work: whoever uses it next, or uses it now, finds out.
  pool.on("error", (cause) => log.warn({ why: describePostgres(cause) }, "a connection to the database was lost"));
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

/** How every connection of a gateway is made. */
function settings(address: PostgresAddress, bounds: readonly string[] = BOUNDS): pg.ClientConfig {
  return {
    ...address,
    keepAlive: true,
    pipeline: true,
    options: [...SESSION, ...bounds].map((one) => `-c ${one}`).join(" "),
    types: { getTypeParser: (oid: number, format?: "text" | "binary") => parserOf(oid, format) },
  } as pg.ClientConfig;
}

/** A count of ours is a safe integer. */
function parserOf(oid: number, format: "text" | "binary" | undefined): unknown {
  return oid === BIGINT ? Number : pg.types.getTypeParser(oid, format as "text");
}

/** On a connection of its own, which takes as long as it takes. */
async function migrate(address: PostgresAddress, migrations: readonly Migration[]): Promise<void> {
  const pool = new pg.Pool({ ...settings(address, []), max: 1, connectionTimeoutMillis: PATIENCE_MS });
  pool.on("error", () => {});
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  try {
    await db.transaction().execute(async (tx) => {
      await sql`SELECT pg_advisory_xact_lock(${sql.lit(LOCK)}, ${sql.lit(MIGRATION)})`.execute(tx);
      const version = await schemaVersion(tx, SCHEMA);
      if (version > migrations.length) throw newer(nameOf(address), version, migrations.length);
      if (version === migrations.length) return;
      await sql`CREATE SCHEMA IF NOT EXISTS ${sql.id(SCHEMA)}`.execute(tx);
      await applyPending(tx, migrations, Date.now(), "postgres", SCHEMA);
    });
  } catch (cause) {
    throw cause instanceof WritError ? cause : unavailable(describePostgres(cause), cause);
  } finally {
    await pool.end();
  }
}
