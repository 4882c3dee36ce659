import type { Narrowing } from "../domain/narrowing.ts";
import { type Act, isCommon, singular, thingsOf } from "../domain/lexicon.ts";
import { type Bounds, boundsIn } from "./amounts.ts";
import { type Atom, atomOf, atomsIn, isStrong, plain, wordsOf } from "./normal.ts";
import { requestsIn } from "./requests.ts";
import { type Span, spansOf } from "./spans.ts";

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

const MANY =
  /\b(?:all|each|every|both|several|everyone|everybody|everything|multiple|as many|any|remaining|per|respectively|twice|repeatedly|increments|instal?lments|batches|portions|chunks|in parts|one by one)\b/i;

const SELECTS =
  /\b(?:delete|remove|cancel|erase|drop|trash|clear|get\s+rid\s+of)\s+(?:\S+\s+){0,5}?(?:oldest|newest|latest|earliest|first|last|largest|biggest|smallest|longest|shortest|cheapest|(?:most|least)\s+\S+|duplicates?|expired|outdated|obsolete|unused|superseded)\b/i;
const ADDRESS =
  /\b(?:his|her|their|its)\s+(?:e-?)?mail\b(?!\s+(?:from|about|to))|\b(?:e-?)?mail\s+address|\baddress(?:es)?\b|\bcontact\s+(?:details?|info)/i;
/** An address of two parts and more below a host: whoever has it need not have the host. */
const SHARED = /^[^/]+\/[^/?#]+\/[^/?#]/;
const OPEN =
  /\b(?:take\s+care\s+of|sort\s+(?:\S+\s+)?out|handle|deal\s+with|see\s+to|(?:i\s+(?:need|want)|we\s+(?:need|want)|i(?:['’]d|\s+would)\s+like)(?!\s+(?:to\s+(?:know|see|read|compare|check|understand|look|find|learn|hear)|(?:an?\s+|the\s+)?(?:summary|list|overview|comparison))\b))\b/i;
export function compileWords(objective: string): Words {
  // A full stop without a space after it ends a sentence all the same.
  const spans = spansOf(objective.replaceAll(/(?<=[a-z]{2})\.(?=[A-Z][a-z])/g, ". "));
  const own = spans.filter((span) => span.label === "own").map((span) => span.text);
  const named = spans.filter((span) => span.label === "named").map((span) => span.text.replaceAll(/^.|.$/gsu, ""));
  const said = own.join(" \u2025 ");
  const tokens = wordsOf(said);
  const { acts, verbs, forbidden, vague } = requestsIn(said);
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
    forbidden,
    things,
    contents,
    selects: SELECTS.test(said),
    bounds: boundsIn(said),
    many: MANY.test(said),
    plurals: tokens.filter((word) => singular(word) !== word || /^every(?:one|body)$/.test(word)).flatMap(thingsOf),
    open: OPEN.test(said),
    vague,
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

/** With the capitals it was written with. */
function asWritten(text: string, own: readonly string[]): string {
  for (const one of own) {
    const at = one.toLowerCase().indexOf(text);
    if (at !== -1) return one.slice(at, at + text.length);
  }
  return text;
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
