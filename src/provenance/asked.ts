import { doingOf } from "../domain/doing.ts";
import { type Act, actsOf, isCommon, singular, thingsOf } from "../domain/lexicon.ts";
import { atomOf } from "./normal.ts";
import { type Traced, rankOf, targetsOf } from "./traced-call.ts";

/** What a tool's name says it does, and with what. */
export interface ToolWords {
  readonly verbs: readonly string[];
  readonly exposes: boolean;
  readonly things: readonly string[];
}

const MONEY = thingsOf("money").slice(1);
const MESSAGES = [...thingsOf("message").slice(1), ...thingsOf("email").slice(1)];
const PEOPLE = thingsOf("user").slice(1);
export const BUYING = ["buy", "purchase", "order", "rebuy", "reorder", "book", "reserve"];
const WARES = thingsOf("cart").slice(1);

/** Verbs that say no more than that something is made or changed. */
const PLAIN = new Set(
  "create add make set update save write insert put append register edit modify record log change".split(" "),
);

/** Whether the owner's words ask for something of this kind: a verb that means what the call does, and a thing that the tool
 *  speaks of. `named`: a target of the call stands in the words themselves, which is a thing too. */
export function asked(call: Traced, named: boolean): boolean {
  const { verbs, things, exposes } = toolWords(call);
  const { contents } = call.words;
  if (exposes && !EVERYBODY.some((word) => contents.has(word))) return false;
  const deeds = verbs.filter((verb) => actsOf(verb).some((act) => act !== "look"));
  if (deeds.length === 0) return things.some((thing) => !thing.startsWith("#") && contents.has(thing));
  return deeds.every((verb) => isAsked(verb, things, call, named));
}

const EVERYBODY = ["public", "publicly", "anyone", "anybody", "everyone", "everybody", "world", "publish"];

function isAsked(verb: string, things: readonly string[], call: Traced, named: boolean): boolean {
  const { words } = call;
  if (words.forbidden.has(verb)) return false;
  const acts: Act[] = actsOf(verb).filter((act) => act !== "look");
  const buys = BUYING.some((one) => words.verbs.has(one));
  // Who asks for a thing to be bought asks for the cart, and whoever asks for any change for the sign-in before it.
  if (
    buys &&
    (acts.includes("pay") ||
      ((acts.includes("create") || acts.includes("update")) && things.some((thing) => WARES.includes(thing))))
  )
    return true;
  if (acts.includes("enter")) return [...words.acts].some((act) => act !== "look");
  // Money goes by many verbs.
  if (call.effects.kinds.includes("spend") && !acts.includes("pay") && !acts.includes("delete")) acts.push("pay");
  // A comment that is made answers somebody.
  if (acts.includes("create") && things.some((thing) => SAID.has(thing))) acts.push("send");
  // `request a refund` asks for what `refund` does.
  const noun = acts.includes("pay") && words.contents.has(verb);
  // `set an alarm` asks for one to be made, `add it to the list` for the list to be changed.
  const changes = (some: { has(act: Act): boolean }): boolean => some.has("create") || some.has("update");
  const also = changes(words.acts) || (named && words.acts.has("admit"));
  const near = rankOf(call.effects) === 1 && PLAIN.has(verb) && changes(new Set(acts)) && also;
  const held = thingsHeld(call);
  // `tell Ida`, `thank everybody`: by which way is left open, to whom is not.
  const writes = acts.includes("send") && words.acts.has("send");
  const speaks =
    things.some((thing) => held.has(thing)) || (writes && things.some((thing) => MESSAGES.includes(thing)));
  // `I need a table at …` leaves open how: what is made or paid is of what the words speak of, and aimed at what they name.
  // A verb that nobody knows asks for no more than what can be taken back.
  const open =
    (words.open || (words.vague && rankOf(call.effects) === 1)) &&
    named &&
    speaks &&
    !acts.includes("delete") &&
    !acts.includes("admit");
  if (open) return true;
  if (!noun && !near && !words.verbs.has(verb) && !acts.some((act) => words.acts.has(act))) return false;
  return named || noun || things.length === 0 || speaks;
}

const SAID = new Set(["comment", "reply", "message", "answer", "review"]);

/** What the words speak of. */
function thingsHeld({ words }: Traced): ReadonlySet<string> {
  return new Set(words.acts.has("pay") ? [...words.things, ...MONEY] : words.things);
}

export function toolWords({ tool, input }: Pick<Traced, "tool" | "input">): ToolWords {
  const { verbs, rest, exposes } = doingOf(tool, input);
  return {
    verbs,
    exposes,
    things: rest.filter((word) => !isCommon(word)).flatMap((word) => thingsOf(singular(word))),
  };
}

/** Whether as many calls of this tool were permitted as the owner's words ask for: one payment means one. A target that the
 *  words name, and that nothing was done to yet, is none too many. */
export function isRepeated(call: Traced): boolean {
  const earlier = call.lineage.usesOf(`${call.server}__${call.tool}`).filter((use) => use.task === call.task);
  if (earlier.length === 0) return false;
  const { verbs, things } = toolWords(call);
  const [verb = null] = verbs;
  const { words } = call;
  if (words.many || words.plurals.some((thing) => things.includes(thing))) return false;
  // Work on files is done in steps.
  if (rankOf(call.effects) === 1 && (call.rule.path ?? []).length > 0) return false;
  const acts: readonly Act[] = verb === null ? [] : actsOf(verb).filter((act) => act !== "look");
  let times = 0;
  for (const [one, count] of words.verbs)
    if (one === verb || actsOf(one).some((act) => acts.includes(act))) times += count;
  // Whoever signs in may have to do so again.
  if (acts.includes("enter") && rankOf(call.effects) === 1) return false;
  if (words.taken?.once === true) return true;
  if (earlier.length < Math.max(1, times)) return false;
  const fresh = targetsOf(call).some(
    ({ role, value }) =>
      (words.names(value) ||
        words.bears(value, "some") ||
        // `the members are in my note`: as many people as there are.
        (role === "recipient" && PEOPLE.some((kind) => words.plurals.includes(kind)))) &&
      !call.lineage.wasTarget(atomOf(value).key, `${call.server}__${call.tool}`),
  );
  return !fresh;
}
