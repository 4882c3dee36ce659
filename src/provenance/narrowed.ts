import { actsOf } from "../domain/lexicon.ts";
import { type Narrowing, sizeOf } from "../domain/narrowing.ts";
import { atomOf, atomsIn, isStrong, wordsOf } from "./normal.ts";
import type { Words } from "./words.ts";

/** The owner's words without what the owner took out of them: they name no more, ask for no more and count no higher. */
export function narrowed(words: Words, by: Narrowing): Words {
  if (sizeOf(by) === 0) return words;
  const has = (value: string): boolean => by.not.some((one) => isSame(one, value));
  const gone = new Set(by.not.flatMap(wordsOf));
  const verbs = [...words.verbs].filter(([verb]) => !actsOf(verb).some((act) => by.without.includes(act)));
  return {
    ...words,
    acts: new Set([...words.acts].filter((act) => !by.without.includes(act))),
    verbs: new Map(by.once ? verbs.map(([verb]) => [verb, 1] as const) : verbs),
    contents: new Set([...words.contents].filter((word) => !gone.has(word))),
    ...(by.once ? { many: false, plurals: [] } : {}),
    constants: words.constants.filter((one) => !has(one)),
    names: (value) => words.names(value) && !has(value),
    quotes: (value, text) => words.quotes(value, text) && !has(value),
    bears: (address, how) =>
      words.bears(address, how) && !has(address) && !wordsOf(address).some((one) => gone.has(one)),
    taken: { ...by, acts: words.acts, has },
  };
}

/** Whether a value is what was taken out: the same, a page of the same site, or a name that holds the other. */
function isSame(taken: string, value: string): boolean {
  const [a, b] = [atomOf(taken), atomOf(value)];
  if (a.key === b.key || (a.form === "url" && a.key === b.host)) return true;
  // One address among several in one text.
  if (isStrong(a) && !isStrong(b)) return atomsIn(value).some((atom) => atom.key === a.key || atom.host === a.key);
  if (isStrong(b) || a.form === "number" || b.form === "number") return false;
  const [one, other] = [wordsOf(taken), wordsOf(value)].map((words) => ` ${words.join(" ")} `);
  if (one === undefined || other === undefined || one.trim() === "" || other.trim() === "") return false;
  return one.includes(other) || other.includes(one);
}
