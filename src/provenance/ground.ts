import type { TargetRole } from "../domain/endorsement.ts";
import { thingsOf, wordsOfName } from "../domain/lexicon.ts";
import type { TaskId } from "../domain/ids.ts";
import { isAnswered, seatedIn } from "./endorsed.ts";
import type { Lineage, Sighting } from "./lineage.ts";
import { type Atom, atomOf, decoded, isStrong } from "./normal.ts";
import type { Traced } from "./traced-call.ts";
import { vouchedFor } from "./vouched.ts";
import type { Words } from "./words.ts";

/** What stands behind a value, the strongest first. */
export type Level =
  /** The owner's own words name it. */
  | "words"
  /** It was the target of a call that went at least as far, and that the owner's words stood behind. */
  | "endorsed"
  /** A person said yes to it. */
  | "answered"
  /** By itself where configuration says that nobody but the server writes. */
  | "high"
  /** By itself in a record that the owner's words select. */
  | "record"
  /** By itself among things of the kind that the owner's words speak of. */
  | "kind"
  /** In a text that the owner's words name, as the only one of the form that they ask for. */
  | "derived"
  /** In a text that the owner's words name, as the only one of its form. */
  | "sole"
  /** By itself in a result. */
  | "low"
  /** In a text that the owner's words name. */
  | "named-text"
  /** In some text. */
  | "text"
  /** Nowhere. */
  | "none";

export interface Ground {
  readonly level: Level;
  readonly atom: Atom;
  /** Where it was first seen; null for what was seen nowhere, or needs no place. */
  readonly at: Sighting | null;
}

export interface Grounds extends Pick<Traced, "rule" | "input" | "effects" | "endorsements"> {
  readonly words: Words;
  readonly lineage: Lineage;
  readonly task: TaskId;
  /** The server the call goes to. */
  readonly server: string;
  readonly tool: string;
  /** How far the call goes. */
  readonly rank: number;
}

/** Values that mean whoever the work is for. */
const SELF = new Set(["", "home", "me", "self", "myself", "i", "user", "none", "null", "primary", "default"]);
const NOTHING = new Set(["", "none", "null"]);
const TAKING = ["delete", "administer"] as const;
/** Members that say who wrote a record: whoever that was chose them. */
const WRITTEN_BY =
  /^(?:sender|from|author|creator|poster|reply[_-]?to|created[_-]?by|sent[_-]?by|from[_-].*|.*[_-]from)$/i;
const BACK = ["reply", "respond", "answer", "refund", "return", "reimburse", "repay"];

