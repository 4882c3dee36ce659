/** What a call costs when its session has seen few, many and very many values. Prints one JSON object: microseconds at the median
 *  for tracing one call, and for looking through a letter of 2,000 when as many values are secret; milliseconds for taking in one more result of 100 values, and megabytes held. */
import { inferRule } from "../../src/analysis/inferred.ts";
import { NO_EFFECTS } from "../../src/domain/effect.ts";
import type { CallId, Digest, ServerName, SessionId, TaskId, ToolName } from "../../src/domain/ids.ts";
import { holds } from "../../src/provenance/disclosed.ts";
import { fingerprintUnder } from "../../src/provenance/fingerprint.ts";
import { readResult } from "../../src/provenance/leaves.ts";
import { Lineage } from "../../src/provenance/lineage.ts";
import { unitsOf } from "../../src/provenance/telling.ts";
import { trace } from "../../src/provenance/trace.ts";
import { compileWords } from "../../src/provenance/words.ts";

const PER_RESULT = 100;
const text = { type: "string" };
const body = { name: "send_payment", inputSchema: { type: "object", properties: { payee: text, reference: text } } };
const rule = inferRule(
  { server: "bank" as ServerName, name: "send_payment" as ToolName, body, hash: "" as Digest },
  {},
);
const words = compileWords("Pay the garden club what it is owed, as last time");

const LETTER = Array.from({ length: 300 }, (_, i) => ["hello", "invoice", "Friday"][i % 3]).join(" ");

interface Measured {
  readonly traceUs: number;
  readonly lookUs: number;
  readonly takeMs: number;
  readonly heldMb: number;
}

function measure(values: number): Measured {
  const before = process.memoryUsage().heapUsed;
  const lineage = new Lineage("s" as SessionId, fingerprintUnder([1, 2]));
  const take = (n: number): void => {
    const records = Array.from({ length: PER_RESULT / 2 }, (_, i) => ({
      payee: `DE8937040044${n * 1000 + i}`,
      note: `w${n}`,
    }));
    const result = readResult({ content: [{ type: "text", text: JSON.stringify(records) }] }, false);
    const source = { prose: false, private: true, named: null, searched: null };
    lineage.take(lineage.pack(`c${n}` as CallId, "bank__list", result, source));
  };
  for (let n = 0; n < values / PER_RESULT; n++) take(n);
  const started = performance.now();
  take(-1);
  const takeMs = performance.now() - started;
  for (let n = 0; n < values; n += PER_RESULT) {
    const units = Array.from({ length: Math.min(values, PER_RESULT) }, (_, i) =>
      unitsOf(`k${n + i}-${(n + i) * 7919}`),
    );
    const found = [{ level: "secret", path: "$.key", units: units.flat() }] as const;
    lineage.classified.take({ tool: "vault__read", ...lineage.classified.pack(found, null) });
  }
  const lookUs = median(() => holds(lineage.classified, LETTER));
  const traceUs = median((i) =>
    trace({
      server: "bank",
      tool: "send_payment",
      rule,
      effects: { ...NO_EFFECTS, kinds: ["spend"], reversible: false },
      input: { payee: `DE8937040044${i}`, reference: "garden club" },
      task: "t" as TaskId,
      declared: true,
      planned: false,
      words,
      lineage,
      endorsements: [],
    }),
  );
  return {
    traceUs,
    lookUs,
    takeMs: Math.round(takeMs * 100) / 100,
    heldMb: Math.round((process.memoryUsage().heapUsed - before) / 104_857.6) / 10,
  };
}

function median(one: (i: number) => unknown): number {
  const times = Array.from({ length: 500 }, (_, i) => {
    const from = performance.now();
    one(i);
    return (performance.now() - from) * 1000;
  });
  return Math.round(times.toSorted((a, b) => a - b)[250] ?? 0);
}

measure(1_000);
const sizes = [10, 1_000, 100_000];
process.stdout.write(`${JSON.stringify(Object.fromEntries(sizes.map((size) => [size, measure(size)])))}\n`);
