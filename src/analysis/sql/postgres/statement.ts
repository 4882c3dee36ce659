import type { Json } from "../../../domain/json.ts";
import { filePath } from "../findings.ts";
import { refuse } from "../refusal.ts";
import { readDefinition } from "./define.ts";
import { inner, NOWHERE, type Reader } from "./scope.ts";
import { rangeOf, spelled } from "./tables.ts";
import { as, type Node, nodes, object, only, stringsOf, textOf, unwrap } from "./tree.ts";

/** Statements that are about the session, or that run what nobody can read off them. */
const REFUSED: Readonly<Record<string, string>> = {
  TransactionStmt: "transactions are begun and ended by whoever runs the statement",
  DoStmt: "DO runs a text",
  PrepareStmt: "PREPARE keeps a statement for later",
  ExecuteStmt: "EXECUTE runs what was prepared before",
  DeallocateStmt: "DEALLOCATE is about what was prepared before",
  VariableSetStmt: "SET changes what later statements mean",
  DiscardStmt: "DISCARD changes what later statements mean",
  ConstraintsSetStmt: "SET CONSTRAINTS changes what later statements mean",
  ListenStmt: "LISTEN is about the session",
  UnlistenStmt: "UNLISTEN is about the session",
  NotifyStmt: "NOTIFY speaks to others",
  DeclareCursorStmt: "a cursor is about the session",
  FetchStmt: "a cursor is about the session",
  ClosePortalStmt: "a cursor is about the session",
  LockStmt: "LOCK holds others up until a transaction ends",
  LoadStmt: "LOAD runs a library",
};

/** Reads one whole statement and gives the word that it begins with. */
export function readStatement(node: Json | undefined, reader: Reader): string {
  const [type, fields] = unwrap(node);
  const { found } = reader;
  const why = Object.hasOwn(REFUSED, type) ? REFUSED[type] : undefined;
  if (why !== undefined) refuse(why);
  switch (type) {
    case "SelectStmt":
      found.does("read");
      reader.query(node, NOWHERE);
      return "SELECT";
    case "InsertStmt":
    case "UpdateStmt":
    case "DeleteStmt":
    case "MergeStmt":
      reader.query(node, NOWHERE);
      return type.replace("Stmt", "").toUpperCase();
    case "ExplainStmt":
      return readExplain(fields, reader);
    case "CopyStmt":
      return readCopy(fields, reader);
    case "TruncateStmt":
      for (const one of nodes(fields["relations"])) {
        const relation = as(one, "RangeVar") ?? refuse("TRUNCATE of no table");
        found.touch(spelled(relation, reader.known), "define");
      }
      found.does("delete");
      found.has("sweeping");
      return "TRUNCATE";
    case "CallStmt": {
      const call = object(fields["funccall"]) ?? refuse("CALL of nothing");
      found.does("execute");
      reader.call(stringsOf(call["funcname"]), nodes(call["args"]));
      reader.expression(call["args"], NOWHERE);
      return "CALL";
    }
    case "VariableShowStmt":
      found.does("read");
      return "SHOW";
    case "CreateTableAsStmt": {
      const into = object(object(fields["into"])?.["rel"]) ?? refuse("CREATE TABLE AS without a table");
      defines(into, reader);
      readStatement(fields["query"], reader);
      return "CREATE TABLE AS";
    }
    default:
      return readDefinition(type, fields, reader);
  }
}

function defines(relation: Node, reader: Reader): void {
  reader.found.does("administer");
  reader.found.has("defines");
  reader.found.touch(spelled(relation, reader.known), "define");
}

const EXPLAIN = new Set(["query", "options"]);
const EXPLAIN_OPTIONS = new Set(
  "analyze verbose costs settings generic_plan buffers serialize wal timing summary memory format".split(" "),
);

/** EXPLAIN runs the statement when it analyses it, and else only asks how it would be run. */
function readExplain(node: Node, reader: Reader): string {
  only(node, "EXPLAIN", EXPLAIN);
  let runs = false;
  for (const option of nodes(node["options"])) {
    const fields = as(option, "DefElem") ?? refuse("EXPLAIN with an option that is not known here");
    const name = textOf(fields["defname"]);
    if (!EXPLAIN_OPTIONS.has(name)) refuse("EXPLAIN with an option that is not known here");
    runs ||= name === "analyze" && !isOff(fields["arg"]);
  }
  const word = readStatement(node["query"], reader);
  if (runs) return `EXPLAIN ANALYZE ${word}`;
  reader.found.onlyPlanned();
  return `EXPLAIN ${word}`;
}

/** Whether the value of an option says no in one of PostgreSQL's ways; what is unclear does not. */
function isOff(value: Json | undefined): boolean {
  const [type, fields] = unwrap(value);
  if (type === "Boolean") return fields["boolval"] !== true;
  if (type === "Integer") return (fields["ival"] ?? 0) === 0;
  return type === "String" && ["off", "false", "0"].includes(textOf(fields["sval"]).toLowerCase());
}

const COPY = new Set("relation query attlist is_from is_program filename options whereClause".split(" "));

function readCopy(node: Node, reader: Reader): string {
  only(node, "COPY", COPY);
  const { found } = reader;
  const into = node["is_from"] === true;
  const relation = object(node["relation"]);
  if (node["query"] !== undefined) reader.query(node["query"], NOWHERE);
  if (relation !== null) {
    const range = rangeOf(relation, reader.known, found);
    const named = stringsOf(node["attlist"]);
    const all = range.columns.open ? ("*" as const) : range.columns.names;
    found.touch(range.table, into ? "insert" : "read", named.length > 0 ? named : all);
    reader.behind(range.table);
    reader.expression(node["whereClause"], inner(NOWHERE, [range]));
  }
  found.does(into ? "write" : "read");
  const file = node["filename"] === undefined ? null : textOf(node["filename"]);
  if (node["is_program"] === true) {
    found.does("execute");
    found.has("dynamic", "outside");
  } else if (file !== null) {
    found.does(into ? "read" : "write");
    found.has("outside", "volatile");
    found.paths.add(filePath(file));
  }
  return into ? "COPY into" : "COPY from";
}
