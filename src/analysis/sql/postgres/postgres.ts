import { reason } from "../../../domain/reason.ts";
import type { SqlCatalogue } from "../../../domain/sql-catalogue.ts";
import type { Analysis } from "../../analysis.ts";
import { Findings } from "../findings.ts";
import { knownOf } from "../known.ts";
import { Refusal, refuse } from "../refusal.ts";
import { sayStatement } from "../says.ts";
import { textFault } from "../text.ts";
import { parse } from "./parser.ts";
import { boundDepth, regenerate } from "./regenerate.ts";
import { readStatement } from "./statement.ts";
import { nodes, object } from "./tree.ts";
import { readerFor } from "./walk.ts";

/** What one statement for PostgreSQL would do, read off the tree that PostgreSQL's own parser makes of it. */
export function analysePostgres(text: string, catalogue: SqlCatalogue | null): Analysis {
  const fault = textFault(text);
  if (fault !== null) return { kind: "refused", reason: fault };
  const parsed = parse(text);
  if (parsed.kind === "error") {
    const why = `${parsed.message.slice(0, 120)}, at offset ${parsed.offset}`;
    return { kind: "refused", reason: reason("query_unparsed", { why, offset: parsed.offset }) };
  }
  try {
    if (parsed.kind === "broken") refuse("it is nested too deeply");
    const statements = nodes(parsed.tree["stmts"]);
    const [first] = statements;
    if (first === undefined)
      return { kind: "refused", reason: reason("query_unparsed", { why: "there is nothing in it" }) };
    if (statements.length > 1) refuse(`there are ${statements.length} statements in it, and one is judged at a time`);
    const statement = object(first)?.["stmt"] ?? refuse("there is nothing in it");
    boundDepth(statement);
    const found = new Findings();
    const word = readStatement(statement, readerFor(knownOf(catalogue), found));
    const effects = found.effects(sayStatement(word, found));
    return { kind: "understood", effects, forward: regenerate(statement) };
  } catch (error) {
    if (error instanceof Refusal) return { kind: "refused", reason: error.reason };
    throw error;
  }
}
