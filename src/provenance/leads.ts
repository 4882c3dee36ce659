import type { JsonObject } from "../domain/json.ts";
import { wordsOfName } from "../domain/lexicon.ts";
import type { ToolRule } from "../ports/configuration.ts";
import { groundOf, type Grounds } from "./ground.ts";
import { scalars, targetsOf } from "./traced-call.ts";

/** Whether what a read is asked with leads on from the owner's words: a word of theirs, or nothing but what stands in records
 *  that they lead to, as the reviewers of a named request are looked up one by one. */
export function leadsOn(grounds: Grounds): boolean {
  const levels = Object.entries(grounds.input).flatMap(([name, value]) =>
    scalars(value).flatMap((one) => (one.length > 2 ? [groundOf(one, name, grounds).level] : [])),
  );
  return levels.includes("words") || (levels.length > 0 && levels.every((level) => level === "record"));
}

const WHO = new Set("user customer client account traveler traveller owner personal patient member my".split(" "));
const ABOUT = new Set("information info details detail data settings preferences account".split(" "));
const MANY = new Set("list search find query all".split(" "));

/** Whether a read asks for what a server knows of whoever the work is for: named so, and asked about nobody in particular. What
 *  is the owner's to read, as an inbox is, is not for that the owner's. */
export function isOwn(tool: string, rule: ToolRule | null, input: JsonObject): boolean {
  const words = wordsOfName(tool);
  if (words.some((word) => MANY.has(word))) return false;
  const named =
    words.includes("profile") ||
    words.includes("whoami") ||
    (words.some((word) => WHO.has(word)) && words.some((word) => ABOUT.has(word)));
  return named && rule !== null && targetsOf({ rule, input }).length === 0;
}