/** What stands behind `value` as the argument `name`; `role` where the call is aimed at it. */
export function groundOf(value: string, name: string, grounds: Grounds, role: TargetRole | null = null): Ground {
  const { words, lineage, task, server, rank } = grounds;
  const atom = atomOf(value);
  // `lamp.hall` is an id where an id is wanted, and an address of a site elsewhere.
  const strong = isStrong(atom) && !(atom.form === "url" && isId(name) && /^[\w.-]+$/.test(value));
  const takes = TAKING.some((kind) => grounds.effects.kinds.includes(kind));
  if ((isSelf(value) && (!takes || NOTHING.has(value.trim().toLowerCase()))) || words.names(value))
    return { level: "words", atom, at: null };
  const seated = role === null ? null : seatedIn({ role, name, value }, grounds);
  if (seated !== null && lineage.wasAuthorised(seated, rank, task)) return { level: "endorsed", atom, at: null };
  if (seated !== null && isAnswered(seated, grounds)) return { level: "answered", atom, at: null };

  const text = strong ? (inText(atom, lineage)[0] ?? null) : (lineage.spelled(value) ?? hidden(value, lineage));
  const vouched = vouchedFor(atom.key, lineage);
  // A number or a name is one of its own server's.
  if (vouched !== null && (strong || vouched.tool.startsWith(`${server}__`)))
    return { level: "high", atom, at: vouched };
  // What was read in a text first, and stands by itself only later, may have been put there since.
  const whole = standing(atom, lineage);
  // Who lists a folder gets names, and puts the folder before them; a way up or from the root is no such thing.
  const last =
    whole.length === 0 && !strong
      ? (/^(?![/\\~])(?!.*\.\.)[^:]*[/\\]([^/\\]+\.\w{1,8})$/.exec(value)?.[1] ?? null)
      : null;
  const alone = (last === null ? whole : standing(atomOf(last), lineage)).filter(
    ({ part }) => !strong || text === null || part <= text.part,
  );
  const mine = lineage.wasWritten(atom.key)
    ? []
    : alone.filter(({ tool, path }) => {
        const written =
          WRITTEN_BY.test(keyOf(path)) &&
          strong &&
          !BACK.some((verb) => words.verbs.has(verb)) &&
          !(atom.form === "email" && words.bears(atom.key, "some"));
        return tool.startsWith(`${server}__`) && !written;
      });
  // What a search for the owner's own words came to is what they lead to; an address in it is not theirs for that.
  const record = mine.find(
    (one) =>
      (one.own === true && !one.path.includes("[]")) ||
      // What is taken away is known by itself, and not by what it was listed with.
      (!strong && one.searched === task && !takes) ||
      lineage.recordHas(one, words.contents),
  );
  if (record !== undefined) return { level: "record", atom, at: record };
  const kind = mine.find((one) => isOfKind(one, name, grounds));
  if (kind !== undefined) return { level: "kind", atom, at: kind };
  if (
    text !== null &&
    strong &&
    text.named === task &&
    (asksFor(atom, words) || (atom.form === "email" && words.bears(atom.key, "all"))) &&
    lineage.isOnlyOne(text, atom.form)
  )
    return { level: "derived", atom, at: text };
  // Whoever the owner names, at the very host that the owner names.
  if (text === null && alone.length === 0 && atom.form === "email" && words.bears(atom.key, "all"))
    if (words.names(atom.host ?? "") || words.names(`www.${atom.host ?? ""}`))
      return { level: "derived", atom, at: null };
  const [first] = alone;
  if (first !== undefined) return { level: "low", atom, at: first };
  if (text !== null && strong && text.named === task && lineage.isOnlyOne(text, atom.form))
    return { level: "sole", atom, at: text };
  if (text !== null) return { level: text.named === task ? "named-text" : "text", atom, at: text };
  return { level: "none", atom, at: null };
}

function standing(atom: Atom, lineage: Lineage): readonly Sighting[] {
  const whole = lineage.leaves(atom.key).filter(({ prose }) => !prose);
  return whole.length > 0 || atom.form !== "url" || atom.host === null
    ? whole
    : lineage.leaves(atom.host).filter(({ prose }) => !prose);
}

function inText(atom: Atom, lineage: Lineage): readonly Sighting[] {
  const whole = lineage.inText(atom.key);
  return whole.length > 0 || atom.host === null ? whole : lineage.inText(atom.host);
}

/** What a value stands for under another coding, where that was in a text. */
function hidden(value: string, lineage: Lineage): Sighting | null {
  for (const clear of decoded(value)) {
    const seen = lineage.spelled(clear);
    if (seen !== null) return seen;
  }
  return null;
}

/** Whoever the work is for, or nothing. */
export function isSelf(value: string): boolean {
  return SELF.has(value.trim().toLowerCase());
}

export function isId(name: string): boolean {
  return /^ids?$/.test(wordsOfName(name).at(-1) ?? "");
}

function keyOf(path: string): string {
  return (
    path
      .replaceAll(/\[\]|\.\*/g, "")
      .split(".")
      .at(-1) ?? ""
  );
}

/** A value among users where the words speak of users, for an argument that is a user; an `id` is one of what its tool is
 *  about. */
function isOfKind({ path, tool }: Sighting, name: string, { words, tool: asked }: Grounds): boolean {
  const own = kindsIn(name);
  const wanted = (own.length > 0 ? own : kindsIn(asked)).filter((thing) => words.things.has(thing));
  if (wanted.length === 0) return false;
  const there = new Set([...kindsIn(keyOf(path)), ...kindsIn(tool.slice(tool.indexOf("__") + 2))]);
  return wanted.some((thing) => there.has(thing));
}

export function kindsIn(name: string): readonly string[] {
  return wordsOfName(name)
    .filter((word) => word !== "id" && word !== "name" && word !== "ids")
    .flatMap(thingsOf);
}

/** Whether the words ask for a value of this form. */
function asksFor({ form }: Atom, { contents, address }: Words): boolean {
  const some = (...nouns: readonly string[]): boolean => nouns.some((noun) => contents.has(noun));
  switch (form) {
    case "email":
      return address;
    case "url":
      return some("link", "links", "url", "urls");
    case "account":
      return some("iban", "phone", "account", "card", "line", "telephone", "mobile", "cell");
    case "number":
    case "plain":
      return false;
  }
}
