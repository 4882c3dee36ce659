import type { Flow, Shell } from "./state.ts";
import type { ParsedScript, WordPart } from "./syntax.ts";

/** A part of a word. */
export interface Piece {
  readonly text: string;
  readonly quoted: boolean;
  /** A variable or a substitution put it there: it falls apart at blanks where it is not quoted. */
  readonly expanded?: boolean;
  readonly glob?: boolean;
  readonly many?: boolean;
  /** As it was written, with its backslashes. */
  readonly raw?: string;
  /** A brace expansion, character by character. */
  readonly brace?: readonly Piece[];
}

/** What reading a word needs: the state it stands in, and somebody who follows what it substitutes. */
export interface Reader {
  readonly shell: Shell;
  readonly substitute: (script: ParsedScript | undefined, how: "captured" | "piped") => Flow;
  /** What parts of a word come to. */
  readonly pieces: (parts: readonly WordPart[], quoted: boolean) => readonly Piece[];
  /** A part that nobody knows. */
  readonly odd: (what: string) => void;
}

/** Where the text says itself at what a value falls apart, one without quotes may fall apart anywhere. */
export function separated(reader: Reader, quoted: boolean): boolean {
  return !quoted && reader.shell.scope.variables.has("IFS");
}
