import { isObject, type Json, type JsonObject } from "../../domain/json.ts";

/** One text of a definition, and where it stands. */
export interface DefinitionText {
  /** `inputSchema.properties.path.description` */
  readonly at: string;
  readonly text: string;
  /** What a text there is for: a name, a value that arguments may have, or words for people and models. */
  readonly role: "name" | "value" | "words";
}

const MOST_TEXTS = 20_000;
const DEEPEST = 64;
/** Members whose texts are values of arguments and not words about them. */
const VALUES = new Set(["enum", "const", "default", "examples"]);

/** Every text of a definition, the names of members among them: a model reads all of it. Bounded; what is beyond is not
 *  looked at, and that so much is there is told by `whole`. */
export function textsOf(definition: JsonObject): {
  readonly texts: readonly DefinitionText[];
  readonly whole: boolean;
} {
  const texts: DefinitionText[] = [];
  let whole = true;

  function walk(value: Json, at: string, role: DefinitionText["role"], depth: number): void {
    if (texts.length >= MOST_TEXTS || depth > DEEPEST) return void (whole = false);
    if (typeof value === "string") return void texts.push({ at, text: value, role });
    if (Array.isArray(value)) {
      for (const [i, item] of (value as readonly Json[]).entries()) walk(item, `${at}[${i}]`, role, depth + 1);
    } else if (isObject(value)) {
      for (const name of Object.keys(value)) {
        const below = at === "" ? name : `${at}.${name}`;
        texts.push({ at: below, text: name, role: "name" });
        const inside = role === "value" || VALUES.has(name) ? "value" : name === "name" && at === "" ? "name" : "words";
        walk(value[name] ?? null, below, inside, depth + 1);
      }
    }
  }

  walk(definition, "", "words", 0);
  return { texts, whole };
}
