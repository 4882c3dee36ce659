import { constants } from "node:fs";
import { chmod, open } from "node:fs/promises";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Kysely, SqliteDialect } from "kysely";
import type { Store } from "../../ports/store.ts";
import type { Log } from "../../ports/system.ts";
import { damaged, newer, unavailable } from "../fault.ts";
import { createGroupCommit } from "./group-commit.ts";
import { openJournal } from "./journal.ts";
import { applyPending, schemaVersion } from "./migrate.ts";
import { type Migration, MIGRATIONS } from "./migrations/migrations.ts";
import type { Tables } from "./schema.ts";
import { describe, primaryCode, SqliteConnection } from "./sqlite-connection.ts";
import { openSqlStore } from "./store.ts";

/** "Writ" in ASCII: tells a database of ours from one of somebody else's. */
const APPLICATION_ID = 0x57726974;
const CORRUPT = 11;
const NOT_A_DATABASE = 26;

export interface SqliteParts {
  readonly file: string;
  readonly log: Log;
  /** When it is, for the names of backups; the host's clock unless given. */
  readonly now?: () => number;
  /** The schema to bring the file to; this version's own unless given. */
  readonly migrations?: readonly Migration[];
}

/** Opens the store in `file`, readable by its owner only, and brings its schema up to date; a schema that was there is
 *  first backed up beside it. Several processes of one machine may share it.
 *  @throws WritError `store_newer` for a file of a later version, `store_damaged` for one that is not Writ's or broken,
 *  `store_unavailable` for one that cannot be opened; the file is then as it was. */
export async function openSqliteStore(parts: SqliteParts): Promise<Store> {
  const { store } = await openSqlite(parts);
  return store;
}

/** The store and the database beneath it. */
export async function openSqlite(parts: SqliteParts): Promise<{ store: Store; database: DatabaseSync }> {
  const { file, log } = parts;
  const now = parts.now ?? Date.now;
  const migrations = parts.migrations ?? MIGRATIONS;
  let database: DatabaseSync | null = null;
  try {
    await createPrivately(file);
    database = new DatabaseSync(file, { timeout: 1_000, enableForeignKeyConstraints: false });
    const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: forKysely(database) }) });
    checkOurs(database, file);
    const version = await schemaVersion(db);
    if (version > migrations.length) throw newer(file, version, migrations.length);
    configure(database);
    if (version < migrations.length) {
      if (version > 0) {
        const backup = await backUp(database, file, version, now());
        log.info({ backup, from: version, to: migrations.length }, "backed up before bringing the schema up to date");
      }
      await migrate(database, db, migrations, now());
    }
    // From here on a writer is waited for between turns of the event loop, not inside one: see group commit.
    database.exec("PRAGMA busy_timeout = 5");
    const opened = database;
    const journal = openJournal(file);
    const engine = createGroupCommit(new SqliteConnection(opened), {
      flush: () => journal.flush(),
      close: async () => {
        await journal.close();
        opened.close();
      },
    });
    return { store: await openSqlStore({ engine, db, log }), database };
  } catch (cause) {
    if (database?.isOpen === true) database.close();
    throw translate(cause, file);
  }
}

/** SQLite gives its journal files the mode of the database, so the first byte is already private. */
async function createPrivately(file: string): Promise<void> {
  const handle = await open(file, constants.O_CREAT | constants.O_RDWR, 0o600);
  await handle.close();
  await chmod(file, 0o600);
  await syncFolder(file);
}

/** Makes the name of a new file as durable as what is in it. */
async function syncFolder(file: string): Promise<void> {
  const folder = await open(dirname(file), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function checkOurs(database: DatabaseSync, file: string): void {
  const id = database.prepare("PRAGMA application_id").get()?.["application_id"];
  const objects = database.prepare("SELECT count(*) AS n FROM sqlite_schema").get()?.["n"];
  if (id !== APPLICATION_ID && objects !== 0) throw damaged(file);
}

function configure(database: DatabaseSync): void {
  database.exec("PRAGMA journal_mode = WAL");
  // Commits are flushed by us, beside the thread: see the journal. The rest of what FULL does, NORMAL does.
  database.exec("PRAGMA synchronous = NORMAL");
  database.exec("PRAGMA temp_store = MEMORY");
  // Four times the default: pages written again and again reach the database file once in a while only.
  database.exec("PRAGMA wal_autocheckpoint = 4000");
  database.exec("PRAGMA cache_size = -16000");
}

async function migrate(
  database: DatabaseSync,
  db: Kysely<Tables>,
  migrations: readonly Migration[],
  at: number,
): Promise<void> {
  database.exec("BEGIN IMMEDIATE");
  try {
    await applyPending(db, migrations, at, "sqlite");
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    database.exec("COMMIT");
  } catch (cause) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw cause;
  }
}

/** A whole copy beside the file, on the disk before the schema is touched. Never written over an earlier one. */
async function backUp(database: DatabaseSync, file: string, version: number, at: number): Promise<string> {
  const stamp = new Date(at).toISOString().replaceAll(/[-:.]/g, "");
  const backup = `${file}.schema-${version}.${stamp}.backup`;
  const handle = await open(backup, "wx", 0o600);
  try {
    database.prepare("VACUUM INTO ?").run(backup);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncFolder(backup);
  return backup;
}

function translate(cause: unknown, file: string): unknown {
  const code = primaryCode(cause);
  if (code === NOT_A_DATABASE || code === CORRUPT) return damaged(file, cause);
  if (code !== null) return unavailable(describe(cause), cause);
  if (cause instanceof Error && "syscall" in cause) return unavailable("the file cannot be opened", cause);
  return cause;
}

/** `node:sqlite` in the shape that Kysely knows; it runs the migrations, and the store's own statements do not pass it. */
function forKysely(database: DatabaseSync) {
  return {
    close: () => database.close(),
    prepare(text: string) {
      const statement = database.prepare(text);
      return {
        reader: statement.columns().length > 0,
        all: (parameters: readonly unknown[]) => statement.all(...(parameters as string[])),
        run: (parameters: readonly unknown[]) => statement.run(...(parameters as string[])),
        iterate: (parameters: readonly unknown[]) => statement.iterate(...(parameters as string[])),
      };
    },
  };
}
