import { WritError } from "../../domain/error.ts";
import type { Json, JsonObject } from "../../domain/json.ts";

/** Deeper than anything a parser of ours lets in, and far from the end of the stack. */
const MAX_DEPTH = 1000;

/** The one text of `value` (RFC 8785): members sorted by UTF-16 units, numbers as ECMAScript writes them, no space.
 *  Two values have the same text exactly when they are equal as JSON, `-0` being `0`.
 *  @throws WritError `json_not_canonical` for a lone surrogate, NaN, an infinity, undefined, or endless nesting. */
export function canonicalize(value: Json): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case "string":
      return writeString(value);
    case "number":
      if (!Number.isFinite(value)) throw notCanonical(`the number ${value}`);
      return JSON.stringify(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      if (depth >= MAX_DEPTH) throw notCanonical(`nesting beyond ${MAX_DEPTH} levels`);
      return Array.isArray(value) ? writeArray(value, depth + 1) : writeObject(value as JsonObject, depth + 1);
    default:
      throw notCanonical(value === undefined ? "undefined" : `a ${typeof value}`);
  }
}

function writeString(text: string): string {
  if (!text.isWellFormed()) throw notCanonical("a string with a lone surrogate");
  return JSON.stringify(text);
}

function writeArray(items: readonly unknown[], depth: number): string {
  let out = "[";
  for (let i = 0; i < items.length; i++) out += i === 0 ? write(items[i], depth) : `,${write(items[i], depth)}`;
  return `${out}]`;
}

function writeObject(object: JsonObject, depth: number): string {
  let out = "{";
  for (const key of Object.keys(object).toSorted()) {
    if (out !== "{") out += ",";
    out += `${writeString(key)}:${write(object[key], depth)}`;
  }
  return `${out}}`;
}

function notCanonical(what: string): WritError {
  return new WritError({
    code: "json_not_canonical",
    status: 400,
    facts: { what },
    message: `${what} has no canonical JSON form`,
    hint: "send only what JSON can say exactly",
  });
}
