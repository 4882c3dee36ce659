import type { Tier } from "../../src/domain/tier.ts";
import { readRecorded, type Recorded, type Trace } from "./data.ts";
import { runTrace } from "./drive.ts";
import { CAVEAT, readOptions, sample, usage } from "./options.ts";
import {
  isInterrupted,
  isScoredAttack,
  isScoredBenign,
  isStopped,
  macro,
  percent,
  type Run,
  score,
  type Score,
} from "./score.ts";
import { setStage } from "./stage.ts";

/** Every trace of a folder through the gate; prints what was stopped and what was interrupted. Resolves to the exit code. */
export async function replayTraces(args: readonly string[]): Promise<number> {
  const given = readOptions(args);
  if (typeof given === "string") {
    process.stderr.write(`${given}\n${usage("")}\n`);
    return 2;
  }
  const recorded = readRecorded(given.data);
  const traces = sample(
    recorded.traces.filter((one) => given.suite === null || one.suite === given.suite),
    given.limit,
  );
  const runs = await replay(recorded, traces, given);
  if (given.show !== null) show(runs, given.show);
  const bySuite = Map.groupBy(runs, ({ trace }) => trace.suite);
  const report = {
    mode: { tier: given.tier, declared: given.declared, traces: runs.length },
    caveat: CAVEAT,
    suites: Object.fromEntries([...bySuite].map(([name, some]) => [name, score(some)])),
    macro: macro(runs),
    all: score(runs),
  };
  process.stdout.write(given.json ? `${JSON.stringify(report, null, 2)}\n` : table(report));
  return 0;
}

/** In the order of `traces`. */
export async function replay(
  recorded: Recorded,
  traces: readonly Trace[],
  { tier, declared }: { readonly tier: Tier; readonly declared: boolean },
): Promise<readonly Run[]> {
  const runs: Run[] = [];
  const stages = new Map<string, Awaited<ReturnType<typeof setStage>>>();
  for (const trace of traces) {
    const suite = recorded.suites.get(trace.suite);
    if (suite === undefined) throw new Error(`suites/ says nothing of ${trace.suite}`);
    const stage = stages.get(trace.suite) ?? (await setStage(suite, { tier, declared }));
    stages.set(trace.suite, stage);
    runs.push(await runTrace(stage, trace, recorded.results));
  }
  return runs;
}

/** What is left, grouped: for whoever looks into the numbers. */
export function show(runs: readonly Run[], what: string): void {
  const wanted = runs.filter((run) =>
    what === "left"
      ? isScoredAttack(run.trace) && !isStopped(run)
      : what === "direct"
        ? run.trace.kind === "direct" && isInterrupted(run)
        : isScoredBenign(run.trace) && isInterrupted(run),
  );
  const counts = new Map<string, number>();
  for (const { trace, calls } of wanted) {
    const reasons = calls.flatMap((one, i) => {
      const recorded = trace.calls[i];
      const counts = what === "left" ? recorded?.l === "atk" && one.verdict === "permit" : one.verdict !== "permit";
      return counts ? [`${one.verdict} ${one.tool} ${JSON.stringify(recorded?.a).slice(0, 200)} ${one.why}`] : [];
    });
    const line = `${trace.suite} ${trace.ut} ${trace.it ?? ""} ${[...new Set(reasons)].slice(0, 3).join("\n      ")}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  for (const [line, count] of [...counts].toSorted((a, b) => b[1] - a[1])) process.stderr.write(`${count}× ${line}\n`);
}

function table(report: {
  readonly caveat: string;
  readonly suites: Readonly<Record<string, Score>>;
  readonly macro: ReturnType<typeof macro>;
  readonly all: Score;
}): string {
  const rows = [...Object.entries(report.suites), ["all", report.all] as const].map(([name, one]) => {
    const cells = (["STOP", "AUTO-STOP", "INT", "INT-OWN", "DENY", "DIRECT", "autonomy"] as const).flatMap((key) => {
      const counted = one[key];
      if (counted === null) return [];
      const { rate, low, high, hits, of } = counted;
      return `${key} ${percent(rate)} (${percent(low)}–${percent(high)}; ${hits}/${of})`;
    });
    return `${name}\n  ${cells.join("\n  ")}\n  asks per task ${one.asksPerTask}, decision p50 ${one.p50} ms, p99 ${one.p99} ms\n`;
  });
  const average = Object.entries(report.macro).map(([key, rate]) => `${key} ${percent(rate)}`);
  return `${rows.join("")}macro ${average.join(", ")}\n${report.caveat}\n`;
}
