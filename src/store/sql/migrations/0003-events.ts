import type { Kysely } from "kysely";
import type { Tables } from "../schema.ts";
import { columnsOf, type Dialect } from "./dialect.ts";

/** What other processes are told of, and the number of the state that the store is in. */
export async function events(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  const { text, number } = columnsOf(dialect);
  await db.schema
    .createTable("events")
    .addColumn("sequence", number, (column) => column.notNull().primaryKey())
    .addColumn("kind", text, (column) => column.notNull())
    .addColumn("id", text, (column) => column.notNull())
    .execute();
  await (db as Kysely<Tables>).insertInto("counters").values({ name: "state", value: 0 }).execute();
}
