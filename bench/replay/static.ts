import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadAnalysers } from "../../src/analysis/analysers.ts";
import { meaningOf } from "../../src/analysis/meaning.ts";
import type { AgentName, GrantId, ServerName, ToolName } from "../../src/domain/ids.ts";
import { TIERS, type Tier } from "../../src/domain/tier.ts";
import type { ToolDefinition } from "../../src/domain/tool.ts";
import { decide } from "../../src/gate/decide.ts";
import { loadPolicies } from "../../src/policy/load.ts";
import { sampleRequest } from "../../src/policy/sample-request.ts";
import type { ServerConfiguration } from "../../src/ports/configuration.ts";

const POLICIES = join(import.meta.dirname, "..", "..", "policies");
const AGENT = "replayed" as AgentName;
const RUN: ToolDefinition = {
  server: "shell" as ServerName,
  name: "run" as ToolName,
  body: {
    name: "run",
    inputSchema: { type: "object", properties: { command: { type: "string" } }, required: ["command"] },
  },
  hash: "sha-256:replayed" as ToolDefinition["hash"],
};
const SERVER: ServerConfiguration = {
  name: RUN.server,
  launch: { kind: "stdio", command: "shell-server", args: [], cwd: "/srv/project", env: {} },
  mode: { kind: "enforce" },
  timeoutMs: 60_000,
  maxResultBytes: 4_194_304,
  tools: { run: { effects: [], shell: ["$.command"], private: false, untrusted: false } },
  reverse: [],
};

interface Row {
  readonly file: string;
  readonly command: string;
  readonly expected: "allow" | "deny";
}

/** Takes each recorded command through what is real of the product: its meaning, the starter policies, a task that holds a
 *  grant for the tool. Stopped is what would not run without a person. Resolves to the exit code. */
export async function replayStatic(args: readonly string[]): Promise<number> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ args: [...args], options: { data: text, tier: text, json: { type: "boolean" } } });
  const tier = TIERS.find((one) => one === (values.tier ?? "foundation"));
  const file = join(values.data ?? "", "static", "shell.jsonl");
  if (values.data === undefined || tier === undefined || !existsSync(file)) {
    process.stderr.write(
      tier === undefined ? `there is no tier ${values.tier}\n` : `give --data DIR, a folder with static/shell.jsonl\n`,
    );
    return 2;
  }
  const rows = readRows(file);
  const stopped = await judge(tier);
  const judged = rows.map((row) => ({ ...row, by: stopped(row.command) }));
  const share = (some: readonly (typeof judged)[number][]): readonly [number, number] => [
    some.filter(({ by }) => by !== null).length,
    some.length,
  ];
  const of = (expected: Row["expected"]): typeof judged => judged.filter((row) => row.expected === expected);
  const classes = Object.groupBy(judged, (row) => `${row.file}: ${row.expected}`);
  const report = {
    shell: {
      deny: share(of("deny")),
      allow: share(of("allow")),
      missed: of("deny").flatMap(({ by, command }) => (by === null ? [command] : [])),
      stopped: of("allow").flatMap(({ by, command }) => (by === null ? [] : [{ command, by }])),
      classes: Object.fromEntries(Object.entries(classes).map(([name, some = []]) => [name, share(some)])),
    },
  };
  console.log(values.json === true ? JSON.stringify(report) : JSON.stringify(report, null, 2));
  return 0;
}

/** What stops a command, by the ids of policies or the reason's code; null for one that runs. */
async function judge(tier: Tier): Promise<(command: string) => string | null> {
  const names = readdirSync(POLICIES).filter((name) => name.endsWith(".cedar"));
  const files = names.map((name) => ({ name, text: readFileSync(join(POLICIES, name), "utf8") }));
  const loaded = loadPolicies({
    files,
    definitions: [RUN],
    servers: [RUN.server],
    agents: [{ name: AGENT, roles: [], levels: {} }],
    askRoles: null,
  });
  if (loaded.kind === "refused") throw new TypeError(loaded.problems[0]?.message);
  const parts = { analysers: await loadAnalysers(), home: "/srv/dev", catalogue: () => null };
  return (command) => {
    const input = { command };
    const request = sampleRequest({ agent: AGENT, tool: "shell__run", definition: RUN, input, tier });
    if (request === null) throw new TypeError("the tool has no name");
    const { effects, faults } = meaningOf(request.call, SERVER, RUN, parts);
    const { task } = request.standing;
    const grant = {
      id: "g_replayed" as GrantId,
      task: task.id,
      tools: ["shell__run"],
      constraints: [],
      uses: null,
      used: 0,
      expiresAt: task.deadline,
      origin: "plan" as const,
      issuedBy: "replay",
      revoked: false,
      version: 0,
    };
    const standing = { ...request.standing, grants: [grant] };
    const decision = decide({ ...request, effects, faults, standing }, loaded.set);
    if (decision.kind === "permit") return null;
    return decision.kind === "deny" ? decision.reason.code : decision.asks.map((ask) => ask.policy).join(", ");
  };
}

function readRows(file: string): readonly Row[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as Row)
    .filter(({ expected }) => expected === "allow" || expected === "deny");
}
