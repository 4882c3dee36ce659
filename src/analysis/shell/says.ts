import { quoted } from "../../domain/quote.ts";
import type { Ran } from "./act.ts";
import { HOLE, NAME } from "./field.ts";

const LONGEST_NAME = 60;
const MOST = 8;

/** A name that somebody else chose, with a dot for what is not known of it. */
export function told(text: string): string {
  return quoted(text.replaceAll(HOLE, "…").replaceAll(NAME, "…"), LONGEST_NAME);
}

/** `runs 2 commands: git status, rm (deletes "build/")`. */
export function sentence(ran: readonly Ran[]): string {
  if (ran.length === 0) return "runs no command";
  const shown = ran.slice(0, MOST).map(({ name, notes }) => {
    const said = [...new Set(notes)];
    return said.length === 0 ? name : `${name} (${said.join("; ")})`;
  });
  const rest = ran.length > MOST ? [`and ${ran.length - MOST} more`] : [];
  return `runs ${ran.length === 1 ? "1 command" : `${ran.length} commands`}: ${[...shown, ...rest].join(", ")}`;
}
