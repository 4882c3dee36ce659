import type { Via } from "../domain/lineage.ts";
import type { Ground } from "./ground.ts";
import type { Sighting } from "./lineage.ts";

/** Arguments whose value nobody is shown. */
const SECRET = /pass|secret|token|credential|\bpin\b|otp|api[_-]?key/i;

/** "`recipient` \"x\" was first seen in free text of `mail__read`, line 14": what others chose is quoted, escaped and capped. */
export function told(argument: string, value: string, { level, at }: Ground): string {
  const what = quotedValue(argument, value);
  if (at === null) return `${what} was named by nobody and seen nowhere`;
  if (at.via !== undefined) return `${what} ${throughMemory(at, at.via)}`;
  const line = at.line > 0 ? `, line ${at.line}` : "";
  const place = `${placeShown(at.tool, at.path)}${line}`;
  if (level === "high") return `${what} was seen in a result of ${place}`;
  return level === "text" || level === "named-text" || level === "sole" || level === "derived"
    ? `${what} was first seen in free text of ${place}`
    : `${what} was seen in a result of ${place}, which others may write`;
}

/** The whole way that it came: first where it was first seen, then the element it was kept in meanwhile. */
function throughMemory({ tool }: Sighting, { element, session, from }: Via): string {
  const kept = `\`${shown(element, 40)}\` of \`${shown(tool, 80)}\``;
  if (session === null) return `was first seen in memory ${kept}, which was written outside Writ`;
  const places = from.map(({ tool: at, path, line }) => `${placeShown(at, path)}${line > 0 ? `, line ${line}` : ""}`);
  return places.length === 0
    ? `was first seen in memory ${kept}, which session \`${session}\` wrote after it had read what others wrote`
    : `was first seen in ${places.join(" and ")} by session \`${session}\`, and came through memory ${kept}`;
}

export function placeShown(tool: string, path: string): string {
  return `\`${shown(tool, 80)}\`${path === "" ? "" : ` at \`${shown(path, 60)}\``}`;
}

/** ``the argument `payee` and its value``, of a secret the argument alone. */
export function quotedValue(argument: string, value: string): string {
  const name = `\`${shown(argument, 40)}\``;
  return SECRET.test(argument) ? name : `${name} ${quoted(value)}`;
}

export function quoted(value: string): string {
  return `"${shown(value, 80).replaceAll('"', "'")}"`;
}

function shown(text: string, most: number): string {
  const some = Array.from(text.slice(0, most * 2));
  const plain = some
    .slice(0, most)
    .map((char) => (/[\p{C}\p{Zl}\p{Zp}]/u.test(char) ? `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}` : char))
    .join("")
    .replaceAll("`", "'");
  return some.length > most || text.length > most * 2 ? `${plain}…` : plain;
}
