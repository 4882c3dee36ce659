import { isObject, type JsonObject } from "./json.ts";
import { actsOf, isVerb, thingsOf, verbOf, wordsOfName } from "./lexicon.ts";

/** What a call says that it does, by the name of its tool and by the arguments that choose among several deeds. */
export interface Doing {
  /** In their plain form, the one that the others only add to first. Empty where nothing in it is a verb we know. */
  readonly verbs: readonly string[];
  /** The other words of the tool's name. */
  readonly rest: readonly string[];
  /** An argument opens something to everybody. */
  readonly exposes: boolean;
}

/** Arguments that say which of a tool's deeds is meant, as `action: "revoke"` does. */
const CHOOSERS = new Set(["action", "method", "operation", "op", "verb"]);
/** Arguments that say who may see something. */
const AUDIENCE = new Set(
  "access visibility permission sharing share scope audience privacy link public role acl type grantee principal".split(
    " ",
  ),
);
const EVERYBODY = new Set(
  "anyone anybody public everyone everybody world internet anyone_with_link public_read".split(" "),
);
/** Verbs that leave to the arguments what is done. */
const ANY = new Set(["write", "manage", "control", "operate", "handle", "submit"]);
const UNDOES = new Set("cancel delete remove revoke erase purge wipe".split(" "));

/** Pure and total. A verb that is plainly one counts before a word that is as often a thing: `notes_search` searches,
 *  `contact_delete` deletes. What an argument chooses stands in for such a word, and adds to a plain verb: no tool's call is
 *  made harmless by its arguments. */
export function doingOf(tool: string, input: JsonObject): Doing {
  const words = wordsOfName(tool);
  const at = chief(words);
  const named = at === -1 ? null : verbOf(words[at] ?? "");
  const weak = at === -1 || isThing(words[at] ?? "") || ANY.has(named ?? "");
  const making = named !== null && !weak && actsOf(named).includes("create");
  const verbs = named === null ? [] : [named];
  for (const [name, value] of Object.entries(input)) {
    const verb = deedIn(name, value);
    if (verb === null || verbs.includes(verb)) continue;
    // `create_rule(action: delete)` makes something; `update(cancel: true)` is a cancelling.
    if (value === true ? named !== null && actsOf(named).includes("update") : weak) verbs.splice(0, 1, verb);
    else if (value === true || !making) verbs.push(verb);
  }
  return {
    verbs,
    // A word that made way for what an argument says is a thing after all.
    rest: words.filter((word, i) => i !== at || verbOf(word) !== verbs[0]),
    exposes: Object.entries(input).some(([name, value]) => opens(name, value)),
  };
}

/** Where the verb of a name stands. */
function chief(words: readonly string[]): number {
  const plain = (word: string): boolean => verbOf(word) === word;
  const surely = words.findIndex((word) => plain(word) && !isThing(word));
  if (surely !== -1) return surely;
  const perhaps = words.findIndex(plain);
  // `orders` is a thing, `sends` is not.
  return perhaps === -1 ? words.findIndex((word) => isVerb(word) && !isThing(word)) : perhaps;
}

function isThing(word: string): boolean {
  return thingsOf(word).length > 1;
}

function deedIn(name: string, value: unknown): string | null {
  const words = wordsOfName(name);
  if (value === true) return undoing(words);
  if (Array.isArray(value)) return value.length === 0 ? null : deedIn(name, value[0] as unknown);
  const last = words.at(-1) ?? "";
  if (typeof value === "string" && (CHOOSERS.has(last) || STATES.has(last))) {
    const undone = undoing(wordsOfName(value.slice(0, 60)));
    if (undone !== null) return undone;
  }
  if (typeof value !== "string" || !CHOOSERS.has(words.at(-1) ?? "") || !/^[\w -]{2,40}$/.test(value)) return null;
  const [first = ""] = wordsOfName(value);
  return first === "on" || first === "off" ? "turn" : verbOf(first);
}

/** `bulk_delete`, `is_deleted`, `cancelled`. */
function undoing(words: readonly string[]): string | null {
  return words.map(verbOf).find((verb) => verb !== null && UNDOES.has(verb)) ?? null;
}
const STATES = new Set(["status", "state", "mode"]);

function opens(name: string, value: unknown): boolean {
  const about = wordsOfName(name);
  if (value === true) return about.includes("public") || about.includes("anyone");
  if (Array.isArray(value)) return value.some((one) => opens(name, one));
  if (typeof value === "object" && value !== null && isObject(value as JsonObject))
    return Object.entries(value).some(([inner, one]) => opens(inner, one));
  if (typeof value !== "string") return false;
  return (
    about.some((word) => AUDIENCE.has(word)) && wordsOfName(value.slice(0, 60)).some((word) => EVERYBODY.has(word))
  );
}
