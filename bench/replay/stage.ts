import { randomBytes } from "node:crypto";
import { createSecretKey } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadAnalysers } from "../../src/analysis/analysers.ts";
import { meaningOf } from "../../src/analysis/meaning.ts";
import type { Analysers } from "../../src/analysis/analysis.ts";
import { onlyReads } from "../../src/domain/effect.ts";
import { type AgentName, qualified, type ServerName } from "../../src/domain/ids.ts";
import type { Tier } from "../../src/domain/tier.ts";
import type { ToolDefinition } from "../../src/domain/tool.ts";
import { type Catalogue, readDefinition } from "../../src/gate/catalogue.ts";
import { loadPolicies } from "../../src/policy/load.ts";
import type { Configuration, ServerConfiguration } from "../../src/ports/configuration.ts";
import type { PolicySet } from "../../src/ports/policy.ts";
import { defaultConfiguration } from "../../src/system/config.ts";
import { createDigests } from "../../src/system/digests.ts";
import type { Suite } from "./data.ts";
import { MEMORY, MEMORY_TOOLS, memoryServers } from "./memory-server.ts";

export const SERVER = "tools" as ServerName;
export const AGENT = "agent" as AgentName;
const MEMORIES = Object.values(MEMORY);
export const DAY_MS = 86_400_000;

export interface Drive {
  readonly tier: Tier;
  readonly declared: boolean;
}

/** What all traces of one suite share: the policies that speak of its tools, and the tools. */
export interface Stage {
  readonly suite: Suite;
  readonly drive: Drive;
  readonly configuration: Configuration;
  readonly definitions: ReadonlyMap<string, ToolDefinition>;
  readonly policies: PolicySet;
  readonly analysers: Analysers;
}

export const digests = createDigests(createSecretKey(randomBytes(32)));

/** Sets up Writ as it comes: the starter policies, the tier, a server of which nobody has said anything, and beside it two
 *  memory servers, which no recorded trace uses. */
export async function setStage(suite: Suite, drive: Drive): Promise<Stage> {
  const definitions = [
    ...suite.tools.flatMap((tool) => readDefinition(SERVER, tool, digests)),
    ...MEMORIES.flatMap((name) => MEMORY_TOOLS.flatMap((tool) => readDefinition(name, tool, digests))),
  ];
  const server: ServerConfiguration = {
    name: SERVER,
    launch: { kind: "stdio", command: "recorded", args: [], cwd: "/", env: {} },
    mode: { kind: "enforce" },
    timeoutMs: 60_000,
    maxResultBytes: 10_000_000,
    tools: {},
    reverse: [],
  };
  const base = defaultConfiguration("/");
  const budget = { calls: 10_000, writes: 10_000 };
  const configuration: Configuration = {
    ...base,
    tier: drive.tier,
    servers: [server, ...memoryServers(server)],
    agents: [{ name: AGENT, scope: [], envelope: [], budget, lifetimeMs: DAY_MS, enrol: [], clients: [] }],
    approvals: { ...base.approvals, holdMs: 0 },
  };
  const folder = join(import.meta.dirname, "..", "..", "policies");
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".cedar"))
    .map((name) => ({ name, text: readFileSync(join(folder, name), "utf8") }));
  const loaded = loadPolicies({
    files,
    definitions,
    servers: [SERVER, ...MEMORIES],
    agents: [{ name: AGENT, roles: [], levels: {} }],
    askRoles: null,
  });
  if (loaded.kind === "refused") throw new Error(loaded.problems.map((one) => one.message).join("\n"));
  return {
    suite,
    drive,
    configuration,
    definitions: new Map(definitions.map((one) => [qualified(one.server, one.name), one])),
    policies: loaded.set,
    analysers: await loadAnalysers(),
  };
}

/** Nothing declared: the owner lets any tool of the server be issued for the task. With a plan, what it does not name may
 *  only be read. */
export function envelope({ drive, definitions, configuration, analysers }: Stage): readonly string[] {
  const memories = MEMORIES.map((name) => `${name}__*`);
  if (!drive.declared) return [`${SERVER}__*`, ...memories];
  return [
    ...memories,
    ...[...definitions.values()]
      .filter((definition) => {
        if (definition.server !== SERVER) return false;
        const call = {
          server: SERVER,
          method: "tools/call",
          tool: definition.name,
          params: { name: definition.name, arguments: {} },
        } as const;
        return onlyReads(
          meaningOf(call, configuration.servers[0], definition, {
            analysers,
            home: "/root",
            catalogue: () => null,
            infer: true,
          }).effects,
        );
      })
      .map((definition) => `${SERVER}__${definition.name}`),
  ];
}

export function catalogueOf({ definitions }: Stage): Catalogue {
  return {
    has: (name) => [SERVER, ...MEMORIES].includes(name),
    servers: () => [SERVER, ...MEMORIES],
    settled: () => Promise.resolve(),
    find: (call) => {
      const definition = definitions.get(`${call.server}__${call.tool}`) ?? null;
      return definition === null
        ? { definition, pin: { kind: "missing" } }
        : { definition, pin: { kind: "pinned", hash: definition.hash } };
    },
    tools: () => [],
    definitions: () => [...definitions.values()],
    observe: () => Promise.resolve(),
    refresh: () => Promise.resolve(true),
    repin: () => Promise.resolve(),
    silent: () => [],
    onChange: () => () => {},
  };
}
