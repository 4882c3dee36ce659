import type { Json } from "../../../domain/json.ts";
import { tableName } from "../../../domain/sql-name.ts";
import { refuse } from "../refusal.ts";
import { type Reader, readMember, readName, readStar, type Scope } from "./scope.ts";
import { as, type Node, nodes, stringOf, stringsOf, textOf } from "./tree.ts";

/** What expressions are made of, and does nothing by itself. Whatever is not here, nor read below, is refused. */
const KNOWN = new Set(
  `A_ArrayExpr A_Const A_Indices A_Star AlternativeSubPlan BoolExpr BooleanTest CaseExpr CaseWhen CoalesceExpr
   CollateClause ColumnDef DefElem Float GroupingFunc GroupingSet Integer JsonAggConstructor JsonArgument
   JsonArrayAgg JsonArrayConstructor JsonArrayQueryConstructor JsonBehavior JsonConstructorExpr JsonExpr JsonFormat
   JsonFuncExpr JsonIsPredicate JsonKeyValue JsonObjectAgg JsonObjectConstructor JsonOutput JsonParseExpr JsonReturning
   JsonScalarExpr JsonSerializeExpr JsonTableColumn JsonTablePathSpec JsonValueExpr List MergeSupportFunc MinMaxExpr
   MultiAssignRef NamedArgExpr NullTest ParamRef RangeTableFuncCol ResTarget RowExpr SQLValueFunction SetToDefault
   String TypeCast TypeName WindowDef XmlExpr XmlSerialize Boolean BitString Null SortBy`.split(/\s+/),
);

/** Reads an expression: what it names counts as read, what it calls as called, and the queries in it as queries. */
export function readExpression(value: Json | undefined, scope: Scope, reader: Reader): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value as readonly Json[]) readExpression(item, scope, reader);
    return;
  }
  for (const key in value as Node) {
    const inside = (value as Node)[key] as Json;
    // Types of nodes begin with a capital, fields with a small letter.
    if (key < "a") readNode(key, inside as Node, scope, reader);
    else readExpression(inside, scope, reader);
  }
}

function readNode(type: string, node: Node, scope: Scope, reader: Reader): void {
  switch (type) {
    case "A_Const":
    case "ParamRef":
    case "String":
      return;
    case "ColumnRef":
      return readColumnRef(nodes(node["fields"]), scope, reader);
    case "FuncCall":
      reader.call(stringsOf(node["funcname"]), nodes(node["args"]));
      return readExpression(node, scope, reader);
    case "A_Expr":
      if (!textOf(node["kind"]).includes("BETWEEN")) reader.operator(stringsOf(node["name"]));
      readExpression(node["lexpr"], scope, reader);
      return readExpression(node["rexpr"], scope, reader);
    case "SubLink":
      readExpression(node["testexpr"], scope, reader);
      if (node["operName"] !== undefined) reader.operator(stringsOf(node["operName"]));
      reader.query(node["subselect"], scope);
      return;
    case "JsonArrayQueryConstructor":
      reader.query(node["query"], scope);
      return;
    case "A_Indirection":
      return readIndirection(node, scope, reader);
    default:
      if (!KNOWN.has(type)) refuse(`${type} is not known here`);
      readExpression(node, scope, reader);
  }
}

function readColumnRef(fields: readonly Json[], scope: Scope, reader: Reader): void {
  const last = fields.at(-1);
  const names = stringsOf(fields);
  if (as(last, "A_Star") !== null) {
    readStar(scope, names.at(-1) ?? null, reader.found);
    return;
  }
  const name = stringOf(last) ?? refuse("a column without a name");
  const of = names.at(-2);
  if (of === undefined) return readName(scope, name, reader.found, NOTHING);
  const schema = names.at(-3) ?? null;
  switch (readMember(scope, of, name, reader.found)) {
    case "column":
      return;
    case "call":
      return reader.member(name, null);
    case "nothing":
      reader.found.touch(tableName(reader.known.schema, schema, of), "read", [name]);
  }
}

const NOTHING: ReadonlySet<string> = new Set();

/** `(x).name` may be a part of `x`, and may be a function that is called with it. */
function readIndirection(node: Node, scope: Scope, reader: Reader): void {
  readExpression(node["arg"], scope, reader);
  readExpression(node["indirection"], scope, reader);
  for (const name of stringsOf(node["indirection"])) reader.member(name, node["arg"] ?? null);
}
