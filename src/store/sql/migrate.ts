import type { Kysely } from "kysely";
import type { Tables } from "./schema.ts";
import type { Dialect } from "./migrations/dialect.ts";
import type { Migration } from "./migrations/migrations.ts";

/** The schema's version in `db`; 0 before the first migration. */
export async function schemaVersion(db: Kysely<Tables>, schema?: string): Promise<number> {
  const tables = await db.introspection.getTables();
  if (!tables.some((table) => table.name === "schema_version" && table.schema === schema)) return 0;
  const row = await db
    .selectFrom("schema_version")
    .select((eb) => eb.fn.max("version").as("version"))
    .executeTakeFirst();
  return Number(row?.version ?? 0);
}

/** Runs what `db` lacks, in order. The caller holds the transaction that takes them all or none. */
export async function applyPending(
  db: Kysely<Tables>,
  migrations: readonly Migration[],
  at: number,
  dialect: Dialect,
  schema?: string,
): Promise<void> {
  await db.schema
    .createTable("schema_version")
    .ifNotExists()
    .addColumn("version", "integer", (column) => column.notNull().primaryKey())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("applied_at", "bigint", (column) => column.notNull())
    .execute();
  const from = await schemaVersion(db, schema);
  for (const [index, migration] of migrations.entries()) {
    if (index < from) continue;
    await migration.up(db as Kysely<unknown>, dialect);
    await db
      .insertInto("schema_version")
      .values({ version: index + 1, name: migration.name, applied_at: at })
      .execute();
  }
}
