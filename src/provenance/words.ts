import type { Narrowing } from "../domain/narrowing.ts";
import { type Act, actsOf, isCommon, singular, thingsOf, verbOf } from "../domain/lexicon.ts";
import { type Bounds, boundsIn } from "./amounts.ts";
import { type Atom, atomOf, atomsIn, isStrong, plain, wordsOf } from "./normal.ts";

/** What the owner's own words ask for, compiled once: nothing here is a guess by a model. */
export interface Words {
  /** What its verbs mean, and each verb in its plain form with how often it stands there. */
  readonly acts: ReadonlySet<Act>;
  readonly verbs: ReadonlyMap<string, number>;
  /** Verbs that it says are not to be done, and nowhere that they are. */
  readonly forbidden: ReadonlySet<string>;
  /** The things it speaks of, in the singular, with the kinds they are of. */
  readonly things: ReadonlySet<string>;
  /** Every word that names something. */
  readonly contents: ReadonlySet<string>;
  /** Whether what is to be deleted is said by what is special about it: the oldest, the largest, whatever has expired. */
  readonly selects: boolean;
  /** How much money they let go. */
  readonly bounds: Bounds | null;
  /** Whether more than one of something is asked for: all, each, every, both. */
  readonly many: boolean;
  /** The kinds of things of which it speaks in the plural. */
  readonly plurals: readonly string[];
  /** Whether the owner's words name this value: outside quotations whatever it is, within a short one as the name of a thing. */
  names(value: string): boolean;
  /** Whether `text` says on word for word what the owner put in quotation marks, with this address in it: no target for that. */
  quotes(value: string, text: string): boolean;
  /** Whether they say this word for word, as a whole sentence; `remember that` before it is no part of it. */
  says(sentence: string): boolean;
  /** Whether an e-mail address bears, before its `@`, nothing but words of the owner's, or some. */
  bears(address: string, how: "all" | "some"): boolean;
  /** Whether they ask for somebody's e-mail address; who writes an e-mail does not. */
  readonly address: boolean;
  /** Whether the words leave open what is to be done with what they speak of: `take care of`, `I need`. */
  readonly open: boolean;
  /** Whether a sentence opens with a verb that nobody knows. */
  readonly vague: boolean;
  /** The addresses and accounts in them, and the names in quotation marks, as they were written. */
  readonly constants: readonly string[];
  /** What the owner took out of them since; see `narrowed`. */
  readonly taken?: Taken;
}

export interface Taken extends Narrowing {
  /** What their verbs meant before. */
  readonly acts: ReadonlySet<Act>;
  has(value: string): boolean;
}

export const NO_WORDS: Words = {
  acts: new Set(),
  verbs: new Map(),
  forbidden: new Set(),
  things: new Set(),
  contents: new Set(),
  selects: false,
  bounds: null,
  many: false,
  plurals: [],
  names: () => false,
  quotes: () => false,
  says: () => false,
  bears: () => false,
  address: false,
  open: false,
  vague: false,
  constants: [],
};

type Label = "own" | "named" | "quoted" | "pasted";
interface Span {
  readonly label: Label;
  readonly text: string;
}

