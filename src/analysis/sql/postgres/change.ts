import type { Json } from "../../../domain/json.ts";
import type { TableVerb } from "../../../domain/table-access.ts";
import { refuse } from "../refusal.ts";
import { readFrom } from "./from.ts";
import { NO_COLUMNS, type Columns, inner, type Range, type Reader, readName, type Scope } from "./scope.ts";
import { outputs, readWith } from "./select.ts";
import { rangeOf } from "./tables.ts";
import { as, type Node, nodes, object, only, textOf, unwrap } from "./tree.ts";

const INSERT = words("relation cols selectStmt onConflictClause returningClause withClause override");
const UPDATE = words("relation targetList whereClause fromClause returningClause withClause");
const DELETE = words("relation usingClause whereClause returningClause withClause");
const MERGE = words("relation sourceRelation joinCondition mergeWhenClauses returningClause withClause");
const WHEN = words("matchKind commandType override condition targetList values");

export function readInsert(node: Node, around: Scope, reader: Reader): Columns {
  only(node, "INSERT", INSERT);
  const outer = readWith(node["withClause"], around, reader);
  const target = targetOf(node, reader);
  const given = select(node["selectStmt"], outer, reader);
  const columns = targetNames(node["cols"]);
  const all = target.columns;
  const first = given === null || all.open || given.open ? "*" : all.names.slice(0, given.names.length);
  change(target, "insert", columns.length > 0 ? columns : node["selectStmt"] === undefined ? [] : first, reader);
  const scope = inner(outer, [target]);
  readConflict(object(node["onConflictClause"]), target, scope, reader);
  return readReturning(node["returningClause"], target, scope, reader);
}

function select(node: Json | undefined, scope: Scope, reader: Reader): Columns | null {
  return node === undefined ? null : reader.query(node, scope);
}

/** ON CONFLICT looks at the columns that may be in conflict, and may change the row that is there. */
function readConflict(clause: Node | null, target: Target, scope: Scope, reader: Reader): void {
  if (clause === null) return;
  const infer = object(clause["infer"]);
  if (infer !== null) {
    if (infer["conname"] !== undefined) reader.found.touch(target.table, "read", "*");
    for (const element of nodes(infer["indexElems"])) {
      const index = as(element, "IndexElem") ?? refuse("ON CONFLICT with what is no column");
      if (index["name"] !== undefined) readName(scope, textOf(index["name"]), reader.found, new Set());
      reader.expression(index["expr"], scope);
    }
    reader.expression(infer["whereClause"], scope);
  }
  const targets = nodes(clause["targetList"]);
  if (textOf(clause["action"]) !== "ONCONFLICT_UPDATE") return;
  change(target, "update", targetNames(targets), reader);
  // PostgreSQL asks for the right to read what is read of the row that was not inserted, as if it were in the table.
  const both = inner(scope.around ?? scope, [target, { ...target, name: "excluded" }]);
  readTargets(targets, both, reader);
  reader.expression(clause["whereClause"], both);
}

export function readUpdate(node: Node, around: Scope, reader: Reader): Columns {
  only(node, "UPDATE", UPDATE);
  const outer = readWith(node["withClause"], around, reader);
  const target = targetOf(node, reader);
  const scope = inner(outer, [target, ...readFrom(node["fromClause"], outer, reader)]);
  change(target, "update", targetNames(node["targetList"]), reader);
  readTargets(nodes(node["targetList"]), scope, reader);
  if (node["whereClause"] === undefined) reader.found.has("sweeping");
  reader.expression(node["whereClause"], scope);
  return readReturning(node["returningClause"], target, scope, reader);
}

export function readDelete(node: Node, around: Scope, reader: Reader): Columns {
  only(node, "DELETE", DELETE);
  const outer = readWith(node["withClause"], around, reader);
  const target = targetOf(node, reader);
  const scope = inner(outer, [target, ...readFrom(node["usingClause"], outer, reader)]);
  change(target, "delete", [], reader);
  if (node["whereClause"] === undefined) reader.found.has("sweeping");
  reader.expression(node["whereClause"], scope);
  return readReturning(node["returningClause"], target, scope, reader);
}

