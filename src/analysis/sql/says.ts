import type { TableAccess, TableVerb } from "../../domain/table-access.ts";
import type { Findings } from "./findings.ts";

const MOST = 6;
const LONGEST = 60;

/** The statement in one sentence. `word` is ours; every name is one of the statement's, quoted unless it is plain, and no
 *  other text of it is in here. */
export function sayStatement(word: string, found: Findings): string {
  const access = found.access();
  const of = (verb: TableVerb): readonly TableAccess[] => access.filter((one) => one.verb === verb);
  const changed = of("update").filter(({ columns }) => columns.length > 0);
  // The right to change a row without changing a column of it: rows that are locked, sequences that are moved on.
  const held = of("update").filter(({ columns }) => columns.length === 0);
  const deleted = of("delete");
  const parts = [
    part("inserts into", of("insert"), "filling"),
    part("updates", changed, "changing"),
    part("deletes from", deleted, ""),
    part("holds", held, ""),
    part("defines", of("define"), ""),
    part("reads", of("read"), "looking at"),
    listed("calls", found.functions),
    listed("touches the file", found.paths),
    listed("reaches", found.hosts),
  ];
  if (found.traits.has("sweeping")) parts.push("on every row");
  else if (changed.length + deleted.length > 0) parts.push("by a condition");
  const all = parts.filter((one) => one !== "");
  return all.length === 0 ? word : `${word}: ${all.join("; ")}`;
}

function part(verb: string, touched: readonly TableAccess[], how: string): string {
  if (touched.length === 0) return "";
  const tables = `${touched.length} table${touched.length === 1 ? "" : "s"} (${names(touched.map((one) => one.table))})`;
  const columns = how === "" ? "" : columnsOf(touched);
  return `${verb} ${tables}${columns === "" ? "" : `, ${how} ${columns}`}`;
}

function columnsOf(touched: readonly TableAccess[]): string {
  if (touched.some(({ columns }) => columns === "*")) return "all columns";
  return names([...new Set(touched.flatMap(({ columns }) => columns))]);
}

function listed(verb: string, all: ReadonlySet<string>): string {
  return all.size === 0 ? "" : `${verb} ${names([...all])}`;
}

function names(all: readonly string[]): string {
  const some = all.slice(0, MOST).map(name).join(", ");
  return all.length <= MOST ? some : `${some} and ${all.length - MOST} more`;
}

/** A name that somebody chose cannot open a line, hide a character, run on, or look like words of ours. */
function name(text: string): string {
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  if (/^[\p{L}\p{N}_.*/$-]+$/u.test(short)) return short;
  const plain = [...short.replaceAll('"', "'")]
    .map((char) => (/[\p{C}\p{Zl}\p{Zp}]/u.test(char) ? `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}` : char))
    .join("");
  return `"${plain}"`;
}
