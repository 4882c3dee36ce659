import { HOLE, NAME } from "./field.ts";
import { type Piece, type Reader, separated } from "./piece.ts";
import { valueOf } from "./state.ts";
import type { ParameterExpansionPart, Word } from "./syntax.ts";

/** What `$name` or `${name…}` puts into a word. Everything that is written inside the braces is followed. */
export function parameterPieces(
  { name, part }: { readonly name: string; readonly part?: ParameterExpansionPart },
  reader: Reader,
  quoted: boolean,
): readonly Piece[] {
  if (part !== undefined) follow(part, reader);
  if (part?.index !== undefined || part?.prefix === "!") return hole(quoted);
  if (part?.prefix === "#") return [{ text: NAME, quoted: true }];
  if (/^[@*0-9]/.test(name)) return positional(name, reader, quoted, part);
  const value = separated(reader, quoted) ? undefined : valueOf(reader.shell, name);
  const operation = part?.operation;
  if (operation === undefined) return value === undefined ? hole(quoted) : [{ text: value, quoted, expanded: true }];
  if (operation.type === "Default" && value !== undefined && !value.includes(HOLE) && value !== "") {
    if (operation.operator.includes("+")) return wordPieces(operation.operand, reader, quoted);
    return [{ text: value, quoted, expanded: true }];
  }
  if (operation.type === "Default" && operation.operator.includes("=")) reader.shell.scope.variables.set(name, null);
  // The prompt form of a value runs what is substituted in it.
  if (operation.type === "Transform" || operation.type === "Unknown") reader.odd("${…@…}");
  return hole(quoted);
}

function positional(
  name: string,
  reader: Reader,
  quoted: boolean,
  part: ParameterExpansionPart | undefined,
): readonly Piece[] {
  const given = reader.shell.scope.positional;
  if (given === null || part?.operation !== undefined) return [{ text: HOLE, quoted, expanded: true, many: true }];
  const chosen = name === "@" || name === "*" ? given : name === "0" ? [] : given.slice(Number(name) - 1, Number(name));
  if (chosen.length === 1) {
    const [{ text, many, glob } = { text: "", many: false, glob: false }] = chosen;
    return [{ text, quoted, expanded: true, many, glob }];
  }
  return chosen.length === 0 && name !== "0" ? [{ text: "", quoted, expanded: true }] : hole(quoted, true);
}

function hole(quoted: boolean, many = !quoted): readonly Piece[] {
  return [{ text: HOLE, quoted, expanded: true, many }];
}

function wordPieces(word: Word, reader: Reader, quoted: boolean): readonly Piece[] {
  return word.parts === undefined ? [{ text: word.value, quoted, expanded: true }] : reader.pieces(word.parts, quoted);
}

function follow(part: ParameterExpansionPart, reader: Reader): void {
  const { index, operation } = part;
  if (index !== undefined) wordPieces(index, reader, true);
  switch (operation?.type) {
    case "Default":
    case "Remove":
    case "Transform":
      wordPieces(operation.operand, reader, true);
      return;
    case "CaseModification":
      if (operation.operand !== undefined) wordPieces(operation.operand, reader, true);
      return;
    case "Replace":
      wordPieces(operation.pattern, reader, true);
      wordPieces(operation.replacement, reader, true);
      return;
    case "Slice":
      wordPieces(operation.offset, reader, true);
      if (operation.length !== undefined) wordPieces(operation.length, reader, true);
      return;
    case "Names":
    case "Unknown":
    case undefined:
      return;
    default:
      reader.odd("parameter");
  }
}
