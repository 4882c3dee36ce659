import type { Kysely } from "kysely";
import { columnsOf, type Dialect } from "./dialect.ts";

/** One table for what is read by its key alone. */
export async function documents(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  const { text } = columnsOf(dialect);
  await db.schema
    .createTable("documents")
    .addColumn("kind", text, (column) => column.notNull())
    .addColumn("id", text, (column) => column.notNull())
    .addColumn("expires_at", "bigint")
    .addColumn("body", text, (column) => column.notNull())
    .addPrimaryKeyConstraint("documents_key", ["kind", "id"])
    .execute();
  await db.schema.createIndex("documents_by_expiry").on("documents").columns(["expires_at"]).execute();
}
