import type { TargetRole } from "../domain/endorsement.ts";
import { type Provenance, UNTRACED } from "../domain/provenance.ts";
import { doingOf } from "../domain/doing.ts";
import { actsOf, thingsOf, wordsOfName } from "../domain/lexicon.ts";
import { excessOf } from "./amounts.ts";
import { asked, isRepeated } from "./asked.ts";
import { carries } from "./carried.ts";
import { type Ground, groundOf, type Grounds, isId, isSelf, kindsIn } from "./ground.ts";
import type { Sighting } from "./lineage.ts";
import { type Atom, isStrong } from "./normal.ts";
import { told } from "./told.ts";
import { rankOf, type Target, targetsOf, type Traced } from "./traced-call.ts";
import { withdrawnFrom } from "./withdrawn.ts";

/** What may be held against what a call is aimed at. */
export type Held = "ungrounded" | "tainted" | "low";

export interface Weighed extends Target {
  readonly ground: Ground;
  readonly held: Held | null;
}

/** Where the values of a call came from, and whether the owner's words ask for it. Pure; the same call against the same words
 *  and lineage gives the same answer. */
export function trace(call: Traced): Provenance {
  const rank = rankOf(call.effects);
  const ungrounded: string[] = [];
  const tainted: string[] = [];
  const low: string[] = [];
  const origins: string[] = [];
  let named = 0;
  let places = 0;
  let others = 0;
  let endorsed = false;
  let sole = call.declared;
  for (const { role, name, value, ground, held } of weighed(call)) {
    if (ground.level === "words" && isSelf(value)) continue;
    if (!isNamed(ground, value, call)) others++;
    else if (isObject(role, name, call.tool)) named++;
    else places++;
    if (ground.level === "answered") endorsed = true;
    if (held === null) continue;
    if (held === "tainted" && ground.level !== "sole" && ground.level !== "derived") sole = false;
    const list = held === "tainted" ? tainted : held === "low" ? low : ungrounded;
    if (!list.includes(name)) list.push(name);
    origins.push(told(name, value, ground));
  }
  const carried = rank === 0 ? [] : carries(call);
  origins.push(...carried.map((one) => one.says));
  // Where nothing else is aimed at, the place is the thing.
  const isAimed = named > 0 || (others === 0 && places > 0);
  const unasked = rank > 0 && call.declared && !call.planned && !asked(call, isAimed);
  const repeated = rank > 0 && call.declared && isRepeated(call);
  const excess = call.declared ? excessOf(call) : [];
  origins.push(...excess.map((one) => one.says));
  const withdrawn = withdrawnFrom(call, repeated);
  origins.unshift(...withdrawn);
  const clean = ungrounded.length + tainted.length + low.length + carried.length + excess.length === 0;
  return {
    ...UNTRACED,
    ungrounded,
    tainted,
    low,
    carried: [...new Set(carried.map((one) => one.argument))],
    unasked,
    repeated,
    excess: excess.map((one) => one.argument),
    sole: sole && rank > 0 && tainted.length > 0 && asked(call, false),
    authorised: rank > 0 && call.declared && clean && !unasked && !repeated && withdrawn.length === 0,
    endorsed,
    withdrawn: withdrawn.length > 0,
    origins: origins.slice(0, 8),
    asOf: call.lineage.head.version,
  };
}

/** What the words select is named by them too: a thing by its id, an address only where it bears a name out of them. A record
 *  with the owner's words in it and somebody else's address is easily made. */
function isNamed({ level, atom }: Ground, value: string, { words }: Traced): boolean {
  if (level === "words") return true;
  return level === "record" && (!isStrong(atom) || words.bears(value, "some"));
}

/** Whether an argument says what or whom a call is about, and not only in which place. */
function isObject(role: TargetRole, name: string, tool: string): boolean {
  if (role !== "identity") return true;
  const own = wordsOfName(name).filter((word) => word !== "id" && word !== "ids");
  const about = new Set(wordsOfName(tool).flatMap(thingsOf));
  return own.length === 0 || NAMES.has(own.at(-1) ?? "") || own.flatMap(thingsOf).some((thing) => about.has(thing));
}
const NAMES = new Set(["name", "title", "number", "label"]);

