import { existsSync, statSync } from "node:fs";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { Json } from "../../domain/json.ts";
import { nameParts } from "../../domain/sql-name.ts";
import type { TableLimits } from "../../domain/table-access.ts";
import type { Answer } from "../database/backend.ts";
import { authorizerFor } from "./authorizer.ts";
import type { Errand, FromChild } from "./messages.ts";

const MEMORY = 256 * 1024 * 1024;
const LIMITS = { attach: 0, length: 64 * 1024 * 1024, sqlLength: 1024 * 1024, variableNumber: 1_000 };

/** A statement that has run and is not committed yet; `commit` makes it stay, `close` does not. */
export interface Open {
  readonly answer: Answer;
  commit(): void;
  close(): void;
}

/** Which file a path means now. */
export function identityOf(file: string): string {
  const { dev, ino } = statSync(file, { bigint: true });
  return `${dev}:${ino}`;
}

/** Runs one statement in a connection of its own, under an authorizer that knows nothing but what the call may do. */
export function begin(errand: Errand): Open | Exclude<FromChild, { kind: "ready" | "done" }> {
  if (identityOf(errand.file) !== errand.identity) return { kind: "replaced" };
  if (!errand.changes) takeBackUnfinished(errand);
  const db = open(errand);
  const gate = authorizerFor(errand.tables, { changes: errand.changes, relations: relationsOf(db) });
  try {
    db.exec(errand.changes ? "BEGIN IMMEDIATE" : "BEGIN");
    if (errand.changes) keepRows(db, errand.tables);
    const before = total(db);
    db.setAuthorizer(gate.ask);
    const answer = read(db.prepare(errand.sql), errand);
    db.setAuthorizer(null);
    const changed = total(db) - before;
    if (errand.mostChanged !== null && changed > errand.mostChanged) {
      db.close();
      return { kind: "over", changed };
    }
    return { answer: { ...answer, changed }, commit: () => db.exec("COMMIT"), close: () => db.close() };
  } catch (cause) {
    db.close();
    return notRun(cause, gate.why());
  }
}

function open({ file, changes, waitMs }: Errand): DatabaseSync {
  const db = new DatabaseSync(file, {
    readOnly: !changes,
    allowExtension: false,
    enableForeignKeyConstraints: true,
    timeout: waitMs,
    limits: LIMITS,
  } as ConstructorParameters<typeof DatabaseSync>[1]);
  db.enableDefensive(true);
  db.exec(`PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA hard_heap_limit = ${MEMORY}`);
  return db;
}

/** What a process that was ended had half written is undone by the next one that may write; one that only reads cannot. */
function takeBackUnfinished(errand: Errand): void {
  if (!existsSync(`${errand.file}-journal`)) return;
  const db = open({ ...errand, changes: true });
  try {
    db.prepare("SELECT count(*) FROM sqlite_schema").get();
  } finally {
    db.close();
  }
}

function relationsOf(db: DatabaseSync): ReadonlySet<string> {
  const all = db.prepare("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')").all();
  return new Set(all.map(({ name }) => String(name)));
}

/** `INSERT OR REPLACE` deletes rows without asking whether it may. Where no trigger of the database's own would start to
 *  call itself, one of ours stands before every row that may not be deleted. */
function keepRows(db: DatabaseSync, tables: TableLimits): void {
  if (db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'trigger' LIMIT 1").get() !== undefined) return;
  db.exec("PRAGMA recursive_triggers = ON");
  const there = db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?");
  for (const [i, [spelled, limit]] of Object.entries(tables).entries()) {
    const { table } = nameParts(spelled);
    if (limit.delete === true || there.get(table) === undefined) continue;
    const name = `"${table.replaceAll('"', '""')}"`;
    db.exec(
      `CREATE TEMP TRIGGER writ_keep_${i} BEFORE DELETE ON main.${name} BEGIN SELECT RAISE(ABORT, 'not authorized to replace rows'); END`,
    );
  }
}

function total(db: DatabaseSync): number {
  return Number(db.prepare("SELECT total_changes() AS n").get()?.["n"]);
}

function read(statement: StatementSync, { params, rows: most, bytes, changes }: Errand): Omit<Answer, "changed"> {
  statement.setReadBigInts(true);
  statement.setReturnArrays(true);
  const columns = statement.columns().map(({ name, type }) => ({ name, type: (type ?? "").toLowerCase() }));
  const rows: (readonly Json[])[] = [];
  let size = 0;
  let truncated = false;
  for (const row of statement.iterate(...params.map(parameterOf)) as Iterable<unknown>) {
    if (!truncated) {
      const values = (row as readonly unknown[]).map(valueOf);
      size += Buffer.byteLength(JSON.stringify(values)) + 1;
      if (rows.length >= most || size > bytes) truncated = true;
      else rows.push(values);
    }
    // What changes rows runs to its end; what reads them stops here.
    if (truncated && !changes) break;
  }
  return { columns, rows, truncated };
}

function valueOf(value: unknown): Json {
  if (value === null || typeof value === "string") return value;
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  return Buffer.from(value as Uint8Array).toString("base64");
}

function parameterOf(value: Json): SQLInputValue {
  if (value === null || typeof value === "string") return value;
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value === "boolean") return value ? 1n : 0n;
  return JSON.stringify(value);
}

const AUTH = 23;
const READ_ONLY = 8;

/** How SQLite or the connection says that it did not run. */
export function notRun(cause: unknown, refused: string | null): Extract<FromChild, { kind: "refused" | "failed" }> {
  const { errcode, message } = cause as { readonly errcode?: unknown; readonly message?: unknown };
  const says = typeof message === "string" ? message.slice(0, 2_000) : "it failed";
  if (refused !== null || errcode === AUTH)
    return { kind: "refused", why: refused === null ? says : `not authorized: ${refused}` };
  if (errcode === READ_ONLY || says.startsWith("not authorized")) return { kind: "refused", why: says };
  return { kind: "failed", code: `SQLITE_${typeof errcode === "number" ? errcode : "ERROR"}`, says };
}
