import { isDatabase } from "../analysis/databases.ts";
import type { Permit } from "../domain/decision.ts";
import { limitsOf, mostRows, type TableLimits } from "../domain/table-access.ts";
import type { ServerConfiguration } from "../ports/configuration.ts";
import type { Reach } from "../ports/outbound.ts";

/** What a permitted call may do in the database it goes to: what the grant says that it spends a use of, or, where no such
 *  grant stands behind it, what the call itself was judged to do. Null for a server that is no database. */
export function reachOf(permit: Permit, server: ServerConfiguration): Reach | null {
  if (!isDatabase(server.launch)) return null;
  const { effects, standing } = permit.request;
  const granted = limitsIn(permit);
  const tables = granted ?? limitsOf(effects.access);
  const obliged = permit.obligations.flatMap((one) => (one.kind === "rows" ? [one.most] : []));
  const bounds = [...obliged, rowsIn(tables, effects.access)].filter((one) => one !== null);
  return {
    tables,
    granted: granted !== null,
    rows: bounds.length === 0 ? null : Math.min(...bounds),
    runs: effects.statements > 0,
    until: Math.min(standing.task.deadline, permit.grant?.expiresAt ?? Number.POSITIVE_INFINITY),
  };
}

/** The limits of a grant that has them once. What was handed down may carry several, and is then held to what the call
 *  names, which is inside each of them. */
function limitsIn({ grant }: Permit): TableLimits | null {
  const all = (grant?.constraints ?? []).flatMap((one) => (one.kind === "tables" ? [one.tables] : []));
  return all.length === 1 ? (all[0] ?? null) : null;
}

/** A statement that was judged to change no table changes none; if it does, the narrowest bound there is holds. */
function rowsIn(tables: TableLimits, access: Permit["request"]["effects"]["access"]): number | null {
  if (access.some(({ verb }) => verb !== "read")) return mostRows(tables, access);
  const bounds = Object.values(tables).flatMap(({ rows }) => rows ?? []);
  return bounds.length === 0 ? null : Math.min(...bounds);
}
