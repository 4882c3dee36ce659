import type { Json } from "../../../domain/json.ts";
import { refuse } from "../refusal.ts";
import { readFrom } from "./from.ts";
import {
  type Columns,
  ANY_COLUMNS,
  inner,
  type Range,
  NOWHERE,
  type Reader,
  readName,
  renamedFirst,
  type Scope,
  starColumns,
  together,
} from "./scope.ts";
import { spelled } from "./tables.ts";
import { as, type Node, nodes, object, only, stringOf, stringsOf, textOf, unwrap } from "./tree.ts";

const FIELDS = new Set(
  `distinctClause intoClause targetList fromClause whereClause groupClause groupDistinct havingClause windowClause
   valuesLists sortClause limitOffset limitCount limitOption lockingClause withClause op all larg rarg`.split(/\s+/),
);

/** Reads a query, and says which columns it shows. */
export function readSelect(node: Node, around: Scope, reader: Reader): Columns {
  only(node, "SELECT", FIELDS);
  const outer = readWith(node["withClause"], around, reader);
  const shown = node["larg"] === undefined ? readPlain(node, outer, reader) : readSet(node, outer, reader);
  reader.expression(node["limitOffset"], outer);
  reader.expression(node["limitCount"], outer);
  return shown;
}

/** UNION and its kin: behind them there is nothing to be named but what the first side shows. */
function readSet(node: Node, around: Scope, reader: Reader): Columns {
  const left = readSelect(object(node["larg"]) ?? {}, around, reader);
  readSelect(object(node["rarg"]) ?? {}, around, reader);
  readSorting(node["sortClause"], around, new Set(left.names), reader);
  return left;
}

function readPlain(node: Node, around: Scope, reader: Reader): Columns {
  const scope = inner(around, readFrom(node["fromClause"], around, reader));
  const targets = nodes(node["targetList"]);
  for (const target of targets) reader.expression(as(target, "ResTarget")?.["val"], scope);
  for (const field of ["whereClause", "havingClause", "windowClause", "valuesLists"] as const)
    reader.expression(node[field], scope);
  const shown = outputs(targets, scope);
  const names = new Set(shown.names);
  readSorting(node["distinctClause"], scope, names, reader);
  readSorting(node["sortClause"], scope, names, reader);
  readGrouping(node["groupClause"], scope, names, reader);
  readLocking(node["lockingClause"], scope, reader);
  readInto(node["intoClause"], reader);
  const [row] = nodes(node["valuesLists"]);
  if (row === undefined) return shown;
  return { names: nodes(as(row, "List")?.["items"]).map((_, i) => `column${i + 1}`), open: false };
}

/** The names of what is shown: those that are certain. */
export function outputs(targets: readonly Json[], scope: Scope): Columns {
  return together(
    targets.map((target) => {
      const fields = as(target, "ResTarget") ?? {};
      const name = textOf(fields["name"]);
      if (name !== "") return { names: [name], open: false };
      const star = starOf(fields["val"]);
      if (star !== null) return starColumns(scope, star.of);
      const own = nameOf(fields["val"]);
      return { names: own === null ? [] : [own], open: false };
    }),
  );
}

function starOf(value: Json | undefined): { readonly of: string | null } | null {
  const fields = nodes(as(value, "ColumnRef")?.["fields"]);
  if (as(fields.at(-1), "A_Star") === null) return null;
  return { of: fields.length === 1 ? null : stringOf(fields.at(-2)) };
}

/** The name that PostgreSQL gives to a value without one, where it takes it from what is inside. */
function nameOf(value: Json | undefined): string | null {
  const [type, fields] = unwrap(value);
  switch (type) {
    case "ColumnRef":
      return stringOf(nodes(fields["fields"]).at(-1));
    case "FuncCall":
      return stringOf(nodes(fields["funcname"]).at(-1));
    case "TypeCast":
    case "CollateClause":
      return nameOf(fields["arg"]);
    default:
      return null;
  }
}

