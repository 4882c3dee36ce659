import { tableName } from "../../../domain/sql-name.ts";
import type { Findings } from "../findings.ts";
import type { Known } from "../known.ts";
import { type Columns, ANY_COLUMNS, type Range, renamedFirst } from "./scope.ts";
import { type Node, object, stringsOf, textOf } from "./tree.ts";

/** Where PostgreSQL keeps what opens it, or what others kept from view: by plain name, in whatever schema. */
const SECRET = new Set([
  "pg_authid",
  "pg_shadow",
  "pg_user_mapping",
  "pg_user_mappings",
  "pg_subscription",
  "pg_hba_file_rules",
  "pg_ident_file_mappings",
  "pg_file_settings",
  "pg_statistic",
  "pg_statistic_ext_data",
  "pg_stats",
  "pg_stats_ext",
  "pg_stats_ext_exprs",
  "pg_largeobject",
  "pg_foreign_server",
  "pg_foreign_data_wrapper",
  "pg_stat_activity",
  "pg_stat_statements",
  "pg_db_role_setting",
]);

/** The one spelling of the table that a RangeVar names. PostgreSQL looks into its own catalogue before it looks anywhere
 *  else, and all names there start alike. */
export function spelled(relation: Node, known: Known): string {
  const name = textOf(relation["relname"]);
  const given = textOf(relation["schemaname"]);
  const plain = tableName(known.schema, null, name);
  const own = given === "" && name.startsWith("pg_") && !known.relations.has(plain);
  return own ? tableName(known.schema, "pg_catalog", name) : tableName(known.schema, given === "" ? null : given, name);
}

/** Traits that come with the table itself. */
export function markTable(relation: Node, found: Findings): void {
  if (SECRET.has(textOf(relation["relname"]))) found.has("secret-place");
}

export function columnsOf(table: string, known: Known): Columns {
  const relation = known.relations.get(table);
  return relation === undefined ? ANY_COLUMNS : { names: relation.columns, open: false };
}

/** The range that a RangeVar of a table brings, under its own name or its alias. */
export function rangeOf(relation: Node, known: Known, found: Findings): Range & { readonly table: string } {
  markTable(relation, found);
  const table = spelled(relation, known);
  const alias = object(relation["alias"]);
  const columns = columnsOf(table, known);
  const names = alias === null ? [] : stringsOf(alias["colnames"]);
  return {
    name: alias === null ? textOf(relation["relname"]) : textOf(alias["aliasname"]),
    table,
    schema: textOf(relation["schemaname"]) || null,
    columns: renamedFirst(columns, names),
    renamed: renames(columns, names),
    members: [],
    callable: false,
  };
}

function renames(columns: Columns, names: readonly string[]): Range["renamed"] {
  if (names.length === 0) return null;
  if (columns.open) return "*";
  return new Map(names.map((name, i) => [name, columns.names[i] ?? name]));
}
