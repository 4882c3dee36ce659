import { groundOf, type Grounds } from "./ground.ts";
import { scalars } from "./traced-call.ts";

/** Whether what a read is asked with leads on from the owner's words: a word of theirs, or nothing but what stands in records
 *  that they lead to, as the reviewers of a named request are looked up one by one. */
export function leadsOn(grounds: Grounds): boolean {
  const levels = Object.entries(grounds.input).flatMap(([name, value]) =>
    scalars(value).flatMap((one) => (one.length > 2 ? [groundOf(one, name, grounds).level] : [])),
  );
  return levels.includes("words") || (levels.length > 0 && levels.every((level) => level === "record"));
}
