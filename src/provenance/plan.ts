import { type Act, actsOf, isCommon, isVerb, singular, thingsOf } from "../domain/lexicon.ts";
import { BUYING } from "./asked.ts";
import { wordsOf } from "./normal.ts";
import { quoted } from "./told.ts";
import type { Words } from "./words.ts";

/** Every act that changes something, in the order people are told of them. */
const ACTS: readonly Act[] = ["send", "pay", "book", "create", "update", "delete", "admit", "run", "ship", "enter"];
/** What open words do not ask for. */
const CLOSED: readonly Act[] = ["delete", "admit"];
const MOST_SHOWN = 8;

/** An act as people read and write it. */
export function shownAs(act: Act): string {
  return act === "update" ? "change" : act === "ship" ? "release" : act;
}

/** The act that people call so; null for none. */
export function actCalled(text: string): Act | null {
  return ACTS.find((act) => act === text || shownAs(act) === text) ?? null;
}

/** What the words ask for beside reading, as `asked` takes them; open words ask for all but what is closed to them. */
export function actsAskedFor(words: Words): readonly Act[] {
  const said = actsSaid(words);
  const open = words.open ? ACTS.filter((act) => !CLOSED.includes(act)) : [];
  const all: readonly Act[] = [...said, ...open];
  // Whoever asks for a change asks for the sign-in before it.
  return ACTS.filter((act) => (all.includes(act) || (act === "enter" && all.length > 0)) && !isTaken(words, act));
}

function actsSaid(words: Words): readonly Act[] {
  const buys = BUYING.some((verb) => words.verbs.has(verb));
  return ACTS.filter((act) => (words.acts.has(act) || (act === "pay" && buys)) && !isTaken(words, act));
}

function isTaken({ taken }: Words, act: Act): boolean {
  return taken?.without.includes(act) === true;
}

/** What the owner's words let a task do, one sentence for each thing that they ask for, and one for what they do not. */
export function planOf(words: Words): readonly string[] {
  const given: readonly Act[] = actsSaid(words).filter((act) => act !== "enter");
  const named = words.constants.slice(0, MOST_SHOWN).map(quoted);
  const target = named.length === 0 ? "" : `${named.join(" and ")} ${named.length === 1 ? "is" : "are"} named`;
  const things = thingsSpokenOf(words).join(", ");
  const groups = Map.groupBy(given, (act) =>
    [things, target, howOften(words, act)].filter((part) => part !== "").join("; "),
  );
  const sentences = [...groups].map(([rest, acts]) => `may ${acts.map(shownAs).join(" and ")}: ${rest}`);
  if (words.open) sentences.push("may do whatever it takes with what is named");
  if (actsAskedFor(words).includes("enter")) sentences.push("may enter: a sign-in, where the rest takes one");
  const none = ACTS.filter((act) => !given.includes(act) && act !== "enter" && (!words.open || CLOSED.includes(act)));
  if (none.length > 0) sentences.push(`may ${none.map(shownAs).join(", ")}: nothing`);
  return [...sentences, ...boundsOf(words), ...takenFrom(words)];
}

function boundsOf({ bounds }: Words): readonly string[] {
  if (bounds === null) return [];
  return [`no more money than ${bounds.each} at once${bounds.total === null ? "" : `, ${bounds.total} in all`}`];
}

function takenFrom({ taken }: Words): readonly string[] {
  if (taken === undefined) return [];
  const what = [
    ...taken.without.map((act) => `\`${shownAs(act)}\``),
    ...taken.not.map(quoted),
    ...(taken.once ? ["whatever is more than once"] : []),
  ];
  return [`the owner took away ${what.join(", ")}`];
}

/** What the words speak of, as they call it, but for what stands in an address or a name already. */
function thingsSpokenOf(words: Words): readonly string[] {
  const inNames = new Set(words.constants.flatMap(wordsOf));
  const spoken = [...words.contents]
    .filter((word) => !inNames.has(word) && !/^\p{N}+$/u.test(word))
    .filter((word) => !isVerb(word) || thingsOf(word).length > 1)
    .map(singular)
    .filter((word) => !isCommon(word));
  const all = [...new Set(spoken)];
  return all.length > MOST_SHOWN ? [...all.slice(0, MOST_SHOWN), "…"] : all;
}

function howOften(words: Words, act: Act): string {
  if (words.many) return "several";
  let times = 0;
  for (const [verb, count] of words.verbs) if (actsOf(verb).includes(act)) times += count;
  const often = times < 2 ? "once" : times === 2 ? "twice" : `${times} times`;
  const several = words.plurals.filter((thing) => !thing.startsWith("#") && !isCommon(thing) && !isVerb(thing));
  return several.length === 0 ? often : `${often}, several of ${[...new Set(several)].slice(0, MOST_SHOWN).join(", ")}`;
}
