import { wordsOfName } from "../domain/lexicon.ts";
import { atomOf } from "./normal.ts";
import { scalars, type Traced } from "./traced-call.ts";

/** How much money the owner's words let go, in whatever currency they name it; null for what they set no bound to. */
export interface Bounds {
  /** The largest amount that they name. */
  readonly each: number;
  /** All that they name together; null where an amount is for each of several. */
  readonly total: number | null;
}

const MONEY =
  /(?:[$€£¥]|\b(?:usd|eur|gbp|chf|jpy)\s?)\s?(\d(?:[\d.,]{0,20}\d)?)|(\d(?:[\d.,]{0,20}\d)?)\s?(?:[$€£¥]|(?:usd|eur|gbp|chf|jpy|euros?|dollars?|pounds?|francs?|bucks|quid)\b)/giu;
/** Words that make an amount a difference, or a share of something: what is paid then is another. */
const RELATIVE = /\b(?:by|plus|minus|another|additional|extra|percent|per\s?cent)\s*$|[%]\s*$/iu;
const MORE = /^\s*(?:more|extra|less|higher|lower|on\s+top|%|a\s+(?:head|person))/iu;
const EACH = /\b(?:each|every|per|monthly|weekly|daily|apiece|both|all|twice|everyone|everybody)\b/i;

export function boundsIn(said: string): Bounds | null {
  const amounts: number[] = [];
  for (const found of said.matchAll(MONEY)) {
    const before = said.slice(0, found.index);
    const after = said.slice(found.index + found[0].length);
    if (RELATIVE.test(before) || MORE.test(after)) return null;
    const amount = amountOf((found[1] ?? found[2] ?? "").replace(/[.,]$/, ""));
    if (amount !== null) amounts.push(amount);
  }
  if (amounts.length === 0) return null;
  return { each: Math.max(...amounts), total: EACH.test(said) ? null : amounts.reduce((a, b) => a + b, 0) };
}

const NAMES = new Set("amount price total sum cost fee budget payment".split(" "));

/** What a call that spends lets go, by argument. */
export function moneyIn({ effects, input }: Pick<Traced, "effects" | "input">): ReadonlyMap<string, number> {
  const money = new Map<string, number>();
  if (!effects.kinds.includes("spend")) return money;
  for (const [name, value] of Object.entries(input)) {
    if (!wordsOfName(name).some((word) => NAMES.has(word))) continue;
    const amounts = scalars(value).flatMap((one) => amountOf(one) ?? []);
    if (amounts.length > 0) money.set(name, Math.max(...amounts));
  }
  return money;
}

export interface Excess {
  readonly argument: string;
  readonly says: string;
}

/** The amounts of a call that go beyond what the owner's words name, alone or with what this task has spent already. */
export function excessOf(call: Traced): readonly Excess[] {
  const { bounds } = call.words;
  if (bounds === null) return [];
  const spent = call.lineage.head.uses.reduce((sum, use) => sum + (use.task === call.task ? (use.spent ?? 0) : 0), 0);
  return [...moneyIn(call)].flatMap(([argument, amount]) => {
    if (amount > bounds.each)
      return [{ argument, says: `\`${argument}\` is ${amount}, and the owner's words name ${bounds.each} at most` }];
    if (bounds.total !== null && spent + amount > bounds.total) {
      const says = `\`${argument}\` is ${amount} beside ${spent} before, and the owner's words name ${bounds.total} in all`;
      return [{ argument, says }];
    }
    return [];
  });
}

function amountOf(text: string): number | null {
  const atom = atomOf(text);
  const amount = atom.form === "number" ? Math.abs(Number(atom.key)) : Number.NaN;
  return Number.isFinite(amount) ? amount : null;
}
