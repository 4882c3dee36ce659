// npm run soak: a gateway under load is killed a hundred times (WRIT_KILLS says otherwise) and has to come back with its
// record whole each time; between kills it lives for a while, and neither its memory nor its processes may pile up.
// Prints a JSON summary, then `N passed, N failed`.
import { openRig } from "../test/crash/rig.ts";
import { residentMiB } from "./mcp/processes.ts";

const KILLS = Number(process.env["WRIT_KILLS"] ?? 100);
/** So many kills between two looks at memory and processes. */
const LOOK_EVERY = 10;
const LIFE_MS = 3_000;
/** The long life at the end, in stretches of the same length. */
const STRETCHES = 10;
/** What may be alive in its heap, and what it may gain there once it is warm, whatever it has carried. What is resident is
 *  told and not judged here: it depends on when the engine collects. */
const MOST_MIB = 80;
const GROWTH_MIB = 5;

const started = performance.now();
const rig = await openRig();
const problems: string[] = [];
let [passed, failed] = [0, 0];
const totals = { kills: 0, answered: 0, lost: 0, admissions: 0, closedFailed: 0, closedUnknown: 0 };
const restarts: number[] = [];
const resident: number[] = [];
const heap: number[] = [];

function judge(what: string, found: readonly string[]): void {
  if (found.length === 0) passed++;
  else failed++;
  problems.push(...found.map((one) => `${what}: ${one}`));
}

/** Lives for a while under load; what is alive in its heap then. */
async function live(): Promise<number> {
  totals.answered += await rig.calls(LIFE_MS);
  resident.push(residentMiB(rig.gateway().pid));
  const mib = await rig.gateway().heapMiB();
  heap.push(mib);
  return mib;
}

try {
  for (let kill = 1; kill <= KILLS; kill++) {
    const round = await rig.round();
    judge(`kill ${kill}`, round.problems);
    totals.kills++;
    totals.answered += round.answered;
    totals.lost += round.lost;
    totals.admissions += round.admissions;
    totals.closedFailed += round.closed.failed;
    totals.closedUnknown += round.closed.outcome_unknown;
    restarts.push(round.restartMs);
    if (kill % LOOK_EVERY !== 0) continue;
    const mib = await live();
    judge("memory", mib > MOST_MIB ? [`${mib.toFixed(1)} MiB are alive after kill ${kill}`] : []);
    judge("processes", await left());
    console.error(
      `${kill} kills, ${totals.answered} calls answered, ${Math.round(mib)} MiB, ${problems.length} problems`,
    );
  }
  const stretches: number[] = [];
  for (let n = 0; n < STRETCHES; n++) stretches.push(await live());
  const [warm, last] = [stretches[2] ?? 0, stretches.at(-1) ?? 0];
  judge("memory", last - warm > GROWTH_MIB ? [`grew from ${warm.toFixed(1)} to ${last.toFixed(1)} MiB`] : []);
  judge("last kill", (await rig.round()).problems);
  judge("processes", await left());
  judge("ledger", await rig.verify());
} catch (cause) {
  judge("soak", [cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)]);
} finally {
  await rig.close();
}

async function left(): Promise<string[]> {
  return (await rig.orphans()).map((pid) => `process ${pid} outlived its gateway`);
}

function range(values: readonly number[]): object {
  const [first = 0, last = 0] = [values[0], values.at(-1)];
  return { first: Math.round(first), last: Math.round(last), most: Math.round(Math.max(0, ...values)) };
}

const sorted = restarts.toSorted((a, b) => a - b);
const summary = {
  ...totals,
  restartMs: { p50: Math.round(sorted[sorted.length >> 1] ?? 0), most: Math.round(sorted.at(-1) ?? 0) },
  heapMiB: range(heap),
  residentMiB: range(resident),
  seconds: Math.round((performance.now() - started) / 1000),
  problems: problems.slice(0, 100),
};
console.log(JSON.stringify(summary, null, 2));
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
