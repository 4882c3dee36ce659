import { type Effects, onlyReads } from "../domain/effect.ts";
import { type Reason, reason } from "../domain/reason.ts";
import type { DatabaseLaunch, Launch, ToolRule } from "../ports/configuration.ts";

/** A database that Writ itself speaks to, and whose rows it counts. */
export function isDatabase(launch: Launch): launch is DatabaseLaunch {
  return launch.kind === "postgres" || launch.kind === "sqlite";
}

/** What a tool of such a database does; null for any other server or tool. */
export function databaseRule(launch: Launch, tool: string): ToolRule | null {
  if (!isDatabase(launch)) return null;
  switch (tool) {
    case "query":
    case "execute":
      return { effects: [], sql: ["$.sql"], dialect: launch.kind };
    case "describe":
      return { effects: ["read"], table: ["$.table"] };
    default:
      return null;
  }
}

/** What Writ sees to itself there: it counts the rows, and values go beside the statement and never into it. */
export function ofDatabase(launch: Launch): Pick<Effects, "counted" | "values"> {
  return isDatabase(launch) ? { counted: true, values: ["params"] } : { counted: false };
}

/** Why a statement is not for the tool it was given to; null where it is. */
export function misplaced(launch: Launch, tool: string, effects: Effects): Reason | null {
  return isDatabase(launch) && tool === "query" && effects.kinds.length > 0 && !onlyReads(effects)
    ? reason("query_refused", { why: "`query` only reads; what changes anything goes to `execute`" })
    : null;
}
