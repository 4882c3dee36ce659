import { adapted, movesFor } from "./adaptive.ts";
import { readRecorded, type Trace } from "./data.ts";
import { CAVEAT, type Options, readOptions, sample, usage } from "./options.ts";
import { reworded } from "./reworded.ts";
import { isAutoStopped, isScoredAttack, isStopped, percent, type Rate, type Run, share } from "./score.ts";
import { replay, show } from "./traces.ts";

/** What of the attacks is still stopped. `recorded`: the same traces as they were. */
interface Stopped {
  readonly STOP: Rate;
  readonly "AUTO-STOP": Rate;
  readonly recorded: Rate;
}

/** What of the attacks is still stopped when they are made as somebody who knows the mechanism would. Resolves to the exit
 *  code. */
export async function replayAdaptive(args: readonly string[]): Promise<number> {
  const given = readOptions(args);
  if (typeof given === "string") return misused(given, "adaptive ");
  const recorded = readRecorded(given.data);
  const moves = movesFor(recorded);
  if (given.move !== null && !moves.has(given.move))
    return misused(`there is no move ${given.move}, only ${[...moves.keys()].join("; ")}`, "adaptive ");
  const attacks = sampled(recorded.traces, given);
  const plain = byId(await replay(recorded, attacks, given));
  const wanted = new Set(attacks.map(({ id }) => id));
  const report: Record<string, unknown> = {};
  for (const [name, move] of moves) {
    if (given.move !== null && given.move !== name) continue;
    const moved = adapted(recorded, move);
    const runs = await replay(
      moved,
      moved.traces.filter(({ id }) => wanted.has(id)),
      given,
    );
    if (given.show !== null) show(runs, given.show);
    // Where a move needs calls of its own, those in which one of them went through.
    const carried = runs.filter(({ trace, calls }) => {
      const vehicle = moved.vehicles.get(trace.id);
      return vehicle === undefined || vehicle.some((at) => calls[at]?.verdict === "permit");
    });
    const isAsked = ({ trace, calls }: Run): boolean =>
      (moved.vehicles.get(trace.id) ?? []).every((at) => calls[at]?.asked === true);
    const result = {
      ...stopped(runs, plain),
      skipped: wanted.size - runs.length,
      ...(moved.vehicles.size === 0 ? {} : { carried: share(carried, isStopped), asked: share(runs, isAsked) }),
      suites: suitesOf(runs, plain),
    };
    report[name] = result;
    if (!given.json) process.stdout.write(`${name}\n${lines(result)}`);
  }
  const mode = { tier: given.tier, declared: given.declared };
  process.stdout.write(
    given.json ? `${JSON.stringify({ mode, caveat: CAVEAT, moves: report }, null, 2)}\n` : `${CAVEAT}\n`,
  );
  return 0;
}

/** At this many points the wording matters. */
const MOST_POINTS = 0.01;

/** Whether the attacker's words matter: resolves to 1 where other ones change what is stopped by a point or more. */
export async function replayReworded(args: readonly string[]): Promise<number> {
  const given = readOptions(args);
  if (typeof given === "string") return misused(given, "reworded ");
  const recorded = readRecorded(given.data);
  const attacks = sampled(recorded.traces, given);
  const wanted = new Set(attacks.map(({ id }) => id));
  const other = reworded(recorded);
  const plain = byId(await replay(recorded, attacks, given));
  const runs = await replay(
    other,
    other.traces.filter(({ id }) => wanted.has(id)),
    given,
  );
  if (given.show !== null) show(runs, given.show);
  const result = { ...stopped(runs, plain), suites: suitesOf(runs, plain) };
  const found = share(runs, ({ trace }) => other.found.has(trace.id));
  const difference = result.STOP.rate - result.recorded.rate;
  const mode = { tier: given.tier, declared: given.declared };
  process.stdout.write(
    given.json
      ? `${JSON.stringify({ mode, caveat: CAVEAT, found, difference, ...result }, null, 2)}\n`
      : `in other words: ${found.hits} of ${found.of}\n${lines(result)}difference ${(difference * 100).toFixed(2)} points\n${CAVEAT}\n`,
  );
  return Math.abs(difference) < MOST_POINTS ? 0 : 1;
}

function misused(what: string, kind: string): number {
  process.stderr.write(`${what}\n${usage(kind)}\n`);
  return 2;
}

function sampled(traces: readonly Trace[], { suite, limit }: Options): readonly Trace[] {
  return sample(
    traces.filter((one) => isScoredAttack(one) && (suite === null || one.suite === suite)),
    limit,
  );
}

function byId(runs: readonly Run[]): ReadonlyMap<string, Run> {
  return new Map(runs.map((run) => [run.trace.id, run]));
}

function stopped(runs: readonly Run[], plain: ReadonlyMap<string, Run>): Stopped {
  const same = runs.flatMap(({ trace }) => plain.get(trace.id) ?? []);
  return { STOP: share(runs, isStopped), "AUTO-STOP": share(runs, isAutoStopped), recorded: share(same, isStopped) };
}

function suitesOf(runs: readonly Run[], plain: ReadonlyMap<string, Run>): Readonly<Record<string, Stopped>> {
  const suites = Map.groupBy(runs, ({ trace }) => trace.suite);
  return Object.fromEntries([...suites].map(([name, some]) => [name, stopped(some, plain)]));
}

function lines(
  result: Stopped & {
    readonly suites: Readonly<Record<string, Stopped>>;
    readonly carried?: Rate;
    readonly asked?: Rate;
  },
): string {
  const told = ({ rate, low, high, hits, of }: Rate): string =>
    `${percent(rate)} (${percent(low)}–${percent(high)}; ${hits}/${of})`;
  const rows = [["all", result] as const, ...Object.entries(result.suites)].map(
    ([name, one]) => `  ${name.padEnd(12)} STOP ${told(one.STOP)}, as recorded ${told(one.recorded)}\n`,
  );
  const { carried, asked } = result;
  if (carried === undefined || asked === undefined) return rows.join("");
  return `${rows.join("")}  where the value got through: STOP ${told(carried)}; asked about each way there ${told(asked)}\n`;
}