/** What opens a door: only the owner supplies it. */
function isCredential(name: string, { tool }: Traced): boolean {
  const words = wordsOfName(name);
  if (words.some((word) => OPENS.has(word))) return true;
  return words.at(-1) === "key" && [...words, ...wordsOfName(tool)].some((word) => OF_KEYS.has(word));
}
const OPENS = new Set("password passwd passphrase passcode secret credential credentials pin".split(" "));
const OF_KEYS = new Set("ssh public private api deploy access signing".split(" "));

/** What the call is aimed at, as far as it matters, with what stands behind each and what is held against it. */
export function weighed(call: Traced): readonly Weighed[] {
  const rank = rankOf(call.effects);
  const grounds: Grounds = { ...call, rank };
  return (
    targetsOf(call)
      // What is read by name or number discloses nothing to anybody; an address does.
      .filter(({ role }) => rank > 0 || role === "host")
      .map((target) => {
        const ground = groundOf(target.value, target.name, grounds, target.role);
        return { ...target, ground, held: weigh(ground, target, rank, call) };
      })
  );
}

/** What is held against a value where so much is at stake; null for nothing. */
function weigh({ level, atom, at }: Ground, { role, name }: Target, rank: number, call: Traced): Held | null {
  const strong = isStrong(atom);
  const kinds = call.effects.kinds;
  switch (level) {
    case "words":
    case "endorsed":
    case "answered":
      return null;
    case "record":
      return rank > 0 && role === "identity" && isCredential(name, call) ? "low" : null;
    case "high":
      return isOfAnother(atom, at, call) ? "low" : null;
    case "kind":
      // A delete, or a change of who may do what, is of one thing that the words lead to, and not of any of its kind.
      if (rank < 2 || (!strong && isForMany(call))) return null;
      if (kinds.includes("delete") && call.words.selects && !kinds.includes("administer")) return null;
      return strong || kinds.includes("delete") || kinds.includes("administer") ? "low" : null;
    case "derived":
      return kinds.includes("spend") || kinds.includes("delete") ? "tainted" : null;
    case "low":
      return rank === 0 && !strong ? null : "low";
    case "sole":
    case "named-text":
      // A link in a message that the words lead to may be followed; one on a page somebody wrote leads anywhere.
      if (rank === 0) return at?.prose === true ? "tainted" : null;
      return rank === 1 && !strong && role !== "recipient" && !isCredential(name, call) ? null : "tainted";
    case "text":
      return at !== null && at.scattered === true && isTitle(name, call) ? null : "tainted";
    case "none":
      // What is new has whatever name the agent gives it.
      if (role === "identity" && rank < 2 && isTitle(name, call)) return null;
      if (strong || rank === 2 || role === "recipient" || (rank === 1 && isId(name))) return "ungrounded";
      // What was not kept may have been seen.
      return call.lineage.cut && rank > 0 ? "tainted" : null;
  }
}

/** Whether the call gives something a title, and does not find it by that. */
function isTitle(name: string, { tool, input }: Traced): boolean {
  const words = wordsOfName(name);
  if (!TITLES.has(words.at(-1) ?? "") || words.some((word) => SOMEBODY.has(word))) return false;
  const acts = doingOf(tool, input).verbs.flatMap(actsOf);
  return (acts.includes("create") || acts.includes("update")) && !acts.includes("admit") && !acts.includes("delete");
}
const SOMEBODY = new Set(
  "user member payee recipient beneficiary account owner vendor contact person customer".split(" "),
);
const TITLES = new Set(["title", "name", "label", "subject", "summary"]);
/** Who vouches for a value does not say that it is meant: where the owner's words lead to one thing in a result, another one
 *  of it is neither deleted nor given rights. */
function isOfAnother({ key }: Atom, at: Sighting | null, { effects: { kinds }, lineage, words }: Traced): boolean {
  if (at === null || !(kinds.includes("delete") || kinds.includes("administer"))) return false;
  const here = lineage.leaves(key).filter(({ part }) => part === at.part);
  return !here.some((one) => lineage.recordHas(one, words.contents)) && lineage.selects(at, words.contents);
}

/** Whether the words speak of several of what the tool is about. */
function isForMany({ words, tool }: Traced): boolean {
  return words.many || kindsIn(tool).some((thing) => words.plurals.includes(thing));
}
