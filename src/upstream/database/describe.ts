import type { JsonObject } from "../../domain/json.ts";
import type { Relation, SqlCatalogue } from "../../domain/sql-catalogue.ts";
import { tableName } from "../../domain/sql-name.ts";
import { describeTables, type TableLimit } from "../../domain/table-access.ts";
import type { Reach } from "../../ports/outbound.ts";

/** The tables of a database, or one of them: all of it where the task's grants name no tables, else what they name. */
export function describeDatabase(catalogue: SqlCatalogue, reach: Reach, only: string | null): readonly JsonObject[] {
  return catalogue.relations
    .filter(({ kind }) => kind !== "sequence")
    .flatMap((relation) => {
      const table = tableName(catalogue.schema, relation.schema, relation.name);
      const limit = Object.hasOwn(reach.tables, table) ? reach.tables[table] : undefined;
      if ((only !== null && only !== table) || (reach.granted && limit === undefined)) return [];
      const shown = { table, kind: relation.kind };
      return reach.granted && limit !== undefined
        ? [{ ...shown, columns: named(relation, limit), may: describeTables({ [table]: limit }) }]
        : [{ ...shown, columns: relation.columns }];
    });
}

function named({ columns }: Relation, { read, insert, update }: TableLimit): readonly string[] {
  const all = [read, insert, update];
  return all.includes("*") ? columns : columns.filter((column) => all.some((list) => list?.includes(column)));
}
