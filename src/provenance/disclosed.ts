import type { AccessRequest } from "../domain/access-request.ts";
import { inputOf } from "../domain/call.ts";
import { onlyReads } from "../domain/effect.ts";
import type { TargetRole } from "../domain/endorsement.ts";
import { OWN_SERVER } from "../domain/ids.ts";
import { type Json, isObject, type JsonObject } from "../domain/json.ts";
import type { Classification } from "../domain/lineage.ts";
import type { Disclosure, Provenance } from "../domain/provenance.ts";
import type { ToolRule } from "../ports/configuration.ts";
import { type Classified, type Match, rank } from "./classified.ts";
import { clearTexts } from "./clear-texts.ts";
import { type Clearances, type Sink, sinksOf, unclearedFor } from "./clearance.ts";
import { joined, squeezed } from "./squeezed.ts";
import { placeShown } from "./told.ts";
import { targetsOf } from "./traced-call.ts";
import type { Words } from "./words.ts";

export type Disclosed = Pick<Provenance, "disclosed" | "classification" | "disclosures"> & {
  /** One sentence each, which never shows the value. */
  readonly says: readonly string[];
};

const NOTHING: Disclosed = { disclosed: [], classification: "public", disclosures: [], says: [] };
/** More than this in one call is not looked through, and may hold anything. */
const MOST_LETTERS = 262_144;
const MOST_CLEAR = 2_097_152;
const MOST_DISCLOSURES = 8;
/** What stands for an argument whose very name is what would be disclosed. */
const NAMELESS = "(name)";

interface Piece {
  readonly argument: string;
  readonly text: string;
}

/** The classified values that a call would carry to a sink that is not cleared for them, in any argument, by itself or inside
 *  a text, under the codings that are looked through. Pure. */
export function disclosedBy(
  request: Pick<AccessRequest, "call" | "effects" | "memory">,
  rule: ToolRule | null,
  { classified, words }: { readonly classified: Classified; readonly words: Words },
  clearances: Clearances,
): Disclosed {
  const { call, effects } = request;
  if (classified.empty || call.server === OWN_SERVER || call.door === "upstream") return NOTHING;
  const sinks = sinksOf({ server: call.server, effects, memory: request.memory !== undefined }, clearances);
  if (unclearedFor(classified.highest, sinks) === null) return NOTHING;
  const input = inputOf(call);
  const { found, unseen } = look(classified, piecesOf(input));
  const targets = rule === null ? [] : targetsOf({ rule, input });
  const aimed = aimedAt(targets);
  const bodies = new Set((rule?.body ?? []).map((locator) => locator.replace(/^\$\.?/, "").split(".")[0]));
  // What is only read where the owner's words lead may be looked for by what is internal.
  const looksUp = onlyReads(effects) && [...effects.hosts, ...effects.recipients].every((name) => words.names(name));
  const runs = effects.kinds.some((kind) => kind === "execute" || kind === "unknown");
  const disclosures = new Map<string, Disclosure>();

  function add(argument: string, level: Classification, sink: Sink, seen: string | null, mark: number | null): void {
    const known = disclosures.get(argument);
    if (known !== undefined && rank(known.classification) >= rank(level)) return;
    disclosures.set(argument, {
      argument,
      classification: level,
      seen,
      fingerprint: mark === null ? null : mark.toString(16).padStart(12, "0"),
      sink: holds(classified, sink.name) ? null : sink.name,
      clearance: sink.clearance,
    });
  }

  for (const { argument, match, text } of found) {
    const sink = unclearedFor(match.level, sinks);
    if (sink === null || (match.level === "internal" && looksUp)) continue;
    // Whoever is called by a value is told nothing by it.
    if (aimed.get(argument)?.has(text) === true) continue;
    const goesBack = sink.name === call.server && classified.gave(call.server, match);
    const isTarget = targets.some(({ name }) => name === argument) && !bodies.has(argument);
    if (goesBack && (sinks.stays || (isTarget && !runs))) continue;
    add(argument, match.level, sink, placeShown(match.tool, match.path), match.mark);
  }
  for (const [argument, level] of unseen) {
    const sink = unclearedFor(level, sinks);
    if (sink !== null) add(argument, level, sink, null, null);
  }
  return said([...disclosures.values()]);
}

