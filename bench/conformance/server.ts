// npm run conformance [-- --json] [--server URL]
//
// The official suite against a server directly, and against the same server through Writ. Exits 1 when something passes
// directly and not through Writ without a reason in expected.json, or when a reason there is no longer needed.
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { gatewayStarter } from "../gateway.ts";
import { startReferenceServer } from "./reference-server.ts";
import { type Leg, lost, type Revision, REVISIONS, runSuite } from "./suite.ts";

interface Report {
  readonly direct: Leg;
  /** Null where this checkout has no gateway to start. */
  readonly gateway: Leg | null;
  readonly lost: readonly string[];
}

type Expected = Readonly<Record<Revision, readonly { readonly name: string; readonly reason: string }[]>>;

const { values } = parseArgs({ options: { json: { type: "boolean", default: false }, server: { type: "string" } } });
const expected = JSON.parse(await readFile(new URL("./expected.json", import.meta.url), "utf8")) as Expected;
const startGateway = await gatewayStarter();
const reference = values.server === undefined ? await startReferenceServer() : null;
const target = values.server ?? reference?.url ?? "";

const reports: Partial<Record<Revision, Report>> = {};
const problems: string[] = [];
try {
  for (const revision of REVISIONS) {
    const direct = await runSuite(target, revision);
    if (startGateway === null) {
      reports[revision] = { direct: direct.leg, gateway: null, lost: [] };
      continue;
    }
    const gateway = await startGateway([{ name: "reference", url: target }]);
    try {
      const through = await runSuite(gateway.url("reference"), revision);
      const names = lost(direct, through);
      reports[revision] = { direct: direct.leg, gateway: through.leg, lost: names };
      const known = expected[revision].map(({ name }) => name);
      problems.push(...names.filter((name) => !known.includes(name)).map((name) => `${revision}: lost ${name}`));
      // Another server may not have what a reason speaks of.
      if (reference !== null) {
        problems.push(
          ...known
            .filter((name) => !names.includes(name))
            .map((name) => `${revision}: expected.json names ${name}, which passes`),
        );
      }
    } finally {
      await gateway.stop();
    }
  }
} finally {
  await reference?.stop();
}

if (startGateway === null) problems.push("there is no gateway to measure: bench/start-gateway.ts is missing");
console.log(values.json ? JSON.stringify(reports) : table(reports));
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

function table(all: Partial<Record<Revision, Report>>): string {
  const rows = REVISIONS.flatMap((revision) => {
    const report = all[revision];
    if (report === undefined) return [];
    const reasons = new Map(expected[revision].map(({ name, reason }) => [name, reason]));
    return [
      `${revision}  direct   ${counts(report.direct)}`,
      `${revision}  gateway  ${report.gateway === null ? "not run" : counts(report.gateway)}`,
      ...report.lost.map((name) => `${revision}  lost     ${name}: ${reasons.get(name) ?? "no reason is known"}`),
    ];
  });
  return rows.join("\n");
}

function counts({ checks, scenarios }: Leg): string {
  return `${checks[0]}/${checks[1]} checks, ${scenarios[0]}/${scenarios[1]} scenarios`;
}
