import type { Analysers } from "../analysis.ts";
import { loadParser } from "./postgres/parser.ts";
import { analysePostgres } from "./postgres/postgres.ts";
import { analyseSqlite } from "./sqlite/sqlite.ts";

/** Makes the parsers ready; before that, every statement is refused. */
export async function loadSql(): Promise<void> {
  await loadParser();
}

/** What one statement would do, in the dialect of the database it goes to. Total: what cannot be read off it exactly is
 *  refused. */
export const analyseSql: Analysers["sql"] = (text, { dialect, catalogue }) => {
  switch (dialect) {
    case "postgres":
      return analysePostgres(text, catalogue);
    case "sqlite":
      return analyseSqlite(text, catalogue);
  }
};
