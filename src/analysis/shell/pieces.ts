import { HOLE, NAME } from "./field.ts";
import { parameterPieces } from "./parameter.ts";
import { type Piece, type Reader, separated } from "./piece.ts";
import { type Flow, streamed } from "./state.ts";
import type { ArithmeticExpression, WordPart } from "./syntax.ts";

export function piecesOf(parts: readonly WordPart[], reader: Reader, quoted = false): readonly Piece[] {
  return parts.flatMap((part) => pieceOf(part, reader, quoted));
}

function pieceOf(part: WordPart, reader: Reader, quoted: boolean): readonly Piece[] {
  switch (part.type) {
    case "Literal":
      return [{ text: part.value, quoted, raw: part.text }];
    case "AnsiCQuoted":
      // Bash ends the text at a NUL; other characters that are not seen are nobody's name for anything.
      return [{ text: /[\u0000-\u0008\u000b-\u001f\u007f]/.test(part.value) ? HOLE : part.value, quoted: true }];
    case "SingleQuoted":
      return [{ text: part.value, quoted: true }];
    case "DoubleQuoted":
    case "LocaleString":
      return [{ text: "", quoted: true }, ...piecesOf(part.parts, reader, true)];
    case "Glob":
      if (part.kind === "bracket") piecesOf(part.parts, reader, quoted);
      return [{ text: part.value, quoted, glob: !quoted }];
    case "ExtendedGlob":
      piecesOf(part.parts ?? [], reader, quoted);
      return [{ text: part.text, quoted, glob: true }];
    case "SimpleExpansion":
      return parameterPieces({ name: part.text.slice(1) }, reader, quoted);
    case "ParameterExpansion":
      return parameterPieces({ name: part.parameter, part }, reader, quoted);
    case "CommandExpansion":
      return [captured(reader.substitute(part.script, "captured"), quoted, separated(reader, quoted))];
    case "ProcessSubstitution":
      return [{ text: streamed(reader.shell, reader.substitute(part.script, "piped")), quoted: true }];
    case "ArithmeticExpansion":
      arithmetic(part.expression, reader);
      return [{ text: NAME, quoted: true }];
    case "BraceExpansion":
      return quoted ? [{ text: part.text, quoted }] : [{ text: HOLE, quoted: false, brace: braced(part, reader) }];
    default:
      return odd(part, reader);
  }
}

/** The parser has grown a kind of part that this does not know. */
function odd(part: never, reader: Reader): readonly Piece[] {
  reader.odd(String((part as WordPart).type));
  return [{ text: HOLE, quoted: false, expanded: true }];
}

function braced(part: Extract<WordPart, { type: "BraceExpansion" }>, reader: Reader): readonly Piece[] {
  if (part.parts === undefined) return letters(part.text);
  return piecesOf([...part.parts], reader).length === 0
    ? letters(part.text)
    : [
        { text: "{", quoted: false },
        ...piecesOf(part.parts, reader).flatMap((piece) =>
          piece.quoted || piece.expanded === true || piece.glob === true || piece.brace !== undefined
            ? [piece]
            : letters(piece.raw ?? piece.text),
        ),
        { text: "}", quoted: false },
      ];
}

/** One piece for each character, so that braces and commas stand alone; a backslash quotes the next. */
function letters(text: string): readonly Piece[] {
  const made: Piece[] = [];
  const all = [...text];
  for (let i = 0; i < all.length; i++) {
    const one = all[i] ?? "";
    if (one === "\\" && i + 1 < all.length) made.push({ text: all[++i] ?? "", quoted: true });
    else made.push({ text: one, quoted: false });
  }
  return made;
}

function captured(flow: Flow, quoted: boolean, lost: boolean): Piece {
  if (flow.kind === "files" && !lost && !quoted && flow.fields.length === 1)
    return { text: flow.fields[0]?.text ?? HOLE, quoted, expanded: true, glob: true, many: true };
  const text = flow.kind === "text" && !lost ? flow.text.replace(/\n+$/, "") : HOLE;
  return { text, quoted, expanded: true, many: !quoted && text.includes(HOLE) };
}

/** Follows what an arithmetic expression substitutes. Its value is a number, whatever it is. */
export function arithmetic(expression: ArithmeticExpression | undefined, reader: Reader): void {
  if (expression === undefined) return;
  switch (expression.type) {
    case "ArithmeticBinary":
      arithmetic(expression.left, reader);
      arithmetic(expression.right, reader);
      return;
    case "ArithmeticUnary":
      arithmetic(expression.operand, reader);
      return;
    case "ArithmeticTernary":
      arithmetic(expression.test, reader);
      arithmetic(expression.consequent, reader);
      arithmetic(expression.alternate, reader);
      return;
    case "ArithmeticGroup":
      arithmetic(expression.expression, reader);
      return;
    case "ArithmeticWord": {
      if (expression.parts !== undefined) piecesOf(expression.parts, reader);
      assigned(expression.value, reader);
      return;
    }
    case "ArithmeticCommandExpansion":
      reader.substitute(expression.script, "captured");
      return;
    default:
      reader.odd("arithmetic");
  }
}

/** Arithmetic may assign any name that stands in it. */
function assigned(text: string, reader: Reader): void {
  const { variables } = reader.shell.scope;
  for (const name of text.match(/[A-Za-z_]\w*/g) ?? []) if (variables.has(name)) variables.set(name, NAME);
}
