import { isRecord } from "../expression.ts";
import { DOUBT } from "./value.ts";

/** Cedar's `like`: wildcards stand for any run of characters, everything else for itself. Takes the pattern as Cedar's
 *  JSON has it. Linear in the text for each piece between wildcards; there is nothing to backtrack into. */
export function matcher(pattern: unknown): (text: string) => boolean {
  const pieces = piecesOf(pattern);
  const [first = "", ...rest] = pieces;
  const last = rest.pop();
  if (last === undefined) return (text) => text === first;
  return (text) => {
    if (!text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    for (const piece of rest) {
      const found = text.indexOf(piece, at);
      if (found < 0) return false;
      at = found + piece.length;
    }
    return at <= text.length - last.length;
  };
}

/** The literal texts between the wildcards, one more than there are of them. */
function piecesOf(pattern: unknown): readonly string[] {
  if (!Array.isArray(pattern)) throw DOUBT;
  const pieces = [""];
  for (const element of pattern as readonly unknown[]) {
    if (element === "Wildcard") pieces.push("");
    else if (isRecord(element) && typeof element["Literal"] === "string")
      pieces.push((pieces.pop() ?? "") + element["Literal"]);
    else throw DOUBT;
  }
  return pieces;
}
