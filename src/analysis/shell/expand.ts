import { braceExpanded } from "./brace.ts";
import { type Field, HOLE, literal } from "./field.ts";
import type { Piece, Reader } from "./piece.ts";
import { piecesOf } from "./pieces.ts";
import { valueOf } from "./state.ts";
import type { Word } from "./syntax.ts";

/** The arguments that a word comes to. What it substitutes is followed on the way. */
export function fieldsOf(word: Word, reader: Reader): readonly Field[] {
  if (word.parts === undefined) return [literal(plain(word, reader))];
  const alternatives = braceExpanded(piecesOf(word.parts, reader));
  if (alternatives === null || alternatives.some((pieces) => tooLong(pieces, reader)))
    return [{ text: HOLE, many: true, glob: false }];
  return alternatives.flatMap((pieces) => split(tilde(pieces, reader)));
}

/** The one text of a word where none is split: in an assignment, a redirection, a here-string. */
export function textOf(word: Word, reader: Reader): Field {
  if (word.parts === undefined) return literal(plain(word, reader));
  const pieces = tilde(piecesOf(word.parts, reader), reader);
  if (tooLong(pieces, reader)) return { text: HOLE, many: true, glob: false };
  return {
    text: pieces.map((piece) => piece.text).join(""),
    many: pieces.some((piece) => piece.brace !== undefined),
    glob: pieces.some((piece) => piece.glob === true),
  };
}

/** More than variables hold in earnest; without an end to it, a text that doubles itself would have none. */
const LONGEST_VALUE = 16_384;

function tooLong(pieces: readonly Piece[], { shell }: Reader): boolean {
  let length = 0;
  for (const piece of pieces) if (piece.expanded === true) length += piece.text.length;
  shell.budget.steps -= Math.ceil(length / 1_024);
  return length > LONGEST_VALUE;
}

function plain(word: Word, reader: Reader): string {
  return word.text.startsWith("~") ? atHome(word.value, reader) : word.value;
}

function tilde(pieces: readonly Piece[], reader: Reader): readonly Piece[] {
  const [first, ...rest] = pieces;
  if (
    first === undefined ||
    first.quoted ||
    first.expanded === true ||
    !first.text.startsWith("~") ||
    first.raw?.startsWith("\\") === true
  )
    return pieces;
  // `~"x"` is no folder of anybody; `~` before a slash is.
  if (!first.text.includes("/") && rest.length > 0) return [{ ...first, text: HOLE + first.text.slice(1) }, ...rest];
  return [{ ...first, text: atHome(first.text, reader) }, ...rest];
}

function atHome(text: string, reader: Reader): string {
  const [name = "", ...rest] = text.split("/");
  if (name === "~") return [valueOf(reader.shell, "HOME") ?? HOLE, ...rest].join("/");
  if (name === "~+") return [valueOf(reader.shell, "PWD") ?? HOLE, ...rest].join("/");
  return [HOLE, ...rest].join("/");
}

/** Text that a variable put there without quotes falls apart at blanks. */
function split(pieces: readonly Piece[]): readonly Field[] {
  const fields: Field[] = [];
  let text = "";
  let glob = false;
  let many = false;
  let open = false;
  const close = (): void => {
    if (open) fields.push({ text, many, glob });
    text = "";
    glob = false;
    many = false;
    open = false;
  };
  for (const piece of pieces) {
    if (piece.expanded !== true || piece.quoted) {
      text += piece.text;
      glob ||= piece.glob === true;
      many ||= piece.many === true;
      open = true;
      continue;
    }
    const parts = piece.text.split(/[ \t\n]+/);
    parts.forEach((part, i) => {
      if (i > 0) close();
      if (part === "") return;
      text += part;
      glob ||= piece.glob === true || /[*?[]/.test(part);
      many ||= piece.many === true || part.includes(HOLE);
      open = true;
    });
  }
  close();
  return fields;
}
