import type { FunctionFacts, Relation, SqlCatalogue } from "../../domain/sql-catalogue.ts";
import { tableName } from "../../domain/sql-name.ts";

/** What is known of a database, for looking things up. Nothing, where there is no catalogue. */
export interface Known {
  /** The schema that unqualified names mean. */
  readonly schema: string;
  /** Tables, by their one spelling. */
  readonly relations: ReadonlyMap<string, Relation>;
  /** Functions by their plain name: those of all schemas, for a call may mean each that fits. */
  readonly functions: ReadonlyMap<string, readonly FunctionFacts[]>;
}

const NOTHING: Known = { schema: "public", relations: new Map(), functions: new Map() };
const kept = new WeakMap<SqlCatalogue, Known>();

export function knownOf(catalogue: SqlCatalogue | null): Known {
  if (catalogue === null) return NOTHING;
  const before = kept.get(catalogue);
  if (before !== undefined) return before;
  const functions = new Map<string, FunctionFacts[]>();
  for (const one of catalogue.functions) functions.set(one.name, [...(functions.get(one.name) ?? []), one]);
  const known: Known = {
    schema: catalogue.schema,
    relations: new Map(catalogue.relations.map((one) => [tableName(catalogue.schema, one.schema, one.name), one])),
    functions,
  };
  kept.set(catalogue, known);
  return known;
}
