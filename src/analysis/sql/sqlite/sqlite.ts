import { constants, DatabaseSync, type StatementSync } from "node:sqlite";
import { reason } from "../../../domain/reason.ts";
import type { SqlCatalogue } from "../../../domain/sql-catalogue.ts";
import type { Analysis } from "../../analysis.ts";
import { Findings } from "../findings.ts";
import { Refusal, refuse } from "../refusal.ts";
import { sayStatement } from "../says.ts";
import { textFault } from "../text.ts";
import { nothingObserved, observe, type Observed } from "./observe.ts";

/** A database of the same tables as the one behind a server, with nothing in it. Statements are compiled here and never
 *  run. */
interface Twin {
  readonly db: DatabaseSync;
  readonly relations: ReadonlySet<string>;
}

const twins = new WeakMap<SqlCatalogue, Twin>();

/** What one statement for SQLite would do, as SQLite itself says it when it compiles it. It has no parser that can be
 *  asked, so what is forwarded is its own text, as far as SQLite has read it as one statement. */
export function analyseSqlite(text: string, catalogue: SqlCatalogue | null): Analysis {
  const fault = textFault(text);
  if (fault !== null) return { kind: "refused", reason: fault };
  try {
    if (catalogue === null) refuse("the tables of this database are not known, and SQLite says nothing without them");
    return judge(text, twinOf(catalogue));
  } catch (error) {
    if (error instanceof Refusal) return { kind: "refused", reason: error.reason };
    throw error;
  }
}

function judge(text: string, { db, relations }: Twin): Analysis {
  const seen = nothingObserved();
  const found = new Findings();
  const statement = compile(db, text, (action, first, second, database) =>
    observe([action, first, second, database], seen, found, relations),
  );
  if (seen.refused !== null) refuse(seen.refused);
  if (statement.kind === "none") return unreadable("there is nothing in it");
  if (statement.kind === "error") return unreadable(statement.message);
  // SQLite compiles one statement, and says where it ended. What follows may be nothing but space and comments.
  const own = statement.compiled.sourceSQL;
  if (!text.startsWith(own)) refuse("SQLite read it otherwise than it was given");
  const rest = text.slice(own.length);
  if (rest !== "" && compile(db, rest, () => constants.SQLITE_DENY).kind !== "none")
    refuse("there is more than one statement in it, and one is judged at a time");
  if (!seen.heard) refuse("SQLite does not say what it does");
  judgeChanges(db, own, seen, found);
  const word = seen.defines ? "DEFINE" : seen.changed.size > 0 ? "CHANGE" : "SELECT";
  return { kind: "understood", effects: found.effects(sayStatement(word, found)), forward: own };
}

/** What SQLite does not ask leave for: the rows that REPLACE deletes, and that a change has no condition. */
function judgeChanges(db: DatabaseSync, text: string, seen: Observed, found: Findings): void {
  if (seen.drops) found.does("delete");
  if (seen.defines) return;
  for (const table of seen.changed) {
    if (!seen.inserted.has(table) && !seen.read.has(table)) found.has("sweeping");
  }
  if (seen.changed.size === 0) return;
  const program = compile(db, `EXPLAIN ${text}`, () => constants.SQLITE_OK);
  if (program.kind !== "compiled") return;
  for (const step of program.compiled.all()) {
    const table = String(step["p4"]);
    if (step["opcode"] !== "Delete" || !seen.changed.has(table)) continue;
    if ((Number(step["p2"]) & PART_OF_UPDATE) !== 0) continue;
    found.touch(table, "delete");
    found.does("delete");
  }
}

/** SQLite's mark on a step that takes out a row to put it back changed. */
const PART_OF_UPDATE = 4;

type Compiled =
  | { readonly kind: "compiled"; readonly compiled: StatementSync }
  | { readonly kind: "none" }
  | { readonly kind: "error"; readonly message: string };

function compile(db: DatabaseSync, text: string, ask: Parameters<DatabaseSync["setAuthorizer"]>[0]): Compiled {
  db.setAuthorizer(ask);
  try {
    return { kind: "compiled", compiled: db.prepare(text) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // Node's own words for a text that compiles to nothing.
    if ("code" in error && error.code === "ERR_INVALID_ARG_VALUE") return { kind: "none" };
    return { kind: "error", message: error.message.slice(0, 120) };
  } finally {
    db.setAuthorizer(null);
  }
}

function unreadable(why: string): Analysis {
  return { kind: "refused", reason: reason("query_unparsed", { why }) };
}

function twinOf(catalogue: SqlCatalogue): Twin {
  const before = twins.get(catalogue);
  if (before !== undefined) return before;
  const db = new DatabaseSync(":memory:", { allowExtension: false });
  for (const definition of catalogue.definitions) {
    try {
      db.exec(definition);
    } catch {
      // A table of a kind that this SQLite does not have: a statement that names it will not compile.
    }
  }
  const twin = { db, relations: new Set(catalogue.relations.map((one) => one.name)) };
  twins.set(catalogue, twin);
  return twin;
}
