import { isObject, type Json, type JsonObject, own } from "../../domain/json.ts";
import type { Leaf, SourceLabels } from "../../domain/provenance.ts";
import { parseLenient } from "../../wire/json/parse.ts";
import { labelOf } from "../labels.ts";
import { pathOf } from "./path.ts";
import { isProse } from "./prose.ts";

export interface Leaves {
  readonly leaves: readonly Leaf[];
  /** False where there were more than are looked at: what is not among them may still have been shown. */
  readonly complete: boolean;
}

const MOST_LEAVES = 20_000;
const DEEPEST = 64;

/** Every value of a result with what it is worth. A text block that is JSON as a whole counts as structured, at its own
 *  paths; an error is text whatever it looks like. Of a result of any size, in time that grows with it and no faster. */
export function leavesOf(result: Json, source: SourceLabels): Leaves {
  const found: Leaf[] = [];
  let complete = true;

  function take(value: Json, keys: readonly string[], block: number | null): void {
    if (found.length >= MOST_LEAVES || keys.length > DEEPEST) return void (complete = false);
    if (value === null) return;
    if (Array.isArray(value)) {
      for (const [i, item] of (value as readonly Json[]).entries()) take(item, [...keys, String(i)], block);
    } else if (isObject(value)) {
      for (const key of Object.keys(value)) take(value[key] ?? null, [...keys, key], block);
    } else if (typeof value !== "object") {
      const form = typeof value === "string" && isProse(value) ? "text" : "structured";
      found.push({ path: pathOf(keys), block, value, label: labelOf(source, keys, form) });
    }
  }

  function text(value: string, block: number, plain: boolean): void {
    const inside = plain ? null : structureOf(value);
    if (inside !== null) return take(inside, [], block);
    if (found.length >= MOST_LEAVES) return void (complete = false);
    found.push({ path: "$", block, value, label: labelOf(source, [], "text") });
  }

  if (!isObject(result)) return { leaves: [], complete: true };
  const failed = own(result, "isError") === true || own(result, "code") !== undefined;
  const structured = own(result, "structuredContent");
  if (structured !== undefined) take(structured, [], null);
  for (const [i, block] of blocksOf(result).entries()) {
    const { text: said, ...rest } = block;
    take(rest, [], i);
    if (typeof said === "string") text(said, i, failed);
  }
  const message = own(result, "message");
  if (failed && typeof message === "string") text(message, -1, true);
  return { leaves: found, complete };
}

/** The blocks of a tool's result, a resource's contents or a prompt's messages, each with its text at `text`. */
function blocksOf(result: JsonObject): readonly JsonObject[] {
  return ["content", "contents", "messages"].flatMap((name) => {
    const list = own(result, name);
    return (Array.isArray(list) ? (list as readonly Json[]) : []).flatMap((item) => {
      if (!isObject(item)) return [];
      const inner = own(item, "resource") ?? own(item, "content");
      return isObject(inner) ? [{ ...item, ...inner, resource: null, content: null }] : [item];
    });
  });
}

/** What a text says that is one JSON object or list; null for every other text. */
export function structureOf(text: string): Json | null {
  const first = text.trimStart().charAt(0);
  if (first !== "{" && first !== "[") return null;
  const parsed = parseLenient(text.trim(), { maxDepth: DEEPEST });
  return parsed.kind === "parsed" ? parsed.value : null;
}
