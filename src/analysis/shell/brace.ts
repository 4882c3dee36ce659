import type { Piece } from "./piece.ts";

const MOST = 512;

/** `a{b,c}` as `ab` and `ac`. Null for more alternatives than anybody writes, or for a sequence that is long. */
export function braceExpanded(pieces: readonly Piece[]): readonly (readonly Piece[])[] | null {
  if (pieces.every((piece) => piece.brace === undefined)) return [pieces];
  let made: Piece[][] = [[]];
  for (const piece of pieces) {
    if (piece.brace === undefined) {
      for (const one of made) one.push(piece);
      continue;
    }
    const choices = choicesOf(piece.brace);
    if (choices === null || made.length * choices.length > MOST) return null;
    made = made.flatMap((before) => choices.map((choice) => [...before, ...choice]));
  }
  return made;
}

/** One group with its braces. Unquoted braces, commas and dots are its syntax; all else is text. */
function choicesOf(group: readonly Piece[]): readonly (readonly Piece[])[] | null {
  const inner = group.slice(1, -1);
  const branches: Piece[][] = [[]];
  let depth = 0;
  for (const piece of inner) {
    const mark = piece.quoted || piece.expanded === true ? "" : piece.text;
    if (mark === "{") depth++;
    if (mark === "}") depth--;
    if (mark === "," && depth === 0) branches.push([]);
    else branches.at(-1)?.push(piece);
  }
  if (branches.length === 1) return sequence(inner);
  const expanded = branches.map((branch) => braceExpanded(grouped(branch)));
  const all: (readonly Piece[])[] = [];
  for (const one of expanded) {
    if (one === null || all.length + one.length > MOST) return null;
    all.push(...one);
  }
  return all;
}

function sequence(inner: readonly Piece[]): readonly (readonly Piece[])[] | null {
  const text = inner.map((piece) => piece.text).join("");
  const found = /^(-?\d{1,9})\.\.(-?\d{1,9})(?:\.\.-?\d{1,9})?$/.exec(text);
  const plain = (one: string): readonly Piece[] => [{ text: one, quoted: true }];
  if (found !== null) {
    const [from, to] = [Number(found[1]), Number(found[2])];
    if (Math.abs(to - from) > MOST) return null;
    const step = from <= to ? 1 : -1;
    return Array.from({ length: Math.abs(to - from) + 1 }, (_, i) => plain(String(from + i * step)));
  }
  const letters = /^([a-zA-Z])\.\.([a-zA-Z])$/.exec(text);
  if (letters === null) return null;
  const [from, to] = [(letters[1] ?? "").charCodeAt(0), (letters[2] ?? "").charCodeAt(0)];
  const step = from <= to ? 1 : -1;
  return Array.from({ length: Math.abs(to - from) + 1 }, (_, i) => plain(String.fromCharCode(from + i * step)));
}

/** The groups inside a branch, each as one piece again. */
function grouped(pieces: readonly Piece[]): readonly Piece[] {
  const made: Piece[] = [];
  let group: Piece[] | null = null;
  let depth = 0;
  for (const piece of pieces) {
    const mark = piece.quoted || piece.expanded === true ? "" : piece.text;
    if (mark === "{") {
      depth++;
      group ??= [];
    }
    if (group === null) made.push(piece);
    else group.push(piece);
    if (mark === "}" && --depth === 0 && group !== null) {
      made.push({ text: "", quoted: false, brace: group });
      group = null;
    }
  }
  return group === null ? made : [...made, ...group];
}
