import { type DatabaseSync, type StatementSync } from "node:sqlite";
import { unavailable } from "../fault.ts";
import { checkText } from "../text.ts";
import type { Connection } from "./engine.ts";
import { KeptRows } from "./kept-rows.ts";
import type { Statement, Value, Values } from "./statement.ts";

const BUSY = 5;
const LOCKED = 6;

/** One `node:sqlite` database. Everything on it is synchronous; statements are prepared once for each text. */
export class SqliteConnection implements Connection {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();
  readonly kept = new KeptRows();
  /** Moves when another connection commits. */
  #version: unknown = null;
  /** What failed since the transaction began; not null means that it must not commit. */
  #fault: unknown = null;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  get fault(): unknown {
    return this.#fault;
  }

  rows<P extends Values, R>(statement: Statement<P, R>, values: P): readonly R[] {
    const parameters = this.#parameters(statement, values);
    try {
      return this.#prepare(statement.text).all(...parameters) as unknown as readonly R[];
    } catch (cause) {
      throw this.#failed(cause);
    }
  }

  run<P extends Values>(statement: Statement<P, unknown>, values: P): number {
    const parameters = this.#parameters(statement, values);
    try {
      return Number(this.#prepare(statement.text).run(...parameters).changes);
    } catch (cause) {
      throw this.#failed(cause);
    }
  }

  send<P extends Values>(statement: Statement<P, unknown>, values: P): void {
    this.run(statement, values);
  }

  announce(): void {}

  /** Begins to read; what follows sees one state. */
  beginToRead(): void {
    try {
      this.rollback();
      this.#exec("BEGIN");
      this.#checkVersion();
    } catch (cause) {
      throw unavailable(describe(cause), cause);
    }
  }

  /** Begins to write; false while another connection does. */
  beginToWrite(): boolean {
    this.#fault = null;
    this.rollback();
    try {
      this.#exec("BEGIN IMMEDIATE");
    } catch (cause) {
      const code = primaryCode(cause);
      if (code === BUSY || code === LOCKED) return false;
      throw cause;
    }
    this.#checkVersion();
    this.kept.beginTransaction();
    return true;
  }

  /** Begins one body of several in the transaction. */
  beginBody(): void {
    this.#exec("SAVEPOINT body");
    this.kept.beginBody();
  }

  /** Ends it; what it wrote stays or never was. */
  endBody(keep: boolean): void {
    if (!keep) this.#exec("ROLLBACK TO body");
    this.#exec("RELEASE body");
    this.kept.endBody(keep);
  }

  /** Makes what was written the state that others see; lasting it is only when the journal has been flushed. */
  commit(): void {
    this.#exec("COMMIT");
    this.kept.endTransaction(true);
  }

  /** SQLite ends the transaction itself after some failures, so there may be none left. */
  rollback(): void {
    this.kept.endTransaction(false);
    if (this.#database.isTransaction) this.#exec("ROLLBACK");
  }

  #exec(sql: string): void {
    this.#prepare(sql).run();
  }

  /** Another process may have written since: what is known is only known for the version it was read from. */
  #checkVersion(): void {
    const version = this.#prepare("PRAGMA data_version").get()?.["data_version"];
    if (version !== this.#version) this.kept.forgetAll();
    this.#version = version;
  }

  #parameters<P extends Values>(statement: Statement<P, unknown>, values: P): Value[] {
    const parameters = statement.bind(values);
    for (const value of parameters) if (typeof value === "string") checkText(value);
    return parameters;
  }

  #prepare(text: string): StatementSync {
    let prepared = this.#prepared.get(text);
    if (prepared === undefined) {
      prepared = this.#database.prepare(text);
      this.#prepared.set(text, prepared);
    }
    return prepared;
  }

  #failed(cause: unknown): Error {
    this.#fault ??= cause;
    return unavailable(describe(cause), cause);
  }
}

export function describe(cause: unknown): string {
  switch (primaryCode(cause)) {
    case BUSY:
    case LOCKED:
      return "another process holds the database";
    case 8:
      return "the database cannot be written to";
    case 10:
      return "the disk failed to read or write";
    case 11:
    case 26:
      return "the database is damaged";
    case 13:
      return "the disk is full";
    default:
      return "the database failed";
  }
}

/** SQLite's own result code, without its extension. */
export function primaryCode(cause: unknown): number | null {
  if (typeof cause !== "object" || cause === null || !("errcode" in cause)) return null;
  return typeof cause.errcode === "number" ? cause.errcode & 0xff : null;
}
