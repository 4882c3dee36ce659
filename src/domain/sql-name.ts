/** The one spelling of a table: its name alone in the schema that unqualified names mean, else with its schema before
 *  it. A part that holds a dot or a quote is quoted, so that `"sales.orders"` is never `orders` of `sales`. */
export function tableName(usual: string, schema: string | null, name: string): string {
  return schema === null || schema === usual ? namePart(name) : `${namePart(schema)}.${namePart(name)}`;
}

/** One part of a spelling that dots divide. */
export function namePart(name: string): string {
  return /[."]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}

/** The parts that `tableName` put together: the table, and before it the schema where it has one. */
export function nameParts(spelled: string): { readonly schema: string | null; readonly table: string } {
  const parts = [...spelled.matchAll(/"((?:[^"]|"")*)"|[^."]+/g)].map(([plain, quoted]) =>
    quoted === undefined ? plain : quoted.replaceAll('""', '"'),
  );
  return { schema: parts.length > 1 ? (parts[0] ?? null) : null, table: parts.at(-1) ?? "" };
}
