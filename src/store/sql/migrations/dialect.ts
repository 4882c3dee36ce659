import { type ColumnDataType, type ColumnDefinitionBuilder, type RawBuilder, sql } from "kysely";

export type Dialect = "sqlite" | "postgres";

interface Columns {
  /** Compared and ordered byte by byte. */
  readonly text: ColumnDataType | RawBuilder<unknown>;
  /** Holds every safe integer. */
  readonly number: ColumnDataType | RawBuilder<unknown>;
  /** A key that the database gives out, ascending. */
  readonly countsUp: (column: ColumnDefinitionBuilder) => ColumnDefinitionBuilder;
}

/** What the same column is called in each database. In SQLite an integer primary key is the row's own id. */
export function columnsOf(dialect: Dialect): Columns {
  return dialect === "sqlite"
    ? { text: "text", number: "integer", countsUp: (column) => column }
    : { text: sql`text collate "C"`, number: "bigint", countsUp: (column) => column.generatedAlwaysAsIdentity() };
}
