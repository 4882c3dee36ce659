// npm run bench [-- --json] [--rounds N] [--seconds S]
//
// One echo tool, reached directly, through Writ with policy, credential and durable record on, and through two other
// proxies. The paths take turns in every round, so that a busy machine is busy for all of them: believe the ratios.
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { gatewayStarter } from "../gateway.ts";
import { httpLine, type Line, measure, median, type Sample, stdioLine } from "./load.ts";
import { fsyncMs, residentMiB, startEcho, startPeers, STDIO_ECHO } from "./processes.ts";

const IN_FLIGHT = [1, 16, 64] as const;
const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    rounds: { type: "string", default: "7" },
    seconds: { type: "string", default: "0.4" },
  },
});
const rounds = Number(values.rounds);
const ms = Number(values.seconds) * 1000;

interface Path {
  readonly name: string;
  readonly line: Line;
  readonly pid: number | null;
  readonly samples: Map<number, Sample[]>;
}

const ending: (() => Promise<unknown>)[] = [];
const paths: Path[] = [];
const fsync: number[] = [];
const resident = new Map<string, number>();

function add(name: string, line: Line, pid: number | null): void {
  ending.push(() => line.close());
  paths.push({ name, line, pid, samples: new Map(IN_FLIGHT.map((n) => [n, []])) });
}

const startGateway = await gatewayStarter();
try {
  const echo = await startEcho();
  ending.push(echo.stop);
  add("http direct", await httpLine(echo.url), echo.pid);
  const direct = await stdioLine(STDIO_ECHO.command, STDIO_ECHO.args);
  add("stdio direct", direct, direct.child.pid ?? null);
  if (startGateway !== null) {
    const gateway = await startGateway([
      { name: "http", url: echo.url },
      { name: "stdio", ...STDIO_ECHO },
    ]);
    ending.push(() => gateway.stop());
    add("http writ", await httpLine(gateway.url("http")), gateway.pid);
    add("stdio writ", await httpLine(gateway.url("stdio")), gateway.pid);
  }
  for (const [name, peer] of Object.entries(await startPeers())) {
    ending.push(peer.stop);
    add(`stdio ${name}`, await httpLine(peer.url), peer.pid);
  }

  for (const path of paths) await measure(path.line, 16, ms);
  for (let round = 0; round < rounds; round++) {
    fsync.push(await fsyncMs());
    for (const inFlight of IN_FLIGHT) {
      // Another one first in each round: none is always the one after the most demanding.
      for (let i = 0; i < paths.length; i++) {
        const path = paths[(i + round) % paths.length];
        path?.samples.get(inFlight)?.push(await measure(path.line, inFlight, ms));
      }
    }
    for (const { name, pid } of paths)
      if (pid !== null) resident.set(name, Math.max(resident.get(name) ?? 0, residentMiB(pid)));
  }
} finally {
  for (const end of ending.reverse()) await end();
}

/** Per round, then the median over rounds; null where one of the two was not run. */
function ratio(of: string, to: string, inFlight: number, what: "p50Ms" | "rps"): number | null {
  const find = (name: string) => paths.find((path) => path.name === name)?.samples.get(inFlight);
  const [over, under] = [find(of), find(to)];
  if (over === undefined || under === undefined) return null;
  return round3(median(over.map((sample, i) => sample[what] / (under[i]?.[what] ?? Number.NaN))));
}

function perInFlight<T>(value: (inFlight: number) => T): Record<string, T> {
  return Object.fromEntries(IN_FLIGHT.map((n) => [n, value(n)]));
}

function round3(value: number): number {
  return Number(value.toPrecision(3));
}

const COMPARED = [
  ["http writ", "http direct"],
  ["stdio writ", "stdio direct"],
  ["stdio writ", "stdio mcp-proxy"],
  ["stdio writ", "stdio supergateway"],
] as const;
const ratios = Object.fromEntries(
  COMPARED.map(([of, to]) => [
    `${of} / ${to}`,
    perInFlight((n) => ({ p50: ratio(of, to, n, "p50Ms"), rps: ratio(of, to, n, "rps") })),
  ]),
);

interface Goal {
  readonly goal: string;
  readonly value: number | null;
  readonly met: boolean | null;
}
const goal = (text: string, value: number | null, met: (value: number) => boolean): Goal => ({
  goal: text,
  value,
  met: value === null ? null : met(value),
});
const goals: readonly Goal[] = [
  goal(
    "http p50 at 1 in flight at most 2.5 times direct",
    ratio("http writ", "http direct", 1, "p50Ms"),
    (v) => v <= 2.5,
  ),
  ...[16, 64].map((n) =>
    goal(
      `http throughput at ${n} in flight at least 0.5 of direct`,
      ratio("http writ", "http direct", n, "rps"),
      (v) => v >= 0.5,
    ),
  ),
  ...["mcp-proxy", "supergateway"].flatMap((peer) =>
    IN_FLIGHT.map((n) =>
      goal(
        `stdio throughput at ${n} in flight ahead of ${peer}`,
        ratio("stdio writ", `stdio ${peer}`, n, "rps"),
        (v) => v > 1,
      ),
    ),
  ),
  goal(
    "gateway resident below 150 MiB",
    resident.has("http writ") ? Math.round(resident.get("http writ") ?? 0) : null,
    (v) => v < 150,
  ),
];

const report = {
  node: process.version,
  cpus: cpus().length,
  rounds,
  seconds: ms / 1000,
  fsyncP50Ms: round3(median(fsync)),
  paths: Object.fromEntries(
    paths.map(({ name, samples }) => [
      name,
      {
        residentMiB: Math.round(resident.get(name) ?? Number.NaN),
        ...perInFlight((n) => {
          const all = samples.get(n) ?? [];
          const failed = all.reduce((sum, sample) => sum + sample.failed, 0);
          return {
            p50Ms: round3(median(all.map((sample) => sample.p50Ms))),
            rps: Math.round(median(all.map((sample) => sample.rps))),
            failed,
          };
        }),
      },
    ]),
  ),
  ratios,
  goals,
};

console.log(values.json ? JSON.stringify(report) : table());
if (startGateway === null) console.error("there is no gateway to measure: bench/start-gateway.ts is missing");
const failed = paths.some(({ samples }) => [...samples.values()].flat().some((sample) => sample.failed > 0));
if (failed) console.error("some calls failed; their numbers mean nothing");
process.exitCode = startGateway === null || failed ? 1 : 0;

function table(): string {
  const rows = Object.entries(report.paths).map(([name, path]) => {
    const cells = IN_FLIGHT.map((n) => {
      const { p50Ms, rps } = (path as unknown as Record<string, { p50Ms: number; rps: number }>)[n] ?? {
        p50Ms: Number.NaN,
        rps: Number.NaN,
      };
      return `${p50Ms} ms ${rps}/s`.padEnd(22);
    });
    return `${name.padEnd(20)}${cells.join("")}${path.residentMiB} MiB`;
  });
  const judged = goals.map(
    ({ goal: text, value, met }) => `${met === null ? "not run" : met ? "met" : "missed"}  ${text}: ${value ?? "-"}`,
  );
  const head = `${"p50, calls".padEnd(20)}${IN_FLIGHT.map((n) => `${n} in flight`.padEnd(22)).join("")}resident`;
  return [
    head,
    ...rows,
    "",
    `fsync p50 ${report.fsyncP50Ms} ms, ${rounds} rounds of ${report.seconds} s`,
    "",
    ...judged,
  ].join("\n");
}
