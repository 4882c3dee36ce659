/** The one spelling of a table: its name alone in the schema that unqualified names mean, else with its schema before
 *  it. A part that holds a dot or a quote is quoted, so that `"sales.orders"` is never `orders` of `sales`. */
export function tableName(usual: string, schema: string | null, name: string): string {
  return schema === null || schema === usual ? namePart(name) : `${namePart(schema)}.${namePart(name)}`;
}

/** One part of a spelling that dots divide. */
export function namePart(name: string): string {
  return /[."]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}
