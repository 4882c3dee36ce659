import { parseArgs } from "node:util";
import { type Tier, TIERS } from "../../src/domain/tier.ts";
import { adapted, MOVES } from "./adaptive.ts";
import { readRecorded, type Recorded, type Trace } from "./data.ts";
import { runTrace, setStage } from "./drive.ts";
import {
  isInterrupted,
  isScoredAttack,
  isScoredBenign,
  isStopped,
  macro,
  type Run,
  score,
  type Score,
} from "./score.ts";

const CAVEAT =
  "open loop: a stopped call would change what the agent does next; an ask counts as a stop only if the person refuses";
const USAGE = `npm run replay -- --data DIR [--declared] [--tier ${TIERS.join("|")}] [--suite NAME] [--limit N] [--json] [--show left|interrupted|direct]`;

/** Every trace of a folder through the gate; prints what was stopped and what was interrupted. Resolves to the exit code. */
export async function replayTraces(args: readonly string[]): Promise<number> {
  const given = read(args);
  if (typeof given === "string") {
    process.stderr.write(`${given}\n${USAGE}\n`);
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

/** What of the attacks is still stopped when the attacker's values are moved. Resolves to the exit code. */
export async function replayAdaptive(args: readonly string[]): Promise<number> {
  const given = read(args);
  if (typeof given === "string") {
    process.stderr.write(`${given}\n${USAGE.replace("-- ", "-- adaptive ")}\n`);
    return 2;
  }
  const recorded = readRecorded(given.data);
  const moves: Record<string, Pick<Score, "STOP" | "AUTO-STOP">> = {};
  for (const move of MOVES) {
    const moved = adapted(recorded, move);
    const traces = moved.traces.filter((one) => given.suite === null || one.suite === given.suite);
    const { STOP, "AUTO-STOP": auto } = score(await replay(moved, sample(traces, given.limit), given));
    moves[move] = { STOP, "AUTO-STOP": auto };
  }
  process.stdout.write(
    `${JSON.stringify({ mode: { tier: given.tier, declared: given.declared }, caveat: CAVEAT, moves }, null, 2)}\n`,
  );
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

interface Given {
  readonly data: string;
  readonly declared: boolean;
  readonly tier: Tier;
  readonly suite: string | null;
  readonly limit: number | null;
  readonly json: boolean;
  readonly show: string | null;
}

function read(args: readonly string[]): Given | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        data: { type: "string" },
        declared: { type: "boolean", default: false },
        tier: { type: "string", default: "optimized" },
        suite: { type: "string" },
        limit: { type: "string" },
        json: { type: "boolean", default: false },
        show: { type: "string" },
      },
    });
    const limit = values.limit === undefined ? null : Number(values.limit);
    if (values.data === undefined) return "`--data` names the folder with the traces";
    const tier = TIERS.find((one) => one === values.tier);
    if (tier === undefined) return `there is no tier ${values.tier}`;
    if (limit !== null && !(Number.isInteger(limit) && limit > 0)) return "`--limit` is a number of traces";
    const { data, declared, json } = values;
    return { data, declared, tier, json, limit, suite: values.suite ?? null, show: values.show ?? null };
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}

/** Evenly spread, so that every suite and task is in a small sample too. */
function sample(traces: readonly Trace[], limit: number | null): readonly Trace[] {
  if (limit === null || limit >= traces.length) return traces;
  return Array.from({ length: limit }, (_, i) => traces[Math.floor((i * traces.length) / limit)]).filter(
    (one) => one !== undefined,
  );
}

/** What is left, grouped: for whoever looks into the numbers. */
function show(runs: readonly Run[], what: string): void {
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
  const percent = (rate: number): string => `${(rate * 100).toFixed(1)} %`;
  const rows = [...Object.entries(report.suites), ["all", report.all] as const].map(([name, one]) => {
    const cells = (["STOP", "AUTO-STOP", "INT", "DENY", "DIRECT", "autonomy"] as const).map((key) => {
      const { rate, low, high, hits, of } = one[key];
      return `${key} ${percent(rate)} (${percent(low)}–${percent(high)}; ${hits}/${of})`;
    });
    return `${name}\n  ${cells.join("\n  ")}\n  asks per task ${one.asksPerTask}, decision p50 ${one.p50} ms, p99 ${one.p99} ms\n`;
  });
  const average = Object.entries(report.macro).map(([key, rate]) => `${key} ${percent(rate)}`);
  return `${rows.join("")}macro ${average.join(", ")}\n${report.caveat}\n`;
}
