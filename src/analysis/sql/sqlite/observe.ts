import { constants } from "node:sqlite";
import { namePart } from "../../../domain/sql-name.ts";
import type { Findings } from "../findings.ts";
import { HARMLESS } from "./harmless.ts";

const { SQLITE_OK, SQLITE_DENY } = constants;

/** What SQLite said of one statement while it compiled it. */
export interface Observed {
  /** Whether it said anything; of some statements it says nothing. */
  heard: boolean;
  /** Why the statement is not let through; null while nothing says so. */
  refused: string | null;
  /** Whether the statement changes what tables are: then what it does to SQLite's own tables is part of that. */
  defines: boolean;
  drops: boolean;
  readonly inserted: Set<string>;
  readonly read: Set<string>;
  readonly changed: Set<string>;
}

export function nothingObserved(): Observed {
  return {
    heard: false,
    refused: null,
    defines: false,
    drops: false,
    inserted: new Set(),
    read: new Set(),
    changed: new Set(),
  };
}

type Said = readonly [action: number, first: string | null, second: string | null, database: string | null];

const DEFINES: ReadonlySet<number> = new Set([
  constants.SQLITE_CREATE_INDEX,
  constants.SQLITE_CREATE_TABLE,
  constants.SQLITE_CREATE_TEMP_INDEX,
  constants.SQLITE_CREATE_TEMP_TABLE,
  constants.SQLITE_CREATE_TEMP_TRIGGER,
  constants.SQLITE_CREATE_TEMP_VIEW,
  constants.SQLITE_CREATE_TRIGGER,
  constants.SQLITE_CREATE_VIEW,
  constants.SQLITE_CREATE_VTABLE,
  constants.SQLITE_ALTER_TABLE,
  constants.SQLITE_REINDEX,
  constants.SQLITE_ANALYZE,
]);
const DROPS: ReadonlySet<number> = new Set([
  constants.SQLITE_DROP_INDEX,
  constants.SQLITE_DROP_TABLE,
  constants.SQLITE_DROP_TEMP_INDEX,
  constants.SQLITE_DROP_TEMP_TABLE,
  constants.SQLITE_DROP_TEMP_TRIGGER,
  constants.SQLITE_DROP_TEMP_VIEW,
  constants.SQLITE_DROP_TRIGGER,
  constants.SQLITE_DROP_VIEW,
  constants.SQLITE_DROP_VTABLE,
]);

/** Functions that reach out of the database, or into the library itself. */
const BARRED = new Set(["load_extension", "fts3_tokenizer", "readfile", "writefile", "edit", "sqlite_log"]);

/** Takes one thing that SQLite asks leave for into what is found. Which view, trigger or part of the statement it is for
 *  does not matter: the name SQLite gives there may be one that the statement chose. What is behind a view and what a
 *  trigger does counts as if the statement said it. */
export function observe(said: Said, seen: Observed, found: Findings, relations: ReadonlySet<string>): number {
  const [action, first, second, database] = said;
  seen.heard = true;
  if (DEFINES.has(action) || DROPS.has(action)) {
    seen.defines = true;
    seen.drops ||= DROPS.has(action);
    found.does("administer");
    found.has("defines");
    // ALTER TABLE names the database first; triggers and indexes name their table second.
    const name = action === constants.SQLITE_ALTER_TABLE || second !== null ? second : first;
    if (name !== null) found.touch(namePart(name), "define");
    return SQLITE_OK;
  }
  const table = first ?? "";
  switch (action) {
    case constants.SQLITE_SELECT:
    case constants.SQLITE_RECURSIVE:
      found.does("read");
      return SQLITE_OK;
    case constants.SQLITE_FUNCTION:
      return call((second ?? "").toLowerCase(), seen, found);
    case constants.SQLITE_READ:
      return read(table, second ?? "", seen, found, relations);
    case constants.SQLITE_INSERT:
      seen.inserted.add(table);
      return change("insert", table, "*", database, seen, found);
    case constants.SQLITE_UPDATE:
      return change("update", table, [second ?? ""], database, seen, found);
    case constants.SQLITE_DELETE:
      return change("delete", table, [], database, seen, found);
    default:
      return refuse(seen, NAMES.get(action) ?? "SQLite asks for something that is not known here");
  }
}

const NAMES: ReadonlyMap<number, string> = new Map([
  [constants.SQLITE_PRAGMA, "PRAGMA changes what later statements mean"],
  [constants.SQLITE_ATTACH, "ATTACH opens another file"],
  [constants.SQLITE_DETACH, "DETACH is about the session"],
  [constants.SQLITE_TRANSACTION, "transactions are begun and ended by whoever runs the statement"],
  [constants.SQLITE_SAVEPOINT, "transactions are begun and ended by whoever runs the statement"],
]);

function refuse(seen: Observed, why: string): number {
  seen.refused ??= why;
  return SQLITE_DENY;
}

function call(name: string, seen: Observed, found: Findings): number {
  if (BARRED.has(name)) return refuse(seen, `the function ${name} reaches out of the database`);
  if (HARMLESS.has(name)) return SQLITE_OK;
  found.does("execute");
  found.has("volatile");
  found.functions.add(name);
  return SQLITE_OK;
}

function read(table: string, column: string, seen: Observed, found: Findings, relations: ReadonlySet<string>): number {
  seen.read.add(table);
  // Rows that the statement makes itself, of a part of it with a name or of a JSON text, are of no table.
  const made =
    table === "json_each" || table === "json_tree" || (column === "" && !/^(?:sqlite|pragma|fts|dbstat)/i.test(table));
  if (!relations.has(table) && made) found.does("read");
  else if (!(seen.defines && table.startsWith("sqlite_")))
    found.touch(namePart(table), "read", column === "" || column === "ROWID" ? [] : [column]);
  return SQLITE_OK;
}

function change(
  verb: "insert" | "update" | "delete",
  table: string,
  columns: readonly string[] | "*",
  database: string | null,
  seen: Observed,
  found: Findings,
): number {
  // Of SQLite's own tables nothing changes but by a statement that defines; it may say so before it says what it is.
  if (/^sqlite_(?:temp_)?(?:master|schema|stat\d|sequence)$/.test(table)) return SQLITE_OK;
  const name = database === null || database === "main" ? namePart(table) : `${database}.${namePart(table)}`;
  seen.changed.add(table);
  found.touch(name, verb, columns);
  found.does(verb === "delete" ? "delete" : "write");
  return SQLITE_OK;
}
