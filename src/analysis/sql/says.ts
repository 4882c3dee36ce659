import type { TableAccess } from "../../domain/table-access.ts";
import type { Findings } from "./findings.ts";

const MOST = 6;
const LONGEST = 60;

/** The statement in one sentence. `word` is ours; every name is one of the statement's, quoted unless it is plain, and no
 *  other text of it is in here. */
export function sayStatement(word: string, found: Findings): string {
  const access = found.access();
  const of = (verb: TableAccess["verb"]): readonly TableAccess[] => access.filter((one) => one.verb === verb);
  const parts: string[] = [];
  const changes = [
    ["insert", "filling"],
    ["update", "changing"],
    ["delete", ""],
    ["define", ""],
  ] as const;
  for (const [verb, how] of changes) {
    const touched = of(verb);
    if (touched.length === 0) continue;
    const columns = how === "" ? "" : columnsOf(touched);
    const [kind, what] = verb === "define" ? ["", "object"] : [`${verb} `, "table"];
    parts.push(
      `${kind}${count(touched.length, what)} (${names(touched.map((one) => one.table))})${columns === "" ? "" : `, ${how} ${columns}`}`,
    );
  }
  const read = of("read");
  if (read.length > 0) {
    const columns = columnsOf(read);
    parts.push(
      `read ${count(read.length, "table")} (${names(read.map((one) => one.table))})${columns === "" ? "" : `: ${columns}`}`,
    );
  }
  if (found.functions.size > 0) parts.push(`call ${names([...found.functions])}`);
  if (found.paths.size > 0) parts.push(`touch ${count(found.paths.size, "file")} (${names([...found.paths])})`);
  if (found.hosts.size > 0) parts.push(`reach ${names([...found.hosts])}`);
  if (found.traits.has("sweeping")) parts.push("every row");
  return parts.length === 0 ? word : `${word}: ${parts.join("; ")}`;
}

function columnsOf(access: readonly TableAccess[]): string {
  const all = new Set(access.flatMap(({ columns }) => (columns === "*" ? ["all columns"] : columns)));
  return names([...all]);
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}

function names(all: readonly string[]): string {
  const some = all.slice(0, MOST).map(name).join(", ");
  return all.length <= MOST ? some : `${some} and ${all.length - MOST} more`;
}

/** A name that somebody chose cannot open a line, hide a character, run on, or look like words of ours. */
function name(text: string): string {
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  if (/^[\p{L}\p{N}_.*/$-]+$/u.test(short) || short === "all columns") return short;
  const plain = [...short.replaceAll('"', "'")]
    .map((char) => (/[\p{C}\p{Zl}\p{Zp}]/u.test(char) ? `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}` : char))
    .join("");
  return `"${plain}"`;
}
