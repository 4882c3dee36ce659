import { reachesTo } from "../domain/endorsement.ts";
import { isCommon, isVerb, wordsOfName } from "../domain/lexicon.ts";
import type { Grounds } from "./ground.ts";
import { atomOf, isStrong } from "./normal.ts";
import { type Target, type Traced, valuesAt } from "./traced-call.ts";

/** A value with what it is the target as, in one spelling. An address or an account is the same at every server, a name or a
 *  number means something at its own only; and an id is one of one kind of thing: event 13 is not file 13. */
export function seatedIn({ role, name, value }: Target, { server, tool }: Pick<Grounds, "server" | "tool">): string {
  const atom = atomOf(value);
  const thing = role === "identity" ? ` of ${thingMeant(name, tool)}` : "";
  return `${role}${thing}${isStrong(atom) ? "" : ` at ${server}`}\n${atom.key}`;
}

/** `file` for `file_id`; for a bare `id` what the tool is about. */
function thingMeant(name: string, tool: string): string {
  const own = wordsOfName(name).filter((word) => !isCommon(word) && word !== "ids");
  if (own.length > 0) return own.join(" ");
  const words = wordsOfName(tool);
  const at = words.findIndex((word) => isVerb(word));
  return words.filter((_, i) => i !== at).join(" ");
}

/** Whether a person who was asked said yes to the value as this target, of a call that goes so far and is for no more. */
export function isAnswered(seated: string, { lineage, rank, effects, endorsements, rule, input }: Grounds): boolean {
  const near = endorsements.filter((one) => reachesTo(one, rank, effects.kinds));
  if (near.length === 0) return false;
  const mark = lineage.seal([seated]);
  const amount = amountOf({ rule, input });
  return near.some((one) => one.mark === mark && (amount === null || (one.most !== null && amount <= one.most)));
}

/** The largest amount that a call is for; null for none, infinite where one cannot be read. */
export function amountOf({ rule, input }: Pick<Traced, "rule" | "input">): number | null {
  const texts = (rule.amount ?? []).flatMap((locator) => valuesAt(locator, input));
  const amounts = texts.map((text) => {
    const atom = atomOf(text);
    return atom.form === "number" ? Math.abs(Number(atom.key)) : Number.POSITIVE_INFINITY;
  });
  return amounts.length === 0 ? null : Math.max(...amounts);
}