export function readMerge(node: Node, around: Scope, reader: Reader): Columns {
  only(node, "MERGE", MERGE);
  const outer = readWith(node["withClause"], around, reader);
  const target = targetOf(node, reader);
  const source = readFrom(node["sourceRelation"] === undefined ? [] : [node["sourceRelation"]], outer, reader);
  const scope = inner(outer, [target, ...source]);
  reader.found.touch(target.table, "read");
  reader.expression(node["joinCondition"], scope);
  for (const clause of nodes(node["mergeWhenClauses"])) {
    const when = as(clause, "MergeWhenClause") ?? refuse("MERGE with what is no WHEN");
    only(when, "WHEN", WHEN);
    reader.expression(when["condition"], scope);
    reader.expression(when["values"], scope);
    const targets = nodes(when["targetList"]);
    switch (textOf(when["commandType"])) {
      case "CMD_INSERT": {
        const all = target.columns;
        const count = nodes(when["values"]).length;
        const given = targetNames(targets);
        change(
          target,
          "insert",
          given.length > 0 || count === 0 ? given : all.open ? "*" : all.names.slice(0, count),
          reader,
        );
        break;
      }
      case "CMD_UPDATE":
        change(target, "update", targetNames(targets), reader);
        readTargets(targets, scope, reader);
        break;
      case "CMD_DELETE":
        change(target, "delete", [], reader);
        break;
      case "CMD_NOTHING":
        break;
      default:
        refuse("MERGE with an action that is not known here");
    }
  }
  return readReturning(node["returningClause"], target, scope, reader);
}

type Target = Range & { readonly table: string };

/** What is changed is a table, whatever query is called the same. */
function targetOf(node: Node, reader: Reader): Target {
  const target = rangeOf(object(node["relation"]) ?? refuse("a change of no table"), reader.known, reader.found);
  reader.behind(target.table);
  return target;
}

function change(target: Target, verb: TableVerb, columns: readonly string[] | "*", reader: Reader): void {
  reader.found.touch(target.table, verb, columns);
  reader.found.does(verb === "delete" ? "delete" : "write");
  const relation = reader.known.relations.get(target.table);
  if (relation === undefined || relation.triggers.length === 0) return;
  reader.found.has("volatile");
  for (const one of relation.triggers) reader.found.functions.add(`trigger ${one}`);
}

function targetNames(targets: Json | undefined): readonly string[] {
  return nodes(targets).map((one) => textOf(as(one, "ResTarget")?.["name"]));
}

/** The values of SET, and what stands in the brackets of `column[…]`. */
function readTargets(targets: readonly Json[], scope: Scope, reader: Reader): void {
  for (const target of targets) {
    const fields = as(target, "ResTarget") ?? {};
    reader.expression(fields["val"], scope);
    reader.expression(fields["indirection"], scope);
  }
}

/** RETURNING sees the row before and after under names of its own. */
function readReturning(clause: Json | undefined, target: Target, scope: Scope, reader: Reader): Columns {
  const returning = object(clause);
  if (returning === null) return NO_COLUMNS;
  const named = nodes(returning["options"]).map((one) => textOf(as(one, "ReturningOption")?.["value"]));
  const rows = ["old", "new", ...named].map((name) => ({ ...target, name }));
  const targets = nodes(returning["exprs"]);
  // A `*` shows the ranges of the statement alone; `old` and `new` only go by their names.
  const seen: Scope = { ...scope, around: inner(scope.around ?? scope, rows) };
  for (const one of targets) {
    const [type, fields] = unwrap(one);
    if (type !== "ResTarget") refuse("RETURNING with what is not known here");
    reader.expression(fields["val"], seen);
  }
  return outputs(targets, seen);
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(" "));
}