/** ORDER BY and DISTINCT ON: a name that stands alone is first of all one of those that are shown. */
function readSorting(list: Json | undefined, scope: Scope, shown: ReadonlySet<string>, reader: Reader): void {
  for (const item of nodes(list)) {
    const sort = as(item, "SortBy");
    const value = sort === null ? item : sort["node"];
    const name = lone(value);
    if (name === null || !shown.has(name)) reader.expression(value, scope);
    if (sort !== null && nodes(sort["useOp"]).length > 0) reader.operator(stringsOf(sort["useOp"]));
  }
}

/** GROUP BY: a name that stands alone is first of all a column, and one of those that are shown only where there is none. */
function readGrouping(list: Json | undefined, scope: Scope, shown: ReadonlySet<string>, reader: Reader): void {
  for (const item of nodes(list)) {
    const name = lone(item);
    const sets = as(item, "GroupingSet");
    if (name !== null) readName(scope, name, reader.found, shown);
    else if (sets !== null) readGrouping(sets["content"], scope, shown, reader);
    else if (as(item, "RowExpr") !== null) readGrouping(as(item, "RowExpr")?.["args"], scope, shown, reader);
    else reader.expression(item, scope);
  }
}

function lone(value: Json | undefined): string | null {
  const fields = nodes(as(value, "ColumnRef")?.["fields"]);
  return fields.length === 1 ? stringOf(fields[0]) : null;
}

/** FOR UPDATE and its kin keep others from the rows: PostgreSQL asks for the right to change them. */
function readLocking(list: Json | undefined, scope: Scope, reader: Reader): void {
  for (const item of nodes(list)) {
    const named = nodes(as(item, "LockingClause")?.["lockedRels"]).map((one) =>
      textOf(as(one, "RangeVar")?.["relname"]),
    );
    reader.found.does("write");
    lock(scope.ranges, named, reader);
  }
}

function lock(ranges: readonly Range[], named: readonly string[], reader: Reader): void {
  for (const range of ranges) {
    if (named.length > 0 && !named.includes(range.name)) continue;
    if (range.table !== null) reader.found.touch(range.table, "update");
    lock(range.members, [], reader);
    // The rows of a query are locked where they come from, which may be any table that was read so far.
    if (range.table === null && range.members.length === 0)
      for (const { table, verb } of reader.found.access()) if (verb === "read") reader.found.touch(table, "update");
  }
}

/** SELECT INTO makes a table. */
function readInto(into: Json | undefined, reader: Reader): void {
  const relation = object(object(into)?.["rel"]);
  if (into === undefined) return;
  if (relation === null) refuse("INTO without a table");
  reader.found.does("administer");
  reader.found.has("defines");
  reader.found.touch(spelled(relation, reader.known), "define");
}

const CTE = new Set(`ctename aliascolnames ctematerialized ctequery search_clause cycle_clause location`.split(" "));

/** WITH: each query sees those before it, and where it is recursive all of them. */
export function readWith(clause: Json | undefined, around: Scope, reader: Reader): Scope {
  const fields = object(clause);
  if (fields === null) return around;
  const queries = new Map<string, Columns>();
  const scope: Scope = { around, ranges: [], queries };
  const ctes = nodes(fields["ctes"]).map((one) => as(one, "CommonTableExpr") ?? refuse("WITH holds what is no query"));
  if (fields["recursive"] === true)
    for (const cte of ctes)
      queries.set(textOf(cte["ctename"]), renamedFirst(ANY_COLUMNS, stringsOf(cte["aliascolnames"])));
  for (const cte of ctes) {
    only(cte, "WITH", CTE);
    const shown = renamedFirst(reader.query(cte["ctequery"], scope), stringsOf(cte["aliascolnames"]));
    const search = object(cte["search_clause"]);
    const cycle = object(cte["cycle_clause"]);
    reader.expression(cycle?.["cycle_mark_value"], NOWHERE);
    reader.expression(cycle?.["cycle_mark_default"], NOWHERE);
    const more = [search?.["search_seq_column"], cycle?.["cycle_mark_column"], cycle?.["cycle_path_column"]];
    queries.set(textOf(cte["ctename"]), {
      names: [...shown.names, ...more.map(textOf).filter((name) => name !== "")],
      open: shown.open,
    });
  }
  return scope;
}
