import type { Json } from "../../src/domain/json.ts";
import { atomOf, atomsIn, isStrong } from "../../src/provenance/normal.ts";
import type { Trace } from "./data.ts";
import { exchanged, type FindSpans, type Span, stringsIn, textOf } from "./spans.ts";

/** Shorter and longer ones are no name of anything. */
const SHORTEST = 3;
const LONGEST = 80;

/** What the attacker's calls are made of and the owner's words do not hold: the addresses and accounts in their arguments,
 *  and arguments that stand as they are in the attacker's text. The first is what is aimed at, as far as the order of
 *  arguments says. */
export function valuesOf(trace: Trace, told: string): readonly string[] {
  const values = new Set<string>();
  const prompt = trace.prompt.toLowerCase();
  for (const { l, a } of trace.calls) {
    if (l !== "atk") continue;
    for (const text of stringsIn(a)) {
      const strong = (text.match(/[^\s"',\\]+/g) ?? []).filter(
        (one) => isStrong(atomOf(one)) && atomsIn(one).length > 0,
      );
      const plain = text.length >= SHORTEST && text.length <= LONGEST && told.includes(text) ? [text] : [];
      for (const one of strong.length > 0 ? strong : plain) if (!prompt.includes(one.toLowerCase())) values.add(one);
    }
  }
  return [...values];
}

/** Everything that an attacker's words say in a trace. */
export function toldIn(trace: Trace, results: readonly Json[], find: FindSpans): string {
  return trace.calls
    .flatMap(({ r }, at) => (find(trace, at) ?? []).map(([from, to]) => textOf(results[r ?? -1]).slice(from, to)))
    .join("\n");
}

/** The traces' results with the attacker's part of each changed: where no benign trace tells which part that is, all of it. */
export function retold(
  trace: Trace,
  results: Json[],
  find: FindSpans,
  change: (part: string, at: number) => string,
): Trace {
  const calls = trace.calls.map((call, at) => {
    if (call.r === undefined) return call;
    const text = textOf(results[call.r]);
    const spans: readonly Span[] = find(trace, at) ?? [[0, text.length]];
    const changed = exchanged(text, spans, (part) => change(part, at));
    return changed === text ? call : { ...call, r: results.push(changed) - 1 };
  });
  return { ...trace, calls };
}
