import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { Relation, SqlCatalogue } from "../../domain/sql-catalogue.ts";

/** Read with a connection that can do nothing else, and that waits for nobody.
 *  @throws Error where somebody else holds the file, or it is no database. */
export function readCatalogue(file: string): SqlCatalogue {
  const db = new DatabaseSync(file, { readOnly: true, allowExtension: false, timeout: 0 });
  try {
    const made = db
      .prepare(
        "SELECT name, type, tbl_name AS tbl, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY rowid",
      )
      .all() as unknown as readonly { name: string; type: string; tbl: string; sql: string | null }[];
    const columns = db.prepare("SELECT name FROM pragma_table_xinfo(?) WHERE hidden <> 1");
    const relations = made
      .filter(({ type }) => type === "table" || type === "view")
      .map(({ name, type, sql }): Relation => ({
        schema: "main",
        name,
        kind: type === "view" ? "view" : "table",
        columns: columns.all(name).map((one) => String(one["name"])),
        definition: type === "view" ? sql : null,
        triggers: made.filter((one) => one.type === "trigger" && one.tbl === name).map((one) => one.name),
      }));
    const definitions = made.flatMap(({ sql }) => sql ?? []);
    return { dialect: "sqlite", schema: "main", relations, functions: [], definitions };
  } finally {
    db.close();
  }
}

/** Another one for each change of the file or of the log beside it. */
export function stateOf(file: string): string {
  return [file, `${file}-wal`]
    .map((one) => {
      const there = statSync(one, { throwIfNoEntry: false, bigint: true });
      return there === undefined ? "" : `${there.ino} ${there.size} ${there.mtimeNs}`;
    })
    .join(";");
}
