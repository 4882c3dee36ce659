// What it costs to judge a call by what it would do: per analyser and size, p50 and p99 in microseconds.
import { codeCases } from "./code.ts";
import { placeCases } from "./places.ts";
import { shellCases } from "./shell.ts";
import { sqlCases } from "./sql.ts";

const ROUNDS = 400;
const WARM_UP = 100;

interface Cost {
  readonly p50: number;
  readonly p99: number;
}

const costs: Record<string, Record<string, Cost>> = {};
for (const { analyser, size, run } of [
  ...(await sqlCases()),
  ...(await shellCases()),
  ...(await placeCases()),
  ...codeCases(),
]) {
  const taken: number[] = [];
  const until = performance.now() + 5_000;
  for (let round = 0; round < ROUNDS + WARM_UP && performance.now() < until; round++) {
    const started = performance.now();
    await run();
    if (round >= WARM_UP || performance.now() > until) taken.push((performance.now() - started) * 1_000);
  }
  const sorted = taken.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10;
  (costs[analyser] ??= {})[size] = { p50: at(0.5), p99: at(0.99) };
}
if (process.argv.includes("--json")) console.log(JSON.stringify({ analysis_us: costs }));
else
  console.table(
    Object.entries(costs).flatMap(([analyser, by]) =>
      Object.entries(by).map(([size, cost]) => ({ analyser, size, ...cost })),
    ),
  );
