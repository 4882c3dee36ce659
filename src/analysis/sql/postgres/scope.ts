import type { Json } from "../../../domain/json.ts";
import type { Findings } from "../findings.ts";
import type { Known } from "../known.ts";

/** Every table has them, and nobody lists them. */
const SYSTEM = new Set(["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"]);

/** The names of columns; `open`: there may be others that nobody knows. */
export interface Columns {
  readonly names: readonly string[];
  readonly open: boolean;
}

export const ANY_COLUMNS: Columns = { names: [], open: true };
export const NO_COLUMNS: Columns = { names: [], open: false };

/** The first of `columns` under other names. */
export function renamedFirst(columns: Columns, names: readonly string[]): Columns {
  return names.length === 0 ? columns : { names: [...names, ...columns.names.slice(names.length)], open: columns.open };
}

/** Something that a FROM brings: a table, or what a query, a function or a join gives. */
export interface Range {
  /** What the statement calls it. */
  readonly name: string;
  /** The table's one spelling; null for what is made by the statement itself. */
  readonly table: string | null;
  /** The schema it was named with. */
  readonly schema: string | null;
  readonly columns: Columns;
  /** What those names stand for in the table, where they are other names; `"*"` where it is not known for which. */
  readonly renamed: ReadonlyMap<string, string> | "*" | null;
  /** Of a join with a name: what it joins. */
  readonly members: readonly Range[];
  /** A function gives it, and `range.name` may be a call with what it gives. */
  readonly callable: boolean;
}

export function derived(name: string, columns: Columns): Range {
  return { name, table: null, schema: null, columns, renamed: null, members: [], callable: false };
}

/** What the names of a query stand for. The ranges of a scope are looked through before those of the one around it. */
export interface Scope {
  readonly around: Scope | null;
  readonly ranges: readonly Range[];
  /** Queries with a name, and the columns each shows. */
  readonly queries: ReadonlyMap<string, Columns>;
}

export const NOWHERE: Scope = { around: null, ranges: [], queries: new Map() };

export function inner(around: Scope, ranges: readonly Range[]): Scope {
  return { around, ranges, queries: new Map() };
}

/** The columns of the query called `name`; null when there is none. */
export function queryNamed(scope: Scope, name: string): Columns | null {
  for (let here: Scope | null = scope; here !== null; here = here.around) {
    const found = here.queries.get(name);
    if (found !== undefined) return found;
  }
  return null;
}

type Has = "yes" | "no" | "maybe";

function has(range: Range, column: string): Has {
  if (range.columns.names.includes(column)) return "yes";
  if (range.members.length > 0 && range.renamed === null) {
    const among = range.members.map((one) => has(one, column));
    return among.includes("yes") ? "yes" : among.includes("maybe") ? "maybe" : "no";
  }
  if (range.columns.open) return "maybe";
  return range.table !== null && SYSTEM.has(column) ? "yes" : "no";
}

function readColumn(range: Range, column: string, found: Findings): void {
  if (range.renamed === "*") return readAll(range, found);
  for (const member of range.members) if (has(member, column) !== "no") readColumn(member, column, found);
  if (range.table !== null) found.touch(range.table, "read", [range.renamed?.get(column) ?? column]);
}

/** Every column of it, as `*` and a row taken as a whole stand for. */
export function readAll(range: Range, found: Findings): void {
  for (const member of range.members) readAll(member, found);
  if (range.table === null) return;
  const { columns, renamed } = range;
  if (columns.open || renamed === "*") found.touch(range.table, "read", "*");
  else
    found.touch(
      range.table,
      "read",
      renamed === null ? columns.names : columns.names.map((one) => renamed.get(one) ?? one),
    );
}

/** These columns, of whatever range has or may have them; all there are where `columns` may be more. */
export function readColumns(ranges: readonly Range[], columns: Columns, found: Findings): void {
  for (const range of ranges) {
    found.spend(columns.names.length);
    if (columns.open) readAll(range, found);
    else for (const name of columns.names) if (has(range, name) !== "no") readColumn(range, name, found);
  }
}

