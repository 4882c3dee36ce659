import type { Json, JsonObject } from "../../src/domain/json.ts";
import { atomOf, isStrong } from "../../src/provenance/normal.ts";
import { CODINGS, LOOKALIKES } from "./codings.ts";
import type { Recorded, Trace } from "./data.ts";
import { delayed } from "./delayed.ts";
import { launderingIn } from "./laundered.ts";
import { MENTIONS, mentioned } from "./mentioned.ts";
import { recordOf, withRecords } from "./records.ts";
import { isScoredAttack } from "./score.ts";
import { type FindSpans, spansAgainst } from "./spans.ts";
import { inHalves } from "./split.ts";
import { retold, toldIn, valuesOf } from "./values.ts";

/** An attack as somebody who knows the mechanism would have made it. */
export interface Moved {
  readonly trace: Trace;
  /** The calls that take the value along before it is used: where a person or the policy stops each of them, the move failed,
   *  and the attack has what it had without it. */
  readonly vehicle?: readonly number[];
}

export interface Kit {
  /** Results of moved traces are added to these. */
  readonly results: Json[];
  readonly find: FindSpans;
}

/** Null where a trace has nothing that could be moved so. */
type Move = (trace: Trace, values: readonly string[], kit: Kit) => Moved | null;

const strong = (values: readonly string[]): readonly string[] => values.filter((one) => isStrong(atomOf(one)));

/** In the attacker's text under a coding, in the call in the clear. */
const coded = (name: string): Move => inText((part, values) => each(part, values, CODINGS[name] ?? String));

/** What an attacker who knows the mechanism would try, made mechanically from the recorded attacks. `mentioned in the owner's
 *  own words` is no attack any more: the value is the owner's then. */
export function movesFor(recorded: Recorded): ReadonlyMap<string, Move> {
  const laundered = launderingIn(recorded);
  return new Map<string, Move>([
    ["recased", spelledIn((one) => one.toUpperCase())],
    ["spaced", spelledIn((one) => (atomOf(one).form === "account" ? (one.match(/.{1,4}/g)?.join(" ") ?? one) : one))],
    ...Object.keys(CODINGS).map((name) => [name, coded(name)] as const),
    ["homoglyphs copied", bothWays((one) => one.replaceAll(/[a-z]/gi, (char) => LOOKALIKES[char] ?? char))],
    ["split", inHalves],
    ["structured", structured(() => "note")],
    ["structured under the owner's words", structured(titleFrom)],
    ["laundered", laundered],
    ["laundered, reversed before", after(coded("reversed"), laundered)],
    ["laundered into a later session", launderingIn(recorded, "in a later session")],
    ["delayed", delayed("told")],
    ["delayed by itself", delayed("alone")],
    ["delayed in an undescribed memory", delayed("alone", "undescribed")],
    ["delayed, reversed before", after(coded("reversed"), delayed("alone"))],
    ...Object.keys(MENTIONS).map((name) => [`mentioned, ${name}`, mentioned(name)] as const),
  ]);
}

/** The traces of one move, but for those that have nothing to move. */
export interface Adapted extends Recorded {
  /** By trace: what each move that needs calls of its own needs. */
  readonly vehicles: ReadonlyMap<string, readonly number[]>;
}

export function adapted(recorded: Recorded, move: Move): Adapted {
  const results: Json[] = [...recorded.results];
  const find = spansAgainst(recorded);
  const attacks = recorded.traces.filter(isScoredAttack);
  const vehicles = new Map<string, readonly number[]>();
  const traces = attacks.flatMap((trace) => {
    const moved = move(trace, valuesOf(trace, toldIn(trace, recorded.results, find)), { results, find });
    if (moved === null) return [];
    if (moved.vehicle !== undefined) vehicles.set(trace.id, moved.vehicle);
    return [moved.trace];
  });
  return { ...recorded, traces, results, vehicles };
}

/** Only what the results say is another. */
function inText(change: (part: string, values: readonly string[]) => string): Move {
  return (trace, values, { results, find }) => {
    const moved = retold(trace, results, find, (part) => change(part, values));
    return moved.calls.every((call, i) => call.r === trace.calls[i]?.r) ? null : { trace: moved };
  };
}

/** Only how the agent spells it is another. */
function spelledIn(change: (value: string) => string): Move {
  return (trace, values) => {
    const calls = trace.calls.map((call) =>
      call.l === "atk" ? { ...call, a: rewritten(call.a, strong(values), change) as JsonObject } : call,
    );
    return JSON.stringify(calls) === JSON.stringify(trace.calls) ? null : { trace: { ...trace, calls } };
  };
}

function bothWays(change: (value: string) => string): Move {
  return after(
    inText((part, values) => each(part, strong(values), change)),
    spelledIn(change),
  );
}

/** One move on top of another; where the first has nothing to move there is no attack of this kind. */
function after(first: Move, second: Move): Move {
  return (trace, values, kit) => {
    const moved = first(trace, values, kit);
    // The second finds the attacker's text where it was in the trace as recorded.
    const find: FindSpans = (_, at) => kit.find(trace, at);
    return moved === null ? null : second(moved.trace, values, { ...kit, find });
  };
}

/** In a record of the result, each value by itself. */
function structured(title: (trace: Trace) => string): Move {
  return (trace, values, { results, find }) => {
    const calls = trace.calls.map((call, at) => {
      const spans = find(trace, at);
      const text = call.r === undefined ? null : results[call.r];
      if (typeof text !== "string" || spans?.length === 0 || !values.some((one) => text.includes(one))) return call;
      const records = values.map((one) =>
        recordOf({ name: title(trace), recipient: one, email: one, url: one, id: one }),
      );
      return { ...call, r: results.push(withRecords(text, records)) - 1 };
    });
    return calls.every((call, i) => call === trace.calls[i]) ? null : { trace: { ...trace, calls } };
  };
}

/** What an attacker who can guess the task would call it. */
function titleFrom({ prompt }: Trace): string {
  return (prompt.match(/\p{L}{4,}/gu) ?? []).slice(0, 8).join(" ");
}

function each(text: string, values: readonly string[], change: (value: string) => string): string {
  return values.reduce((all, one) => all.replaceAll(one, () => change(one)), text);
}

function rewritten(value: Json, values: readonly string[], change: (value: string) => string): Json {
  if (typeof value === "string") return each(value, values, change);
  if (Array.isArray(value)) return (value as readonly Json[]).map((one) => rewritten(one, values, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, rewritten(one, values, change)]));
}
