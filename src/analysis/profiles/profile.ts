import type { ToolRule } from "../../ports/configuration.ts";
import type { Artefact } from "./artefact.ts";

/** What is known of the tools of one server. A tool that is not in it is unknown, whatever it is called. */
export interface Profile {
  readonly runs: readonly Artefact[];
  readonly tools: Readonly<Record<string, ToolRule>>;
}

/** The same rule under several names. */
export function each(names: string, rule: ToolRule): Readonly<Record<string, ToolRule>> {
  return Object.fromEntries(
    names
      .split(/\s+/)
      .filter(Boolean)
      .map((name) => [name, rule]),
  );
}

/** Reads what is its owner's, and may hold what anybody wrote. */
export const READS: ToolRule = { effects: ["read"], private: true, untrusted: true };
/** Answers out of itself: nobody's data, nobody's text. */
export const HARMLESS: ToolRule = { effects: ["read"], private: false, untrusted: false };