function calledIn(scope: Scope, name: string): Range | null {
  for (let here: Scope | null = scope; here !== null; here = here.around) {
    const range = here.ranges.find((one) => one.name === name);
    if (range !== undefined) return range;
  }
  return null;
}

/** A name that stands alone: a column of whatever has it, and where that is not certain of whatever may have it; or the
 *  whole row of what is called so. `elsewhere`: names that it may stand for when nothing has it. */
export function readName(scope: Scope, name: string, found: Findings, elsewhere: ReadonlySet<string>): void {
  let perhaps = false;
  for (let here: Scope | null = scope; here !== null; here = here.around) {
    let certain = false;
    for (const range of here.ranges) {
      found.spend(1 + range.columns.names.length / 8);
      const answer = has(range, name);
      if (answer === "no") continue;
      readColumn(range, name, found);
      certain ||= answer === "yes";
      perhaps = true;
    }
    if (certain) return;
  }
  const row = calledIn(scope, name);
  if (row !== null) return readAll(row, found);
  if (perhaps || elsewhere.has(name)) return;
  // What is known says that nothing has it. What is known may be old: it counts for all that the statement names.
  for (let here: Scope | null = scope; here !== null; here = here.around)
    for (const range of here.ranges) for (const one of [range, ...range.members]) readColumnAnyway(one, name, found);
}

function readColumnAnyway(range: Range, column: string, found: Findings): void {
  if (range.table !== null) found.touch(range.table, "read", [column]);
}

/** A name behind the name of a range. What is no column of it is a function of its whole row. */
export function readMember(scope: Scope, of: string, name: string, found: Findings): "column" | "call" | "nothing" {
  const range = calledIn(scope, of);
  if (range === null) return "nothing";
  const answer = has(range, name);
  if (answer === "no" || (answer === "maybe" && range.callable)) {
    readAll(range, found);
    return "call";
  }
  readColumn(range, name, found);
  return "column";
}

/** `*`, of all ranges of this query or of the one that is called so. */
export function readStar(scope: Scope, of: string | null, found: Findings): void {
  const ranges = of === null ? scope.ranges : [calledIn(scope, of) ?? []].flat();
  for (const range of ranges) readAll(range, found);
}

/** The names that `*` shows. */
export function starColumns(scope: Scope, of: string | null): Columns {
  if (of === null) return together(scope.ranges.map(shownBy));
  const range = calledIn(scope, of);
  return range === null ? ANY_COLUMNS : shownBy(range);
}

/** PostgreSQL shows no more columns than this at once; names of more are not kept. */
const MOST_SHOWN = 1_664;

export function together(all: readonly Columns[]): Columns {
  if (all.reduce((sum, one) => sum + one.names.length, 0) > MOST_SHOWN) return ANY_COLUMNS;
  return { names: all.flatMap((one) => one.names), open: all.some((one) => one.open) };
}

export function shownBy(range: Range): Columns {
  return range.members.length === 0 || range.renamed !== null ? range.columns : together(range.members.map(shownBy));
}

/** One that reads of expressions and queries, whatever is in them; the parts of the analyser are tied together by it. */
export interface Reader {
  readonly found: Findings;
  /** Reads the expressions in `node`, whatever it is. */
  expression(node: Json | undefined, scope: Scope): void;
  /** Reads a wrapped statement, and says which columns it shows. */
  query(node: Json | undefined, scope: Scope): Columns;
  /** A function is called, by its name as the statement has it. */
  call(name: readonly string[], args: readonly Json[]): void;
  /** An operator is used, by its name as the statement has it. */
  operator(name: readonly string[]): void;
  /** `value.name`, where nobody knows that it is a column: it calls a function of that name, if there is one. */
  member(name: string, of: Json | null): void;
  /** A relation is read or changed: what stands behind it, if it is a view. */
  behind(table: string): void;
  /** What is known of the database. */
  readonly known: Known;
}
