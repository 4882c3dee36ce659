/** A result with more records in it, as a tool that lists things would have them. */
export function withRecords(text: string, records: readonly string[]): string {
  const more = records.join("\n");
  if (text.startsWith("- ")) return `${text}\n${more}`;
  return /^[[{]/.test(text) ? `${more}\n- found: ${text}` : `${more}\n- text: ${JSON.stringify(text)}`;
}

/** One record in YAML. */
export function recordOf(members: Readonly<Record<string, string>>): string {
  return Object.entries(members)
    .map(([name, value], i) => `${i === 0 ? "- " : "  "}${name}: ${JSON.stringify(value)}`)
    .join("\n");
}
