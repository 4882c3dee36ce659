import { isObject, type Json, type JsonObject, own } from "../../domain/json.ts";
import { structureOf } from "../result/leaves.ts";

/** What a result says in a form that elements can be told apart in; null where it says nothing of the kind. */
export function structureIn(result: JsonObject): Json | null {
  const structured = own(result, "structuredContent");
  if (structured !== undefined) return structured;
  for (const block of blocksIn(result)) {
    const text = own(block, "text");
    const inside = typeof text === "string" ? structureOf(text) : null;
    if (inside !== null) return inside;
  }
  return null;
}

/** The one text that a result is; null for one with several, or with none. */
export function textIn(result: JsonObject): string | null {
  const [first, ...more] = blocksIn(result);
  const text = first === undefined || more.length > 0 ? undefined : own(first, "text");
  return typeof text === "string" ? text : null;
}

/** A result with `edit` done to each form in which it says what it says. A block in another form may say the same, so it
 *  goes through `other`: null leaves it out. `inside`: a text that is JSON counts as what it says. */
export function editResult(
  result: JsonObject,
  edit: (value: Json) => Json,
  other: (block: JsonObject) => JsonObject | null,
  inside = true,
): JsonObject {
  const structured = own(result, "structuredContent");
  const changed: Record<string, Json> = { ...result };
  if (structured !== undefined) changed["structuredContent"] = edit(structured);
  for (const name of LISTS) {
    const blocks = own(result, name);
    if (!Array.isArray(blocks)) continue;
    changed[name] = (blocks as readonly Json[]).flatMap((block) => {
      if (!isObject(block)) return [];
      const text = own(block, "text");
      const says = inside && typeof text === "string" ? structureOf(text) : null;
      if (typeof text === "string" && says !== null)
        return [{ ...block, text: JSON.stringify(edit(says), null, text.includes("\n") ? 2 : undefined) }];
      const kept = other(block);
      return kept === null ? [] : [kept];
    });
  }
  return changed;
}

/** A result with one more text at its end. */
export function withNotice(result: JsonObject, text: string): JsonObject {
  const name = own(result, "contents") === undefined ? "content" : "contents";
  const blocks = own(result, name);
  const last = Array.isArray(blocks) ? (blocks as readonly Json[]) : [];
  const notice = name === "content" ? { type: "text", text } : { uri: "writ://memory", mimeType: "text/plain", text };
  return { ...result, [name]: [...last, notice] };
}

const LISTS = ["content", "contents"];

function blocksIn(result: JsonObject): readonly JsonObject[] {
  return LISTS.flatMap((name) => {
    const blocks = own(result, name);
    return Array.isArray(blocks) ? (blocks as readonly Json[]).filter(isObject) : [];
  });
}
