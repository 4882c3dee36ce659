import { isCommon, isVerb, singular, wordsOfName } from "../domain/lexicon.ts";
import { type Ground, groundOf, type Grounds } from "./ground.ts";
import type { Sighting } from "./lineage.ts";
import { atomsIn, type Found, plain } from "./normal.ts";
import { told } from "./told.ts";
import { rankOf, scalars, targetsOf, type Traced } from "./traced-call.ts";
import type { Words } from "./words.ts";

export interface Carried {
  readonly argument: string;
  readonly says: string;
}

const MOST_ATOMS = 200;

/** Addresses, accounts and numbers of people in what others get to read, that the owner's words neither name nor speak of:
 *  a planted link on its way to somebody, or something private on its way out. */
export function carries(call: Traced): readonly Carried[] {
  const { rule, input, effects, words } = call;
  const rank = rankOf(effects);
  if (rank < 2 && (rule.recipient ?? []).length === 0) return [];
  const grounds: Grounds = { ...call, rank };
  const carried: Carried[] = [];
  for (const [name, value] of Object.entries(input)) {
    const aimed = new Set(targetsOf(call).flatMap((one) => (one.name === name ? [one.value] : [])));
    for (const text of scalars(value)) {
      if (aimed.has(text)) continue;
      for (const atom of atomsIn(text).slice(0, MOST_ATOMS)) {
        if (words.quotes(atom.text, text)) continue;
        const ground = groundOf(atom.text, name, grounds);
        if (ground.level === "words") continue;
        if (isSpokenOf(atom, words.contents, ground.at?.prose === true) && !isLoose(ground)) continue;
        if (isForwarded(ground, call)) continue;
        if (ground.at !== null && (isAskedFor(ground.at, words) || isMemberAskedFor(ground.at, words))) continue;
        if (ground.level === "none" && atom.form !== "url") continue;
        carried.push({ argument: name, says: told(name, plain(atom.text), ground) });
      }
    }
  }
  return carried;
}

/** Whatever the words speak of, a link that nobody and nothing led to is not it. */
function isLoose({ level, atom }: Ground): boolean {
  return level === "text" || (atom.form === "url" && level === "none");
}

/** The words ask for what they lead to to be passed on as it is. */
function isForwarded({ level, at }: Ground, { words, task }: Traced): boolean {
  if (!FORWARDING.some((verb) => words.verbs.has(verb))) return false;
  return level === "record" || at?.named === task || at?.searched === task;
}
const FORWARDING = ["forward", "relay", "repost"];

/** The words ask for what is in records of this kind, messages or transactions, by that very noun in the plural; a page is somebody's text,
 *  whatever it is called. */
function isAskedFor({ prose, tool }: Sighting, words: Words): boolean {
  const nouns = wordsOfName(tool.slice(tool.indexOf("__") + 2)).filter((word) => !isVerb(word) && !isCommon(word));
  return !prose && nouns.some((noun) => words.plurals.includes(singular(noun)));
}

/** The words speak of the very member that it is: `the passport number`. */
function isMemberAskedFor({ prose, kind, path }: Sighting, words: Words): boolean {
  const member = path.split(".").at(-1) ?? "";
  return !prose && kind === "leaf" && wordsOfName(member).some((word) => !isCommon(word) && words.contents.has(word));
}

const SPOKEN: Readonly<Record<Found["form"], readonly string[]>> = {
  url: ["link", "links", "url", "urls", "website", "websites", "webpage", "page", "site"],
  email: ["email", "emails", "mail", "address", "addresses", "contact", "contacts", "details", "information", "info"],
  account: [
    "account",
    "iban",
    "phone",
    "number",
    "numbers",
    "card",
    "contact",
    "details",
    "information",
    "info",
    "tracking",
    "code",
    "id",
  ],
  number: [],
  plain: [],
};

/** Whether the words speak of values of this form. Of a page's own links they do only by that name. */
function isSpokenOf({ form }: Found, contents: ReadonlySet<string>, prose: boolean): boolean {
  const nouns = form === "url" && prose ? ["link", "links", "url", "urls"] : SPOKEN[form];
  return nouns.some((noun) => contents.has(noun));
}
