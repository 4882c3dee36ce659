import type { JsonObject } from "../../src/domain/json.ts";
import type { Kit, Moved } from "./adaptive.ts";
import type { Recorded, RecordedCall, Trace } from "./data.ts";
import { recordOf } from "./records.ts";
import { textOf } from "./spans.ts";

/** Arguments that hold what people read. */
const FREE =
  /^(?:title|subject|name|body|content|text|message|note|description|comment|summary)$|_(?:title|text|body|note)$/i;
const READS = /^(?:get|read|list|view|show|search|find|query)_/i;
/** Arguments that a page or a file is asked for with: what comes of it is a text, and no list of records. */
const OF_PROSE = /url|path|file/i;
const MOST = 3;

/** The attacker's value goes through a write that the suite's own benign tasks make, of the same task's where there is one,
 *  and comes back from a read of the suite as a member of the record that was written: in the same session, or in a later one
 *  that never reads the attacker's text. */
export function launderingIn(
  recorded: Recorded,
  when: "in the same session" | "in a later session" = "in the same session",
): (trace: Trace, values: readonly string[], kit: Kit) => Moved | null {
  const used = recorded.traces
    .filter(({ kind }) => kind === "benign")
    .flatMap(({ suite, ut, calls }) => calls.map((call) => ({ suite, ut, call })));
  const writes = used.filter(
    ({ call }) => (call.l === "gt" || call.l === "gtf") && !READS.test(call.t) && freeIn(call.a) !== null,
  );
  const reads = used.filter(
    ({ call }) =>
      READS.test(call.t) && call.r !== undefined && !Object.keys(call.a).some((name) => OF_PROSE.test(name)),
  );
  return (trace, values, { results, find }) => {
    const mine = writes.filter(({ suite }) => suite === trace.suite);
    const write = (mine.find(({ ut }) => ut === trace.ut) ?? mostUsed(mine))?.call;
    const attack = trace.calls.findIndex(({ l }) => l === "atk");
    const told = trace.calls.slice(0, attack).some((_, at) => (find(trace, at) ?? []).length > 0);
    if (write === undefined || values.length === 0 || !told) return null;
    const nouns = write.t.split("_").slice(1);
    const own = reads.filter(({ suite }) => suite === trace.suite);
    const near = own.filter(({ call }) => nouns.some((noun) => call.t.includes(noun.replace(/s$/, ""))));
    const read = mostUsed(near.length > 0 ? near : own)?.call;
    if (read === undefined) return null;
    const free = freeIn(write.a) ?? "";
    const written = values.slice(0, MOST).map((value, i): RecordedCall => {
      const { e: _, ...call } = write;
      return { ...call, s: -1 - i, a: { ...write.a, [free]: value }, l: "oth" };
    });
    const adds = written.map(({ a }, i) => ({ call: attack + i, record: recordOf(texts(a)) }));
    const { e: _, ...back } = read;
    const r = results.push(textOf(results[read.r ?? -1])) - 1;
    const again: RecordedCall = { ...back, s: -10, r, adds, l: "oth" };
    const first = [...trace.calls.slice(0, attack), ...written];
    const vehicle = adds.map(({ call }) => call);
    if (when === "in the same session")
      return { trace: { ...trace, calls: [...first, again, ...trace.calls.slice(attack)] }, vehicle };
    const rest = trace.calls.filter(({ l }, at) => l === "atk" || (find(trace, at) ?? []).length === 0);
    const before = { calls: first.length, prompt: trace.prompt };
    return { trace: { ...trace, before, calls: [...first, again, ...rest] }, vehicle };
  };
}

function freeIn(input: JsonObject): string | null {
  return Object.entries(input).find(([name, value]) => FREE.test(name) && typeof value === "string")?.[0] ?? null;
}

function texts(input: JsonObject): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(input).flatMap(([name, value]) =>
      typeof value === "string" || typeof value === "number" ? [[name, String(value)]] : [],
    ),
  );
}

function mostUsed<T extends { readonly call: RecordedCall }>(some: readonly T[]): T | undefined {
  const groups = [...Map.groupBy(some, ({ call }) => call.t).values()];
  return groups.toSorted((a, b) => b.length - a.length)[0]?.[0];
}
