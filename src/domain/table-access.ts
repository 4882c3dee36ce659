/** What a statement does with one table. `define` is everything that changes what the table is. */
export type TableVerb = "read" | "insert" | "update" | "delete" | "define";

/** One table as a statement touches it, by its one spelling: `orders` in the schema that unqualified names mean,
 *  `sales.orders` in another. */
export interface TableAccess {
  readonly table: string;
  readonly verb: TableVerb;
  /** Plain names of its columns; `*` for all of them, known or not. Empty for a delete, and where only its rows count. */
  readonly columns: readonly string[] | "*";
}

/** What a task may do with one table. What is not named may not be done. */
export interface TableLimit {
  readonly read?: readonly string[] | "*";
  readonly insert?: readonly string[] | "*";
  readonly update?: readonly string[] | "*";
  readonly delete?: boolean;
  /** The most rows that one call may change; counted where the statement runs, and taken back when there are more. */
  readonly rows?: number;
}
export type TableLimits = Readonly<Record<string, TableLimit>>;

/** Why `access` is not within `limits`, in words; null when all of it is. `counted`: whoever runs the statement counts
 *  its rows. */
export function outsideTables(limits: TableLimits, access: readonly TableAccess[], counted: boolean): string | null {
  for (const { table, verb, columns } of access) {
    const limit = Object.hasOwn(limits, table) ? limits[table] : undefined;
    if (limit === undefined) return `it does not name the table ${table}`;
    if (verb === "define") return `it lets nobody change what the table ${table} is`;
    if (verb !== "read" && limit.rows !== undefined && !counted)
      return `rows of ${table} cannot be counted where this server runs its statements`;
    if (verb === "delete") {
      if (limit.delete !== true) return `it allows no delete from ${table}`;
      continue;
    }
    const allowed = limit[verb];
    if (allowed === undefined) return `it allows no ${verb} of ${table}`;
    const odd = strangeColumn(allowed, columns);
    if (odd !== null) return `it allows no ${verb} of ${table}.${odd}`;
  }
  return null;
}

function strangeColumn(allowed: readonly string[] | "*", columns: readonly string[] | "*"): string | null {
  if (allowed === "*") return null;
  if (columns === "*") return "*";
  return columns.find((column) => !allowed.includes(column)) ?? null;
}

/** True when all that `own` allows, `outer` allows. */
export function tablesWithin(own: TableLimits, outer: TableLimits): boolean {
  return Object.entries(own).every(([table, limit]) => {
    const above = Object.hasOwn(outer, table) ? outer[table] : undefined;
    if (above === undefined) return false;
    const columns = (["read", "insert", "update"] as const).every((verb) => {
      const wanted = limit[verb];
      const given = above[verb];
      return wanted === undefined || (given !== undefined && strangeColumn(given, wanted) === null);
    });
    const rows = above.rows === undefined || (limit.rows !== undefined && limit.rows <= above.rows);
    return columns && rows && (limit.delete !== true || above.delete === true);
  });
}

export function describeTables(limits: TableLimits): string {
  return Object.entries(limits)
    .map(([table, limit]) => {
      const verbs = (["read", "insert", "update"] as const).flatMap((verb) => {
        const columns = limit[verb];
        return columns === undefined ? [] : [columns === "*" ? verb : `${verb} ${columns.join(", ")}`];
      });
      const all = [...verbs, ...(limit.delete === true ? ["delete"] : [])].join(" and ");
      return `${table}: ${all}${limit.rows === undefined ? "" : `, at most ${limit.rows} rows at once`}`;
    })
    .join("; ");
}

/** The most rows that `limits` let a call change over all the tables it changes; null where nothing bounds it. */
export function mostRows(limits: TableLimits, access: readonly TableAccess[]): number | null {
  const bounds = access
    .filter(({ verb }) => verb !== "read")
    .flatMap(({ table }) => (Object.hasOwn(limits, table) ? (limits[table]?.rows ?? []) : []));
  return bounds.length === 0 ? null : Math.min(...bounds);
}

/** The least that lets `access` through: each table by the verbs and columns named, and none by what changes tables. */
export function limitsOf(access: readonly TableAccess[]): TableLimits {
  const limits = new Map<string, TableLimit>();
  for (const { table, verb, columns } of access) {
    if (verb === "define") continue;
    const known = limits.get(table) ?? {};
    if (verb === "delete") {
      limits.set(table, { ...known, delete: true });
      continue;
    }
    const before = known[verb] ?? [];
    const all = before === "*" || columns === "*" ? "*" : [...new Set([...before, ...columns])];
    limits.set(table, { ...known, [verb]: all });
  }
  return Object.fromEntries(limits);
}
