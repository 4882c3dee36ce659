import { reason } from "../../domain/reason.ts";
import type { Analysers } from "../analysis.ts";
import { loadParser } from "./postgres/parser.ts";
import { analysePostgres } from "./postgres/postgres.ts";

/** Makes the parsers ready; before that, every statement is refused. */
export async function loadSql(): Promise<void> {
  await loadParser();
}

export const analyseSql: Analysers["sql"] = (text, { dialect, catalogue }) => {
  switch (dialect) {
    case "postgres":
      return analysePostgres(text, catalogue);
    case "sqlite":
      return { kind: "refused", reason: reason("query_refused", { why: "SQLite is not known here yet" }) };
  }
};
