import type { ColumnDefinitionBuilder, CreateTableBuilder, Kysely } from "kysely";
import { columnsOf, type Dialect } from "./dialect.ts";

/** The first schema. A migration that has shipped is never edited; a later one changes what it made. */
export async function first(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  const { text, number, countsUp } = columnsOf(dialect);
  const required = (column: ColumnDefinitionBuilder) => column.notNull();
  const unique = (column: ColumnDefinitionBuilder) => column.notNull().unique();
  const key = (column: ColumnDefinitionBuilder) => column.notNull().primaryKey();
  // Counts up, in SQLite because no row of these tables is ever deleted.
  const listed = (table: string): CreateTableBuilder<string, "position"> =>
    db.schema.createTable(table).addColumn("position", number, (column) => key(countsUp(column))) as CreateTableBuilder<
      string,
      "position"
    >;
  const index = (name: string, table: string, columns: readonly string[]) =>
    db.schema
      .createIndex(name)
      .on(table)
      .columns([...columns]);

  await listed("tasks")
    .addColumn("id", text, unique)
    .addColumn("parent", text)
    .addColumn("active", "integer", required)
    .addColumn("body", text, required)
    .execute();
  await index("tasks_by_parent", "tasks", ["parent"]).execute();
  await index("tasks_by_active", "tasks", ["active", "position"]).execute();

  await db.schema.createTable("sessions").addColumn("id", text, key).addColumn("body", text, required).execute();

  await listed("instances")
    .addColumn("id", text, unique)
    .addColumn("agent", text, required)
    .addColumn("body", text, required)
    .execute();
  await index("instances_by_agent", "instances", ["agent", "position"]).execute();

  await listed("grants")
    .addColumn("id", text, unique)
    .addColumn("task", text, required)
    .addColumn("body", text, required)
    .execute();
  await index("grants_by_task", "grants", ["task", "position"]).execute();

  await listed("approvals")
    .addColumn("id", text, unique)
    .addColumn("task", text, required)
    .addColumn("digest", text, required)
    .addColumn("state", text, required)
    .addColumn("body", text, required)
    .execute();
  await index("approvals_by_task", "approvals", ["task", "digest", "position"]).execute();
  await index("approvals_by_state", "approvals", ["state", "position"]).execute();

  await listed("calls")
    .addColumn("id", text, unique)
    .addColumn("session", text, required)
    .addColumn("client_key", text)
    .addColumn("state", text, required)
    .addColumn("body", text, required)
    .execute();
  await index("calls_by_client_key", "calls", ["session", "client_key"]).unique().execute();
  await index("calls_by_state", "calls", ["state", "position"]).execute();

  await db.schema
    .createTable("pins")
    .addColumn("server", text, required)
    .addColumn("tool", text, required)
    .addColumn("body", text, required)
    .addPrimaryKeyConstraint("pins_key", ["server", "tool"])
    .execute();

  await listed("policies").addColumn("body", text, required).execute();

  await db.schema
    .createTable("person_keys")
    .addColumn("hash", text, key)
    .addColumn("person", text, required)
    .addColumn("at", "bigint", required)
    .execute();

  await db.schema
    .createTable("watermarks")
    .addColumn("subject", text, key)
    .addColumn("sequence", "bigint", required)
    .execute();

  await db.schema.createTable("counters").addColumn("name", text, key).addColumn("value", "bigint", required).execute();

  await db.schema
    .createTable("spent")
    .addColumn("issuer", text, required)
    .addColumn("id", text, required)
    .addColumn("expires_at", "bigint", required)
    .addPrimaryKeyConstraint("spent_key", ["issuer", "id"])
    .execute();
  await index("spent_by_expiry", "spent", ["expires_at"]).execute();

  await db.schema
    .createTable("ledger")
    .addColumn("number", number, key)
    .addColumn("previous", text, required)
    .addColumn("hash", text, required)
    .addColumn("kind", text, required)
    .addColumn("at", "bigint", required)
    .addColumn("call", text)
    .addColumn("task", text)
    .addColumn("body", text, required)
    .execute();
  await index("ledger_by_call", "ledger", ["call", "number"]).execute();
  await index("ledger_by_task", "ledger", ["task", "number"]).execute();
  await index("ledger_by_kind", "ledger", ["kind", "number"]).execute();
}
