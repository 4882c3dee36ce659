import { skipSpace } from "./scan.ts";

type Expects = "value" | "value_or_close" | "name" | "name_or_close" | "colon" | "comma_or_close" | "end";

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Where `text`, which JSON.parse refused, stops being JSON: its length when only the rest is missing.
 *  The engine says it for some mistakes only, and a refusal should point. */
export function findSyntaxFault(text: string): number {
  const open: ("{" | "[")[] = [];
  let expects: Expects = "value";
  let at = 0;

  for (;;) {
    at = skipSpace(text, at);
    const unit = text[at];
    if (unit === undefined) return at;
    if (unit === '"' && expects !== "colon" && expects !== "comma_or_close" && expects !== "end") {
      const end = endOfStrictString(text, at);
      if (end.fault) return end.at;
      at = end.at;
      expects = expects.startsWith("name") ? "colon" : afterValue();
    } else if ((unit === "{" || unit === "[") && expects.startsWith("value")) {
      open.push(unit);
      expects = unit === "{" ? "name_or_close" : "value_or_close";
      at++;
    } else if (unit === (open.at(-1) === "{" ? "}" : "]") && expects.endsWith("or_close")) {
      open.pop();
      expects = afterValue();
      at++;
    } else if (unit === ":" && expects === "colon") {
      expects = "value";
      at++;
    } else if (unit === "," && expects === "comma_or_close") {
      expects = open.at(-1) === "{" ? "name" : "value";
      at++;
    } else {
      const length = expects.startsWith("value") ? matched(NUMBER, text, at) || matched(WORD, text, at) : 0;
      if (length === 0) return at;
      at += length;
      expects = afterValue();
    }
  }

  function afterValue(): Expects {
    return open.length === 0 ? "end" : "comma_or_close";
  }
}

function endOfStrictString(text: string, start: number): { readonly fault: boolean; readonly at: number } {
  for (let at = start + 1; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x22) return { fault: false, at: at + 1 };
    if (unit < 0x20) return { fault: true, at };
    if (unit === 0x5c) {
      const length = matched(ESCAPE, text, at);
      if (length === 0) return { fault: true, at };
      at += length - 1;
    }
  }
  return { fault: true, at: text.length };
}

function matched(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}
