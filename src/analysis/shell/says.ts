import type { Ran } from "./act.ts";
import { HOLE, NAME } from "./field.ts";

const LONGEST_NAME = 60;
const MOST = 8;

/** A name that somebody else chose, so that it cannot be taken for a part of the sentence. */
export function quoted(text: string): string {
  const shown = text.replaceAll(HOLE, "…").replaceAll(NAME, "…");
  const short = shown.length > LONGEST_NAME ? `${shown.slice(0, LONGEST_NAME)}…` : shown;
  if (/^[\w./@:+~*…-]+$/.test(short)) return short;
  const escaped = JSON.stringify(short).replaceAll(
    /[^\x20-\x7e…\p{L}\p{N}]/gu,
    (one) => `\\u${(one.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
  return escaped;
}

/** `runs 2 commands: git status, rm (deletes build/)`. */
export function sentence(ran: readonly Ran[]): string {
  if (ran.length === 0) return "runs no command";
  const shown = ran.slice(0, MOST).map(({ name, notes }) => {
    const said = [...new Set(notes)];
    return said.length === 0 ? name : `${name} (${said.join("; ")})`;
  });
  const rest = ran.length > MOST ? [`and ${ran.length - MOST} more`] : [];
  return `runs ${ran.length === 1 ? "1 command" : `${ran.length} commands`}: ${[...shown, ...rest].join(", ")}`;
}
