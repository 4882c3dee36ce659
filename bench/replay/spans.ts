import type { Json } from "../../src/domain/json.ts";
import type { Recorded, Trace } from "./data.ts";

/** Where in a result somebody else's words stand: from, to. */
export type Span = readonly [from: number, to: number];

/** Words that follow each other, so many, count as known together. */
const SHINGLE = 3;
/** Fewer words than this are no text. */
const SHORTEST = 6;
/** Known words between two texts of an attacker's, so many at most, are the attacker's too. */
const GAP = 8;
/** Where one member of a record ends and the next begins: a text does not reach over it. */
const MEMBER = /\n[ \t]*(?:- )?[\w-]{1,40}:[ \t]\S|['"]\s*[,:]\s*[[{'"]/g;
/** A word; what escapes a line break in a quoted value is none. */
const WORD = /\\[ntr]|[\p{L}\p{N}]+/gu;

interface Word {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/** Finds what an attack put into a result, by nothing but the benign traces: the words of the result that no three words of
 *  any result of a benign trace of the same suite hold, nor anything the agent itself wrote earlier. It knows no wording and
 *  no place. Null where no benign trace of the suite used the tool: then nothing can be said of it. */
export type FindSpans = (trace: Trace, call: number) => readonly Span[] | null;

export function spansAgainst(recorded: Recorded): FindSpans {
  const suites = new Map<string, { readonly tools: Set<string>; readonly known: Set<string> }>();
  const read = new Set<string>();
  for (const { kind, suite, calls } of recorded.traces) {
    if (kind !== "benign") continue;
    const held = suites.get(suite) ?? { tools: new Set(), known: new Set() };
    suites.set(suite, held);
    for (const { t, r } of calls) {
      held.tools.add(t);
      if (r === undefined || read.has(`${suite} ${r}`)) continue;
      read.add(`${suite} ${r}`);
      learn(textOf(recorded.results[r]), held.known);
    }
  }
  const found = new Map<string, readonly Span[]>();
  return (trace, at) => {
    const suite = suites.get(trace.suite);
    const call = trace.calls[at];
    if (suite === undefined || call?.r === undefined || !suite.tools.has(call.t)) return null;
    const own = new Set<string>();
    for (const { a } of trace.calls.slice(0, at)) for (const text of stringsIn(a)) learn(text, own);
    const key = own.size === 0 ? `${trace.suite} ${call.r}` : `${trace.id} ${at}`;
    const spans = found.get(key) ?? unknownIn(textOf(recorded.results[call.r]), suite.known, own);
    found.set(key, spans);
    return spans;
  };
}

export function textOf(kept: Json | undefined): string {
  return typeof kept === "string" ? kept : JSON.stringify(kept ?? null);
}

export function stringsIn(value: Json): readonly string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(stringsIn);
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}

/** A result with each span exchanged. */
export function exchanged(text: string, spans: readonly Span[], by: (part: string) => string): string {
  return spans
    .toReversed()
    .reduce((all, [from, to]) => all.slice(0, from) + by(all.slice(from, to)) + all.slice(to), text);
}

function unknownIn(text: string, known: ReadonlySet<string>, own: ReadonlySet<string>): readonly Span[] {
  const words = wordsIn(text);
  const covered = words.map(() => false);
  for (const [i, shingle] of shinglesOf(words).entries())
    if (known.has(shingle) || own.has(shingle)) covered.fill(true, i, i + SHINGLE);
  const runs: [number, number][] = [];
  for (const [i, isKnown] of covered.entries()) {
    if (isKnown) continue;
    const last = runs.at(-1);
    if (last !== undefined && i - last[1] <= GAP) last[1] = i;
    else runs.push([i, i]);
  }
  return runs
    .flatMap(([first, last]) => withinMembers(text, words[first]?.from ?? 0, words[last]?.to ?? 0))
    .filter(([from, to]) => wordsIn(text.slice(from, to)).length >= SHORTEST)
    .map(([from, to]) => widened(text, from, to));
}

function withinMembers(text: string, from: number, to: number): readonly Span[] {
  const spans: Span[] = [];
  let start = from;
  for (const found of text.slice(from, to).matchAll(MEMBER)) {
    spans.push([start, from + found.index]);
    // What the last sign belongs to is the next member's own text.
    start = from + found.index + found[0].length - (found[0].startsWith("\n") ? 1 : 0);
  }
  return [...spans, [start, to]];
}

/** With the brackets and signs that stand right around it; quotation marks and line breaks hold the result together. */
function widened(text: string, from: number, to: number): Span {
  const before = /[<>=*#~!/([{]*$/.exec(text.slice(0, from))?.[0].length ?? 0;
  const after = /^[<>=*#~!/)\]}.]*/.exec(text.slice(to))?.[0].length ?? 0;
  return [from - before, to + after];
}

function learn(text: string, into: Set<string>): void {
  for (const shingle of shinglesOf(wordsIn(text))) into.add(shingle);
}

function wordsIn(text: string): readonly Word[] {
  return [...text.matchAll(WORD)].flatMap(({ 0: word, index }) =>
    word.startsWith("\\") ? [] : [{ text: word.toLowerCase(), from: index, to: index + word.length }],
  );
}

function shinglesOf(words: readonly Word[]): readonly string[] {
  return words.slice(SHINGLE - 1).map((_, i) =>
    words
      .slice(i, i + SHINGLE)
      .map(({ text }) => text)
      .join(" "),
  );
}
