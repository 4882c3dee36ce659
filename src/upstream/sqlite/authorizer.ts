import { constants } from "node:sqlite";
import { namePart } from "../../domain/sql-name.ts";
import type { TableLimit, TableLimits } from "../../domain/table-access.ts";

const { SQLITE_OK, SQLITE_DENY } = constants;
/** Functions that reach out of the database, or into the library itself. */
const BARRED = new Set(["load_extension", "fts3_tokenizer", "readfile", "writefile", "edit", "sqlite_log"]);

/** What SQLite asks before it compiles anything into a statement. */
export type Authorizer = (
  action: number,
  first: string | null,
  second: string | null,
  database: string | null,
) => number;

/** Lets through what `limits` name and nothing else, and remembers what it first refused. Which view or trigger something
 *  is done for does not matter: the name that SQLite gives there can be that of a part of the statement itself. So what a
 *  view reads and what a trigger does has to be named as well. `relations` are the tables and views there are. */
export function authorizerFor(
  limits: TableLimits,
  { changes, relations }: { readonly changes: boolean; readonly relations: ReadonlySet<string> },
): { readonly ask: Authorizer; why(): string | null } {
  let why: string | null = null;

  function refuse(what: string): number {
    why ??= what;
    return SQLITE_DENY;
  }
  function allowed(table: string, verb: string, may: (limit: TableLimit) => boolean): number {
    const name = namePart(table);
    const limit = Object.hasOwn(limits, name) ? limits[name] : undefined;
    return limit !== undefined && may(limit) ? SQLITE_OK : refuse(`${verb} ${table}`);
  }

  return {
    why: () => why,
    ask(action, first, second, database) {
      const table = first ?? "";
      if (database !== null && database !== "main") return refuse(`the database ${database}`);
      switch (action) {
        case constants.SQLITE_SELECT:
        case constants.SQLITE_RECURSIVE:
          return SQLITE_OK;
        case constants.SQLITE_FUNCTION:
          return BARRED.has((second ?? "").toLowerCase()) ? refuse(`the function ${second}`) : SQLITE_OK;
        case constants.SQLITE_READ:
          if (!relations.has(table) && isMadeUp(table, second ?? "")) return SQLITE_OK;
          return allowed(table, `read ${second || "the rows"} of`, ({ read }) => has(read, second ?? ""));
        case constants.SQLITE_INSERT:
          return changes ? allowed(table, "insert into", ({ insert }) => insert !== undefined) : refuse("a change");
        case constants.SQLITE_UPDATE:
          return changes
            ? allowed(table, `update ${second} of`, ({ update }) => has(update, second ?? ""))
            : refuse("a change");
        case constants.SQLITE_DELETE:
          return changes ? allowed(table, "delete from", (limit) => limit.delete === true) : refuse("a change");
        default:
          return refuse("a statement that is neither a read nor a change of rows");
      }
    },
  };
}

/** SQLite names no column where only the rows count, and `ROWID` for the number of one. */
function has(columns: readonly string[] | "*" | undefined, column: string): boolean {
  if (columns === undefined) return false;
  return columns === "*" || column === "" || column === "ROWID" || columns.includes(column);
}

/** Rows that the statement makes itself: of a part of it that has a name, or of a JSON text that is taken apart. */
function isMadeUp(name: string, column: string): boolean {
  return name === "json_each" || name === "json_tree" || (column === "" && !/^(sqlite|pragma|fts|dbstat)/i.test(name));
}