function said(all: readonly Disclosure[]): Disclosed {
  if (all.length === 0) return NOTHING;
  const disclosures = all.toSorted((a, b) => rank(b.classification) - rank(a.classification));
  return {
    disclosed: disclosures.map(({ argument }) => argument),
    classification: disclosures[0]?.classification ?? "public",
    disclosures: disclosures.slice(0, MOST_DISCLOSURES),
    says: disclosures.map(({ argument, classification, seen, sink, clearance }) => {
      const to =
        sink === null ? "a sink cleared for" : `\`${sink.slice(0, 80).replaceAll("`", "'")}\`, a sink cleared for`;
      return seen === null
        ? `\`${argument}\` may carry a value classified ${classification}, of more than could be looked through, to ${to} ${clearance}`
        : `\`${argument}\` would carry a value classified ${classification}, first seen in ${seen}, to ${to} ${clearance}`;
    }),
  };
}

interface Seen {
  readonly argument: string;
  readonly match: Match;
  /** As `squeezed` has it. */
  readonly text: string;
}

/** Every classified value in the arguments, and what of them could not be looked through. */
function look(
  classified: Classified,
  pieces: readonly Piece[],
): { readonly found: readonly Seen[]; readonly unseen: ReadonlyMap<string, Classification> } {
  const found: Seen[] = [];
  const unseen = new Map<string, Classification>();
  const looked: Piece[] = [];
  const { highest } = classified;
  let left = MOST_LETTERS;
  for (const piece of pieces) {
    if (piece.text.length > left) {
      unseen.set(piece.argument, highest);
      continue;
    }
    left -= piece.text.length;
    looked.push(piece);
    if (classified.lost !== null && piece.text.length >= 4) unseen.set(piece.argument, classified.lost);
  }
  // One behind the other: a value that is split over several arguments is whole again.
  const parts = looked.map(({ text }) => squeezed(text));
  const whole = joined(parts);
  let from = 0;
  const places = parts.map(({ text }, i) => {
    const place = { argument: looked[i]?.argument ?? "", from, to: from + text.length };
    from = place.to;
    return place;
  });
  for (const match of classified.in(whole)) {
    for (const place of places)
      if (place.from < match.to && match.from < place.to)
        found.push({ argument: place.argument, match, text: whole.text.slice(match.from, match.to) });
  }
  for (const { argument, text } of looked) {
    const clear = clearTexts(text, MOST_CLEAR);
    if (clear === null) unseen.set(argument, highest);
    for (const one of clear ?? []) {
      const close = squeezed(one);
      for (const match of classified.in(close))
        found.push({ argument, match, text: close.text.slice(match.from, match.to) });
    }
  }
  return { found, unseen };
}

/** Whether a text holds a classified value, in clear or coded. */
export function holds(classified: Classified, text: string): boolean {
  if (classified.empty) return false;
  return look(classified, [{ argument: "", text }]).found.length > 0;
}

/** Every value of the arguments with the top name it stands under, and after them every name, which carries as well. */
function piecesOf(input: JsonObject): readonly Piece[] {
  const values: Piece[] = [];
  const names: Piece[] = [];
  function walk(value: Json, argument: string): void {
    if (typeof value === "string" || typeof value === "number") values.push({ argument, text: String(value) });
    else if (Array.isArray(value)) for (const item of value as readonly Json[]) walk(item, argument);
    else if (isObject(value))
      for (const [name, item] of Object.entries(value)) {
        names.push({ argument, text: name });
        walk(item, argument);
      }
  }
  for (const [name, value] of Object.entries(input)) {
    names.push({ argument: NAMELESS, text: name });
    walk(value, name);
  }
  return [...values, ...names];
}

const ADDRESSED: ReadonlySet<TargetRole> = new Set(["recipient", "host"]);

/** What each argument that says where the call goes to is, as a whole and address by address. */
function aimedAt(targets: ReturnType<typeof targetsOf>): ReadonlyMap<string, ReadonlySet<string>> {
  const aimed = new Map<string, Set<string>>();
  for (const { role, name, value } of targets) {
    if (!ADDRESSED.has(role)) continue;
    const held = aimed.get(name) ?? new Set();
    aimed.set(name, held);
    held.add(squeezed(value).text);
    if (role === "recipient") for (const one of value.split(/[\s,;<>]+/)) held.add(squeezed(one).text);
  }
  return aimed;
}
