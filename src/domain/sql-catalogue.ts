/** What is known of a database: plain data, read by whoever is connected to it, for whoever judges statements. */
export interface SqlCatalogue {
  readonly dialect: SqlDialect;
  /** The schema that unqualified names mean; its tables stand without it. */
  readonly schema: string;
  readonly relations: readonly Relation[];
  readonly functions: readonly FunctionFacts[];
  /** SQLite: the statements that make its tables and views, to prepare against. */
  readonly definitions: readonly string[];
}

export type SqlDialect = "postgres" | "sqlite";

export interface Relation {
  readonly schema: string;
  readonly name: string;
  readonly kind: "table" | "view" | "materialized" | "foreign" | "sequence";
  readonly columns: readonly string[];
  /** Of a view: the statement it stands for. */
  readonly definition: string | null;
  /** A trigger or rule of it does more than the statement says. */
  readonly triggers: readonly string[];
}

export interface FunctionFacts {
  readonly schema: string;
  readonly name: string;
  readonly volatile: boolean;
  /** It runs as its owner (`SECURITY DEFINER`). */
  readonly definer: boolean;
  readonly language: string;
}
