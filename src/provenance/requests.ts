import { type Act, actsOf, isCommon, thingsOf, verbOf } from "../domain/lexicon.ts";
import { wordsOf } from "./normal.ts";

/** What somebody's own words ask to be done. */
export interface Requests {
  readonly acts: ReadonlySet<Act>;
  /** In their plain form, with how often each stands there. */
  readonly verbs: ReadonlyMap<string, number>;
  /** Verbs that are not to be done, and nowhere asked for. */
  readonly forbidden: ReadonlySet<string>;
  /** A sentence opens with a verb that nobody knows. */
  readonly vague: boolean;
}

/** Requests in which the verb that counts is said in several words. */
const PHRASES: readonly (readonly [RegExp, string])[] = [
  [/\blet\s+(?:[\p{L}'’-]+,?\s+){1,10}?know\b/giu, "notify"],
  [/\b(?:get|take|getting|taking)\s+(?:\S+\s+){0,4}?(?:out\s+of|off|rid\s+of)\b/giu, "remove"],
  [/\b(?:get|fetch|bring)\s+(?:me|us|him|her|them)\s+(?:an?|some|two|three|\d+)\b/giu, "order"],
  [
    /\b(?:make\s+(?:sure|certain)|ensure)\s+(?:that\s+)?(?:my|our|the)\s+(?:\S+\s+){1,3}?(?:has|have|is|are|gets?|shows?|says?|reads?)\b/giu,
    "update",
  ],
  [
    /\b(?:place|complete|finali[sz]e|finish|make|submit|proceed\s+(?:to|with))\s+(?:\S+\s+){0,2}?(?:order|purchase|checkout)\b/giu,
    "buy",
  ],
  [/\bmake\s+(?:\S+\s+){0,3}?(?:reservation|booking)s?\b/giu, "book"],
  [/\bmake\s+(?:\S+\s+){0,4}?(?:accessible|available|visible|public)\b/giu, "share"],
  [/\b(?:pass|hand)\s+(?:\S+\s+){0,5}?on\s+to\b/giu, "forward"],
  [
    /\b(?:in|as|with|by)\s+(?:an?|one)\s+(?:\S+\s+){0,2}?(?:comment|message|e-?mail|reply|dm|text|sms)\b|\bby\s+(?:e-?mail|dm|text|sms)\b/giu,
    "send",
  ],
  [/\bwrite\s+(?:him|her|them|back)\b/giu, "send"],
  [
    /\bpush\s+(?:\S+\s+){0,6}?(?:back|forward|out)\b|\bput\s+(?:\S+\s+){0,4}?off\b|\bbring\s+(?:\S+\s+){0,4}?forward\b/giu,
    "reschedule",
  ],
  [
    /\b(?:should|must|needs?\s+to|has\s+to|have\s+to)\s+(?:also\s+)?(?:get|receive)\s+(?:an?\s+|the\s+)?(?:invite|invitation)s?\b/giu,
    "invite",
  ],
  [
    /\b(?:get|give|buy|bring|send)\s+(?:me|us)\s+(?!the\b|a\s+(?:list|summary|note|message|link)\b)(?:an?\s+|some\s+)?\p{L}+\s+(?:tonight|for\s+(?:lunch|dinner|breakfast))\b/giu,
    "order",
  ],
  [/\b(?:give|grant)\s+(?:\S+\s+){1,4}?(?:access|permissions?|rights?)\b/giu, "grant"],
  [/\bget\s+me\s+(?:\S+\s+){0,3}?(?:table|room|ticket|seat|flight|hotel|car|taxi|cab|ride)s?\b/giu, "book"],
];

export function requestsIn(said: string): Requests {
  const tokens = wordsOf(said);
  const openings = startsOf(said, /(?<=[.!?\n])\s/);
  const asking = questionsIn(said);
  const clauses = startsOf(said, /(?<=[.!?\n,;:\u2013\u2014])\s|\s-{1,3}\s/);
  const verbs = new Map<string, number>();
  const acts = new Set<Act>();
  const denied = new Set<string>();
  let unknown = false;
  // `must not edit or delete`: to the end of the clause.
  let barred = false;
  for (const [i, token] of tokens.entries()) {
    const before = tokens[i - 1] ?? "";
    const after = tokens[i + 1] ?? "";
    if (token === "make" && (after === "sure" || after === "certain")) continue;
    if (asking.has(i)) continue;
    if (clauses.has(i)) barred = false;
    barred ||= BARS.has(token);
    if (barred || isDenied(tokens, i)) {
      const verb = verbOf(token);
      if (verb !== null) denied.add(verb);
      continue;
    }
    unknown ||= openings.has(i) && isUnknownRequest(token, after);
    // `set up` and `sign in` are verbs of two words.
    for (const word of [token, `${token}_${after}`]) {
      const verb = verbOf(word);
      if (verb === null || !isRequest(token, verb, { before, after, opens: openings.has(i), asks: clauses.has(i) }))
        continue;
      verbs.set(verb, (verbs.get(verb) ?? 0) + 1);
      // `tell me` is answered here, and sends nothing to anybody.
      const here = HEARS.has(after) && ANSWERS.has(verb);
      for (const act of actsOf(word)) if (!here || act === "look") acts.add(act);
    }
  }
  for (const [pattern, verb] of PHRASES) {
    const times = [...said.matchAll(pattern)].length;
    if (times === 0) continue;
    verbs.set(verb, (verbs.get(verb) ?? 0) + times);
    for (const act of actsOf(verb)) acts.add(act);
  }
  return { acts, verbs, forbidden: new Set([...denied].filter((verb) => !verbs.has(verb))), vague: unknown };
}

/** `don't send`, `do not just merge`, `without sending`. */
function isDenied(tokens: readonly string[], at: number): boolean {
  const back = ADVERBS.has(tokens[at - 1] ?? "") ? at - 2 : at - 1;
  const [one = "", two = "", three = ""] = [tokens[back], tokens[back - 1], tokens[back - 2]];
  if (one === "never" || one === "without") return true;
  // An apostrophe parts words: `don t`.
  return (one === "t" && NOT.has(two)) || one === "dont" || (one === "not" && (two === "do" || three === "do"));
}
const HEARS = new Set(["me", "us"]);
const ANSWERS = new Set("tell show give inform notify answer let explain".split(" "));
const BARS = new Set("not never without avoid cannot dont".split(" "));
const ADVERBS = new Set("just yet even actually ever also already".split(" "));
const NOT = new Set("don doesn shouldn mustn won can".split(" "));

/** A sentence that opens with a word nobody knows, and goes on as a request does, asks for something. */
function isUnknownRequest(token: string, after: string): boolean {
  return verbOf(token) === null && !isCommon(token) && thingsOf(token).length === 1 && GOES_ON.has(after);
}
const GOES_ON = new Set(
  "the a an my our this that these those all his her their it them me us up down off out back".split(" "),
);

const CUES = new Set("to please and then or also just now you i we could can should must will would".split(" "));

const NOUN_FOLLOWS = new Set(
  "a an the this that these those my your his her its our their whose of in from by on at with no any some all both several each every new last next".split(
    " ",
  ),
);

/** What is asked for stands in the verb's plain form, or as `sending`, or as `be sent`; `they sent me` tells of something, and
 *  `the post` is a thing. */
function isRequest(
  token: string,
  verb: string,
  { before, after, opens, asks }: { before: string; after: string; opens: boolean; asks: boolean },
): boolean {
  // `Sent it to Ida.` tells of nobody who sent it: it is `Send` written wrongly.
  if ((opens || before === "please") && !token.endsWith("s")) return true;
  if (NOUN_FOLLOWS.has(before)) return false;
  // A word that is as often a thing is a request only where one can stand.
  if (thingsOf(token).length > 1 && !asks && !CUES.has(before) && !GOES_ON.has(after)) return false;
  const base = verb.split("_")[0] ?? verb;
  if (token === base || (token.endsWith("ing") && base !== token)) return true;
  return (before === "be" || before === "get" || before === "gets") && !token.endsWith("s");
}

const ASKS =
  /^\W*(?:(?:and|so|but|also|hey|hi|hello|then|\p{L}+,)\W+)?(?:(?:should|shall|may|must|can|could)\s+i\b|who|whom|whose|what|when|where|why|which|how|did|does|do|is|are|was|were|has|have|had)(?:['’]s)?\b(?!\s+about\b)/iu;
const WANTS = /\b(?:please|(?:can|could|would|will)\s+(?:you|we)|(?:do|don['’]t)\s+you\s+(?:mind|want))\b/i;

/** The words of sentences that only ask: `How much did I spend?` is no request to spend. */
function questionsIn(said: string): ReadonlySet<number> {
  const asking = new Set<number>();
  let at = 0;
  for (const sentence of said.split(/(?<=[.!?\n])\s+/)) {
    const count = wordsOf(sentence).length;
    if (sentence.trimEnd().endsWith("?") && ASKS.test(sentence) && !WANTS.test(sentence))
      for (let i = at; i < at + count; i++) asking.add(i);
    at += count;
  }
  return asking;
}

/** Where sentences, or clauses, begin, counted in words. */
function startsOf(said: string, ends: RegExp): ReadonlySet<number> {
  const starts = new Set<number>();
  let at = 0;
  for (const sentence of said.split(ends)) {
    starts.add(at);
    at += wordsOf(sentence).length;
  }
  return starts;
}
