/** Text that others chose cannot move the cursor, hide characters or open a line. */
export function plain(text: string): string {
  return [...text]
    .map((char) => (/[\p{C}\p{Zl}\p{Zp}]/u.test(char) ? `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}` : char))
    .join("");
}

/** One word of a command that a person may copy: what a shell would take apart is quoted. */
export function word(text: string): string {
  const shown = plain(text);
  return /^[\w./:@%+,][\w./:@%+,=-]*$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`;
}

/** Aligned columns under heads in capitals; the last column runs on. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [heads.map((head) => head.toUpperCase()), ...rows.map((row) => row.map(plain))];
  const widths = heads.map((_, column) => Math.max(...cells.map((row) => [...(row[column] ?? "")].length)));
  return cells
    .map((row) =>
      row
        .map((cell, i) => (i === row.length - 1 ? cell : cell + " ".repeat((widths[i] ?? 0) - [...cell].length)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** `name  value` lines; more than one value goes on below the first. Names without a value are left out. */
export function facts(entries: readonly (readonly [string, string | readonly string[] | null])[]): string {
  const kept = entries.flatMap(([name, value]) => {
    const lines = value === null ? [] : typeof value === "string" ? [value] : value;
    return lines.length === 0 ? [] : [{ name, lines }];
  });
  const width = Math.max(0, ...kept.map(({ name }) => name.length));
  return kept
    .flatMap(({ name, lines }) =>
      lines.map((line, i) => `${(i === 0 ? name : "").padEnd(width)}  ${plain(line)}`.trimEnd()),
    )
    .join("\n");
}

export function time(at: number): string {
  return new Date(at)
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, "Z");
}

/** `4 min`, for what is left of something. */
export function left(ms: number): string {
  if (ms <= 0) return "over";
  const seconds = Math.round(ms / 1000);
  return seconds < 120
    ? `${seconds} s`
    : seconds < 7200
      ? `${Math.round(seconds / 60)} min`
      : `${Math.round(seconds / 3600)} h`;
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