const FENCE = /```[\s\S]*?(?:```|$)|~~~[\s\S]*?(?:~~~|$)/;
const TAGGED = /<([a-zA-Z][\w-]*)\b[^>]*>[\s\S]*?(?:<\/\1>|$)/;
const BLOCK = /^[ \t]*>.*(?:\n[ \t]*>.*)*/m;
const HEADERS = /^(?:from|to|subject|date|sent|cc|bcc):.*(?:\n.*)*/im;
const QUOTES =
  /"[^"]*(?:"|$)|“[^”]*(?:”|$)|„[^“”]*(?:[“”]|$)|«[^»]*(?:»|$)|`[^`]*(?:`|$)|(?<![\p{L}\p{N}])['‘](?!s\b)[^'’]*(?:(?:(?<=\p{L})['’](?=\p{L})[^'’]*)*)['’](?![\p{L}\p{N}])/u;
const PASTED = [FENCE, TAGGED, BLOCK, HEADERS];
/** What stands before somebody else's words. */
const SPEECH = /\b(?:says?|said|saying|wrote|writes|reads|states|stated|claims?|claimed)\b[^.!?\n]{0,20}$/i;
const LONGEST_NAME = 64;
const MOST_NAME = 4;

/** The owner's own words, the names in quotation marks, what the owner put in them to be passed on, and what is somebody
 *  else's: fenced, pasted, or said by another. */
export function spansOf(objective: string): readonly Span[] {
  let spans: readonly Span[] = [{ label: "own", text: objective }];
  for (const pattern of PASTED) spans = spans.flatMap((span) => cut(span, pattern, () => "pasted"));
  return spans.flatMap((span) =>
    cut(span, QUOTES, (text, before) => {
      const inner = text.replaceAll(/^.|.$/gsu, "").trim();
      const short = inner.length <= LONGEST_NAME && inner.split(/\s+/).length <= MOST_NAME && !inner.includes("\n");
      if (SPEECH.test(before)) return "pasted";
      return short ? "named" : "quoted";
    }),
  );
}

function cut(span: Span, pattern: RegExp, label: (text: string, before: string) => Label): readonly Span[] {
  if (span.label !== "own") return [span];
  const spans: Span[] = [];
  let rest = span.text;
  for (let found = pattern.exec(rest); found !== null; found = pattern.exec(rest)) {
    const [text] = found;
    if (text === "") break;
    const before = rest.slice(0, found.index);
    if (before !== "") spans.push({ label: "own", text: before });
    spans.push({ label: label(text, before), text });
    rest = rest.slice(found.index + text.length);
  }
  if (rest !== "") spans.push({ label: "own", text: rest });
  return spans;
}

const MANY =
  /\b(?:all|each|every|both|several|everyone|everybody|everything|multiple|as many|any|remaining|per|respectively|twice|repeatedly|increments|instal?lments|batches|portions|chunks|in parts|one by one)\b/i;

const SELECTS =
  /\b(?:delete|remove|cancel|erase|drop|trash|clear|get\s+rid\s+of)\s+(?:\S+\s+){0,5}?(?:oldest|newest|latest|earliest|first|last|largest|biggest|smallest|longest|shortest|cheapest|(?:most|least)\s+\S+|duplicates?|expired|outdated|obsolete|unused|superseded)\b/i;
const ADDRESS =
  /\b(?:his|her|their|its)\s+(?:e-?)?mail\b(?!\s+(?:from|about|to))|\b(?:e-?)?mail\s+address|\baddress(?:es)?\b|\bcontact\s+(?:details?|info)/i;
/** An address of two parts and more below a host: whoever has it need not have the host. */
const SHARED = /^[^/]+\/[^/?#]+\/[^/?#]/;
const OPEN =
  /\b(?:take\s+care\s+of|sort\s+(?:\S+\s+)?out|handle|deal\s+with|see\s+to|i\s+(?:need|want)|we\s+(?:need|want)|i(?:['’]d|\s+would)\s+like)\b/i;
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

export function compileWords(objective: string): Words {
  // A full stop without a space after it ends a sentence all the same.
  const spans = spansOf(objective.replaceAll(/(?<=[a-z]{2})\.(?=[A-Z][a-z])/g, ". "));
  const own = spans.filter((span) => span.label === "own").map((span) => span.text);
  const named = spans.filter((span) => span.label === "named").map((span) => span.text.replaceAll(/^.|.$/gsu, ""));
  const said = own.join(" \u2025 ");
  const tokens = wordsOf(said);
  const openings = startsOf(said, /(?<=[.!?\n])\s/);
  const asking = questionsIn(said);
  const clauses = startsOf(said, /(?<=[.!?\n,;:\u2013\u2014])\s|\s-{1,3}\s/);
  const verbs = new Map<string, number>();
  const acts = new Set<Act>();
  const denied = new Set<string>();
  let unknown = false;
  for (const [i, token] of tokens.entries()) {
    const before = tokens[i - 1] ?? "";
    const after = tokens[i + 1] ?? "";
    if (token === "make" && (after === "sure" || after === "certain")) continue;
    if (asking.has(i)) continue;
    if (isDenied(tokens, i)) {
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
  const all = [...tokens, ...named.flatMap(wordsOf)];
  const things = new Set(all.filter((word) => !isCommon(word)).flatMap(thingsOf));
  const contents = new Set(all.filter((word) => !isCommon(word) && word.length > 1));
  const strong = new Set<string>();
  const hosts = new Set<string>();
  const constants = new Set<string>();
  for (const atom of own.flatMap((text) => atomsIn(text))) {
    strong.add(atom.key);
    constants.add(asWritten(atom.text.replace(/[.,;:!?]+$/, ""), own));
    // A site that is named is named with all its pages, a page alone with what is below it.
    if (atom.form === "url" && atom.host !== null && (atom.key === atom.host || !SHARED.test(atom.key)))
      hosts.add(atom.host);
  }
  const numbers = new Set(own.flatMap((text) => plain(text).split(/[\s;:!?()]+/)).map((piece) => numberIn(piece)));
  // `the file with ID '13'`: bare digits in quotation marks are a name, an amount in them is not.
  for (const text of named) if (/^\d{1,8}$/.test(text)) numbers.add(numberIn(text));
  const quoted = spans
    .filter((span) => span.label === "quoted")
    .map(({ text }) => ({ whole: wordsOf(text).join(" "), keys: new Set(atomsIn(text).map((atom) => atom.key)) }));
  const sentences = sentencesOf(spans);
  const runs = ` ${[...own, ...named].map((text) => wordsOf(text).join(" ")).join(" \u2025 ")} `;

  return {
    acts,
    verbs,
    forbidden: new Set([...denied].filter((verb) => !verbs.has(verb))),
    things,
    contents,
    selects: SELECTS.test(said),
    bounds: boundsIn(said),
    many: MANY.test(said),
    plurals: tokens.filter((word) => singular(word) !== word || /^every(?:one|body)$/.test(word)).flatMap(thingsOf),
    open: OPEN.test(said),
    vague: unknown,
    constants: [...constants, ...named],
    address: ADDRESS.test(said),
    quotes: (value, text) =>
      quoted.some(({ whole, keys }) => keys.has(atomOf(value).key) && wordsOf(text).join(" ").includes(whole)),
    bears(address, how) {
      const parts = wordsOf(address.slice(0, address.indexOf("@")));
      const known = parts.filter((part) => part.length > 2 && contents.has(part)).length;
      return known > 0 && (how === "some" || known === parts.length);
    },
    says: (sentence) => sentences.has(wordsOf(sentence).join(" ")),
    names(value) {
      const atom = atomOf(value);
      if (isStrong(atom))
        return strong.has(atom.key) || (atom.form === "url" && atom.host !== null && hosts.has(atom.host));
      if (atom.form === "number") return numbers.has(atom.key);
      return namesPlain(atom, value, runs);
    },
  };
}

const REMEMBER =
  /^(?:please\s+)?(?:remember|note|memori[sz]e|keep\s+in\s+mind|(?:save|store|put|write)\s+(?:down\s+)?(?:in(?:to)?|to)\s+(?:the\s+|your\s+)?memory)(?:\s+that|\s*:)\s+/i;
/** What others said, inside a sentence. */
const OTHERS = "\u{0}";

/** The sentences of the owner's that hold nothing of anybody else's, each as its words. */
function sentencesOf(spans: readonly Span[]): ReadonlySet<string> {
  const text = spans
    .map((span) =>
      span.label === "own" ? span.text : span.label === "named" ? span.text.replaceAll(/^.|.$/gsu, "") : OTHERS,
    )
    .join("");
  const whole = text.split(/[.!?;]+(?=\s|$)|\n/).filter((sentence) => !sentence.includes(OTHERS));
  return new Set(
    whole.flatMap((one) => [one.trim(), one.trim().replace(REMEMBER, "")]).map((one) => wordsOf(one).join(" ")),
  );
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

/** With the capitals it was written with. */
function asWritten(text: string, own: readonly string[]): string {
  for (const one of own) {
    const at = one.toLowerCase().indexOf(text);
    if (at !== -1) return one.slice(at, at + text.length);
  }
  return text;
}

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
  /^\W*(?:(?:and|so|but|also|hey|hi|hello|then|\p{L}+,)\W+)?(?:who|whom|whose|what|when|where|why|which|how|did|does|do|is|are|was|were|has|have|had)(?:['’]s)?\b(?!\s+about\b)/iu;
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

function numberIn(piece: string): string {
  const atom = atomOf(piece);
  return atom.form === "number" ? atom.key : "";
}

function namesPlain(atom: Atom, value: string, runs: string): boolean {
  if (atom.key !== "" && runs.includes(` ${atom.key} `)) return true;
  // A file that is named by its last part alone, and found in its place.
  const last = /[/\\]/.test(value) && !value.includes("..") ? value.split(/[/\\]/).at(-1) : undefined;
  return last !== undefined && /[.]/.test(last) && runs.includes(` ${wordsOf(last).join(" ")} `);
}
