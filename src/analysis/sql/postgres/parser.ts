import { createRequire } from "node:module";
import type { JsonObject } from "../../../domain/json.ts";

/** What PostgreSQL's own parser says of a text. `broken`: it ran out of stack, and nothing is known of the text. */
export type Parsed =
  | { readonly kind: "tree"; readonly tree: JsonObject }
  | { readonly kind: "error"; readonly message: string; readonly offset: number }
  | { readonly kind: "broken" };

/** The parser as it is compiled, without the wrapper around it that keeps only one. */
interface Parser {
  lengthBytesUTF8(text: string): number;
  stringToUTF8(text: string, at: number, size: number): void;
  UTF8ToString(at: number): string;
  getValue(at: number, type: "i32"): number;
  _malloc(size: number): number;
  _free(at: number): void;
  _wasm_parse_query_raw(at: number): number;
  _wasm_free_parse_result(at: number): void;
}

const require = createRequire(import.meta.url);
const createParser = require("libpg-query/wasm/libpg-query.js") as () => Promise<Parser>;

// A parser that runs out of stack leaves its memory as it was in that moment, and what it says afterwards is worth
// nothing: after some dozens of times it fails for good. It is thrown away, and the next one stands ready.
let ready: Parser[] = [];
let making: Promise<void> | null = null;
const SPARE = 2;

export async function loadParser(): Promise<void> {
  while (ready.length < SPARE) await (making ??= make());
}

async function make(): Promise<void> {
  try {
    ready.push(await createParser());
  } finally {
    making = null;
  }
}

/** Never throws. `text` holds no NUL: the parser would take it for the end. */
export function parse(text: string): Parsed {
  const [parser] = ready;
  if (parser === undefined) return { kind: "broken" };
  try {
    return parseWith(parser, text);
  } catch {
    ready = ready.filter((one) => one !== parser);
    void loadParser().catch(() => {});
    return { kind: "broken" };
  }
}

/** The layout of libpg_query's result: the tree, what it wrote to stderr, and the error with its message first and its
 *  place, counted from 1, fifth. */
function parseWith(parser: Parser, text: string): Parsed {
  const size = parser.lengthBytesUTF8(text) + 1;
  const given = parser._malloc(size);
  parser.stringToUTF8(text, given, size);
  const result = parser._wasm_parse_query_raw(given);
  if (result === 0) throw new Error("the parser has no memory left");
  const error = parser.getValue(result + 8, "i32");
  const tree = parser.getValue(result, "i32");
  const parsed: Parsed =
    error === 0
      ? { kind: "tree", tree: JSON.parse(parser.UTF8ToString(tree)) as JsonObject }
      : {
          kind: "error",
          message: parser.UTF8ToString(parser.getValue(error, "i32")),
          offset: Math.max(0, parser.getValue(error + 16, "i32") - 1),
        };
  parser._free(given);
  parser._wasm_free_parse_result(result);
  return parsed;
}
