import type pg from "pg";
import { nameParts } from "../../domain/sql-name.ts";
import type { TableLimit, TableLimits } from "../../domain/table-access.ts";
import { quoted } from "../../wire/postgres/session.ts";

interface Column {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  /** As PostgreSQL says it: `S` for a sequence. */
  readonly kind: string;
  /** The sequence that its default draws from; null for none. */
  readonly sequence: string | null;
}

const COLUMNS = `
SELECT n.nspname AS schema, c.relname AS table, a.attname AS column, c.relkind::text AS kind,
       pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname) AS sequence
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname = ANY ($1) AND c.relname = ANY ($2)`;

/** The statements that let `role` do what `limits` say, and nothing else. What they name and the database does not have is
 *  left out: nobody can do anything with it. */
export async function grantsFor(
  client: Pick<pg.PoolClient, "query">,
  role: string,
  limits: TableLimits,
  schemas: readonly string[],
): Promise<readonly string[]> {
  const wanted = Object.entries(limits).map(([name, limit]) => ({ ...nameParts(name), limit }));
  const { rows } = await client.query<Column>(COLUMNS, [schemas, wanted.map(({ table }) => table)]);
  const used = new Set<string>();
  const grants = wanted.flatMap(({ schema: named, table, limit }) => {
    const schema = named ?? schemas[0] ?? "public";
    const columns = rows.filter((one) => one.schema === schema && one.table === table);
    if (columns.length === 0) return [];
    used.add(schema);
    const on = `ON ${quoted(schema)}.${quoted(table)} TO ${quoted(role)}`;
    if (columns.some(({ kind }) => kind === "S")) return numbers(limit, on);
    return [...verbs(limit, columns, on), ...sequences(limit, columns, role)];
  });
  return [...[...used].map((schema) => `GRANT USAGE ON SCHEMA ${quoted(schema)} TO ${quoted(role)}`), ...grants];
}

function verbs(limit: TableLimit, columns: readonly Column[], on: string): readonly string[] {
  const names = columns.map(({ column }) => column);
  const named = (
    [
      ["SELECT", limit.read],
      ["INSERT", limit.insert],
      ["UPDATE", limit.update],
    ] as const
  ).flatMap(([verb, allowed]) => {
    if (allowed === undefined) return [];
    if (allowed === "*") return [`GRANT ${verb} ${on}`];
    // Where only the rows count, PostgreSQL asks for one column, whichever it is.
    const wanted = allowed.length === 0 ? names.slice(0, 1) : allowed.filter((name) => names.includes(name));
    const there = wanted.map(quoted);
    return there.length === 0 ? [] : [`GRANT ${verb} (${there.join(", ")}) ${on}`];
  });
  return limit.delete === true ? [...named, `GRANT DELETE ${on}`] : named;
}

/** Of a sequence one reads where it stands, or draws from it and sets it. */
function numbers({ read, update }: TableLimit, on: string): readonly string[] {
  return [
    ...(read === undefined ? [] : [`GRANT SELECT ${on}`]),
    ...(update === undefined ? [] : [`GRANT USAGE, UPDATE ${on}`]),
  ];
}

/** Who may insert may draw the numbers that its columns are filled with. */
function sequences(limit: TableLimit, columns: readonly Column[], role: string): readonly string[] {
  if (limit.insert === undefined) return [];
  const drawn = columns.flatMap(({ sequence }) => sequence ?? []);
  return [...new Set(drawn)].map((sequence) => `GRANT USAGE ON SEQUENCE ${sequence} TO ${quoted(role)}`);
}
