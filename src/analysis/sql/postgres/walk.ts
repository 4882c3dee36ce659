import type { Json } from "../../../domain/json.ts";
import type { Relation } from "../../../domain/sql-catalogue.ts";
import { Findings } from "../findings.ts";
import type { Known } from "../known.ts";
import { Refusal, refuse } from "../refusal.ts";
import { readDelete, readInsert, readMerge, readUpdate } from "./change.ts";
import { readExpression } from "./expression.ts";
import { callFunction, callMember, useOperator } from "./functions.ts";
import { parse } from "./parser.ts";
import { boundDepth } from "./regenerate.ts";
import type { Columns, Reader, Scope } from "./scope.ts";
import { NOWHERE } from "./scope.ts";
import { readSelect } from "./select.ts";
import { as, nodes, object, unwrap } from "./tree.ts";

/** One that reads statements into `found`. */
export function readerFor(known: Known, found: Findings, within: ReadonlySet<string> = new Set()): Reader {
  const reader: Reader = {
    known,
    found,
    expression: (node, scope) => readExpression(node, scope, reader),
    query: (node, scope) => readQuery(node, scope, reader),
    call: (name, args) => callFunction(name, args, known, found),
    operator: (name) => useOperator(name, found),
    member: (name, of) => callMember(name, of, known, found),
    behind: (table) => {
      const relation = known.relations.get(table);
      if (relation !== undefined && !within.has(table)) readView(table, relation, reader, within);
    },
  };
  return reader;
}

/** What can stand where a query can. */
function readQuery(node: Json | undefined, scope: Scope, reader: Reader): Columns {
  const [type, fields] = unwrap(node);
  switch (type) {
    case "SelectStmt":
      return readSelect(fields, scope, reader);
    case "InsertStmt":
      return readInsert(fields, scope, reader);
    case "UpdateStmt":
      return readUpdate(fields, scope, reader);
    case "DeleteStmt":
      return readDelete(fields, scope, reader);
    case "MergeStmt":
      return readMerge(fields, scope, reader);
    default:
      return refuse(`${type || "nothing"} where a query should be`);
  }
}

const views = new WeakMap<Relation, Findings | null>();

/** A view does what the statement does that it stands for; one that cannot be read may do anything. */
function readView(table: string, view: Relation, reader: Reader, within: ReadonlySet<string>): void {
  if (view.kind !== "view" || view.definition === null) return;
  let behind = views.get(view);
  if (behind === undefined) {
    behind = behindView(view.definition, reader.known, new Set([...within, table]));
    views.set(view, behind);
  }
  if (behind === null) reader.found.has("dynamic");
  else reader.found.takeIn(behind.effects(""));
}

function behindView(definition: string, known: Known, within: ReadonlySet<string>): Findings | null {
  const parsed = parse(definition);
  const [statement] = parsed.kind === "tree" ? nodes(parsed.tree["stmts"]) : [];
  if (statement === undefined) return null;
  const found = new Findings();
  try {
    boundDepth(statement);
    const select = as(object(statement)?.["stmt"], "SelectStmt") ?? refuse("a view of no query");
    readSelect(select, NOWHERE, readerFor(known, found, within));
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
  return found;
}
