import type { Json } from "../../../domain/json.ts";
import { refuse } from "../refusal.ts";
import {
  type Columns,
  ANY_COLUMNS,
  derived,
  inner,
  queryNamed,
  type Range,
  type Reader,
  readColumns,
  renamedFirst,
  type Scope,
  shownBy,
  together,
} from "./scope.ts";
import { rangeOf } from "./tables.ts";
import { as, type Node, nodes, object, stringOf, stringsOf, textOf, unwrap } from "./tree.ts";

/** Functions that give one value a row: what they are called is the name of their column. */
const SCALAR = new Set([
  "generate_series",
  "generate_subscripts",
  "regexp_split_to_table",
  "string_to_table",
  "json_object_keys",
  "jsonb_object_keys",
]);

/** Reads a FROM list and says what it brings. Each item sees those before it only where it is lateral. */
export function readFrom(list: Json | undefined, around: Scope, reader: Reader): readonly Range[] {
  const ranges: Range[] = [];
  for (const item of nodes(list)) {
    reader.found.spend(ranges.length);
    ranges.push(...readItem(item, around, [...ranges], reader));
  }
  return ranges;
}

function readItem(item: Json, around: Scope, before: readonly Range[], reader: Reader): readonly Range[] {
  const [type, node] = unwrap(item);
  const lateral = inner(around, before);
  const alias = object(node["alias"]);
  const name = alias === null ? "" : textOf(alias["aliasname"]);
  const names = alias === null ? [] : stringsOf(alias["colnames"]);
  switch (type) {
    case "RangeVar":
      return [readTable(node, around, reader)];
    case "RangeSubselect": {
      const columns = reader.query(node["subquery"], node["lateral"] === true ? lateral : around);
      return [derived(name, renamedFirst(columns, names))];
    }
    case "RangeFunction":
      return [
        { ...derived(name || calledName(node), readFunctions(node, lateral, name, names, reader)), callable: true },
      ];
    case "RangeTableFunc":
    case "JsonTable":
      for (const field in node) if (field !== "alias") reader.expression(node[field], lateral);
      return [derived(name, renamedFirst({ names: columnNames(node), open: false }, names))];
    case "RangeTableSample":
      reader.expression(node["args"], lateral);
      reader.expression(node["repeatable"], lateral);
      if (stringsOf(node["method"]).some((one) => one !== "system" && one !== "bernoulli" && one !== "pg_catalog"))
        reader.call(stringsOf(node["method"]), []);
      return readItem(node["relation"] ?? null, around, before, reader);
    case "JoinExpr":
      return readJoin(node, around, before, reader);
    default:
      return refuse(`${type} in FROM is not known here`);
  }
}

function readTable(node: Node, around: Scope, reader: Reader): Range {
  const alias = object(node["alias"]);
  const relname = textOf(node["relname"]);
  const query = textOf(node["schemaname"]) === "" ? queryNamed(around, relname) : null;
  if (query !== null) {
    if (alias === null) return derived(relname, query);
    return derived(textOf(alias["aliasname"]), renamedFirst(query, stringsOf(alias["colnames"])));
  }
  const range = rangeOf(node, reader.known, reader.found);
  reader.found.does("read");
  reader.found.touch(range.table, "read");
  reader.behind(range.table);
  return range;
}

function readJoin(node: Node, around: Scope, before: readonly Range[], reader: Reader): readonly Range[] {
  const left = readItem(node["larg"] ?? null, around, before, reader);
  const right = readItem(node["rarg"] ?? null, around, [...before, ...left], reader);
  // What a condition sees is what is joined, and then what is around the query: nothing that stands beside the join.
  const both = inner(around, [...left, ...right]);
  reader.expression(node["quals"], both);
  const using = stringsOf(node["usingClause"]);
  for (const side of [left, right]) readColumns(side, { names: using, open: false }, reader.found);
  // A natural join compares whatever both sides have: all of a side, where it is not known what the other has.
  if (node["isNatural"] === true) {
    readColumns(left, together(right.map(shownBy)), reader.found);
    readColumns(right, together(left.map(shownBy)), reader.found);
  }
  const merged = object(node["join_using_alias"]);
  const joined =
    merged === null ? [] : [{ ...derived(textOf(merged["aliasname"]), ANY_COLUMNS), members: both.ranges }];
  const alias = object(node["alias"]);
  if (alias === null) return [...both.ranges, ...joined];
  const names = stringsOf(alias["colnames"]);
  const renamed = names.length === 0 ? null : "*";
  const columns: Columns = { names, open: renamed !== null };
  return [
    {
      name: textOf(alias["aliasname"]),
      table: null,
      schema: null,
      columns,
      renamed,
      members: both.ranges,
      callable: false,
    },
    ...joined,
  ];
}

function readFunctions(node: Node, lateral: Scope, name: string, names: readonly string[], reader: Reader): Columns {
  for (const item of nodes(node["functions"])) reader.expression(item, lateral);
  const defined = nodes(node["coldeflist"]).flatMap((one) => textOf(as(one, "ColumnDef")?.["colname"]));
  if (defined.length > 0) return { names: defined, open: false };
  if (names.length > 0) return { names, open: true };
  const called = calledName(node);
  return SCALAR.has(called) ? { names: [name || called], open: node["ordinality"] === true } : ANY_COLUMNS;
}

function calledName(node: Node): string {
  const [list] = nodes(node["functions"]);
  const [first] = nodes(as(list, "List")?.["items"]);
  const names = nodes(as(first, "FuncCall")?.["funcname"]);
  return stringOf(names.at(-1)) ?? "";
}

function columnNames(node: Node): readonly string[] {
  return nodes(node["columns"]).flatMap((one) => {
    const [, column] = unwrap(one);
    return [textOf(column["colname"]) || textOf(column["name"]), ...columnNames(column)].filter((name) => name !== "");
  });
}
