import { randomBytes } from "node:crypto";
import { createSecretKey } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadAnalysers } from "../../src/analysis/analysers.ts";
import { meaningOf, ruleOf } from "../../src/analysis/meaning.ts";
import type { Analysers } from "../../src/analysis/analysis.ts";
import { onlyReads } from "../../src/domain/effect.ts";
import type { GatewayId } from "../../src/domain/gateway.ts";
import type {
  AgentName,
  GrantId,
  InstanceId,
  PersonName,
  Sequence,
  ServerName,
  SessionId,
  SpiffeId,
  TaskId,
  ToolName,
} from "../../src/domain/ids.ts";
import type { Json, JsonObject } from "../../src/domain/json.ts";
import type { Principal } from "../../src/domain/principal.ts";
import { sentence } from "../../src/domain/reason.ts";
import type { Tier } from "../../src/domain/tier.ts";
import type { ToolDefinition } from "../../src/domain/tool.ts";
import type { Exchange } from "../../src/gate/enforce.ts";
import { type Catalogue, readDefinition } from "../../src/gate/catalogue.ts";
import { createGate } from "../../src/gate/gate.ts";
import type { GateParts } from "../../src/gate/parts.ts";
import { createTracing } from "../../src/gate/tracing.ts";
import { loadPolicies } from "../../src/policy/load.ts";
import type { Configuration, ServerConfiguration } from "../../src/ports/configuration.ts";
import type { PolicySet } from "../../src/ports/policy.ts";
import type { Store } from "../../src/ports/store.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { defaultConfiguration } from "../../src/system/config.ts";
import { createDigests } from "../../src/system/digests.ts";
import { systemIds } from "../../src/system/ids.ts";
import { createLog } from "../../src/system/log.ts";
import { planOf, type RecordedCall, type Suite, type Trace } from "./data.ts";
import type { Judged, Run } from "./score.ts";

const SERVER = "tools" as ServerName;
const AGENT = "agent" as AgentName;
const OWNER = "owner" as PersonName;
const DAY_MS = 86_400_000;

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

const digests = createDigests(createSecretKey(randomBytes(32)));
const log = createLog({ level: "silent", file: null });

/** Sets up Writ as it comes: the starter policies, the tier, and servers of which nobody has said anything. */
export async function setStage(suite: Suite, drive: Drive): Promise<Stage> {
  const definitions = suite.tools.flatMap((tool) => readDefinition(SERVER, tool, digests));
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
    servers: [server],
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
    servers: [SERVER],
    agents: [{ name: AGENT, roles: [], levels: {} }],
    askRoles: null,
  });
  if (loaded.kind === "refused") throw new Error(loaded.problems.map((one) => one.message).join("\n"));
  return {
    suite,
    drive,
    configuration,
    definitions: new Map(definitions.map((one) => [one.name as string, one])),
    policies: loaded.set,
    analysers: await loadAnalysers(),
  };
}

/** One trace through the gate, in a store of its own. What a stopped call returned when it was recorded is withheld, so it
 *  is no evidence for the calls after it; nobody answers an ask. */
export async function runTrace(stage: Stage, trace: Trace, results: readonly Json[]): Promise<Run> {
  const store = createMemoryStore();
  const principal = await openTask(store, stage, trace);
  const parts = partsOf(stage, store, principal, trace);
  const gate = createGate(parts);
  const judged: Judged[] = [];
  for (const turn of turns(trace.calls)) {
    // Nothing of a turn's results is there before its last call has left.
    let release = (): void => {};
    const gone = new Promise<void>((resolve) => (release = resolve));
    const settling: Promise<unknown>[] = [];
    for (const call of turn) {
      const tool = call.t as ToolName;
      const params: JsonObject = { name: call.t, arguments: call.a };
      const started = performance.now();
      const draft = {
        server: SERVER,
        method: "tools/call",
        tool,
        params,
        clientKey: null,
        door: "mcp",
        protocol: "2025-11-25",
      } as const;
      let carried = (): void => {};
      const left = new Promise<"left">((resolve) => (carried = () => resolve("left")));
      const answer = gate.call(
        { credential: { token: "recorded", proven: null }, call: draft },
        exchange(call, results, carried, gone),
      );
      settling.push(answer);
      const first = await Promise.race([left, answer]);
      const ms = performance.now() - started;
      const known = stage.definitions.get(call.t) ?? null;
      const changes = known !== null && !onlyReads(parts.meaning(draft, known).effects);
      judged.push({ tool: call.t, changes, ms, ...(await verdictOf(first, parts)) });
    }
    release();
    await Promise.all(settling);
  }
  parts.inFlight.size();
  await store.close();
  return { trace, calls: judged };
}

async function verdictOf(
  first: "left" | Awaited<ReturnType<ReturnType<typeof createGate>["call"]>>,
  parts: GateParts,
): Promise<Pick<Judged, "verdict" | "why">> {
  if (first === "left" || first.kind === "answered") return { verdict: "permit", why: "" };
  if (first.kind === "asked") return { verdict: "ask", why: "" };
  if (first.reason.code !== "approval_pending") return { verdict: "deny", why: sentence(first.reason) };
  const id = String(first.reason.facts["approval"]);
  const asked = await parts.store.read((tx) => tx.approval(id as never));
  return { verdict: "ask", why: asked?.asks.map((ask) => `${ask.policy}: ${ask.why}`).join(" | ") ?? "" };
}

function turns(calls: readonly RecordedCall[]): readonly (readonly RecordedCall[])[] {
  const all: RecordedCall[][] = [];
  for (const call of calls) {
    const last = all.at(-1);
    if (last?.[0] !== undefined && last[0].s === call.s) last.push(call);
    else all.push([call]);
  }
  return all;
}

/** The way to a server that answers as it did when this was recorded. */
function exchange(call: RecordedCall, results: readonly Json[], carried: () => void, gone: Promise<void>): Exchange {
  const never = new AbortController().signal;
  return {
    channel: {
      server: SERVER,
      async request() {
        carried();
        await gone;
        const failed = typeof call.e === "string" && call.e !== "";
        const kept = call.r === undefined ? null : (results[call.r] ?? null);
        const text = failed ? String(call.e) : typeof kept === "string" ? kept : JSON.stringify(kept);
        const value: JsonObject = {
          jsonrpc: "2.0",
          id: 1,
          result: { content: [{ type: "text", text }], ...(failed ? { isError: true } : {}) },
        };
        return { kind: "answered", message: { value, text: JSON.stringify(value) }, mark: {} };
      },
      notify: () => Promise.resolve(),
      listen: () => Promise.resolve("unsupported"),
      close: () => Promise.resolve(),
    },
    meta: null,
    headers: {},
    sink: { notification: () => {}, request: () => Promise.resolve({ error: { code: -32601, message: "no" } }) },
    signal: never,
    present: never,
  };
}

async function openTask(store: Store, stage: Stage, trace: Trace): Promise<Principal> {
  const now = Date.now();
  const instance = "i_replay" as InstanceId;
  const session = "s_replay" as SessionId;
  const task = "t_replay" as TaskId;
  const budget = { calls: 10_000, writes: 10_000 };
  await store.write(async (tx) => {
    await tx.putInstance({
      id: instance,
      agent: AGENT,
      owner: OWNER,
      thumbprint: "recorded",
      binding: "bearer",
      enrolledBy: "launcher",
      enrolledAt: now,
      selectors: {},
      strength: 2,
      evidence: null,
      scoped: false,
    });
    await tx.putSession({
      id: session,
      instance,
      readPrivate: false,
      readUntrusted: false,
      sent: false,
      denials: 0,
      risk: 0,
      version: 0,
    });
    await tx.putTask({
      id: task,
      objective: trace.prompt,
      declaredBy: "owner",
      owner: OWNER,
      agent: AGENT,
      instance,
      session,
      parent: null,
      depth: 0,
      epoch: 0 as Sequence,
      openedAt: now,
      deadline: now + DAY_MS,
      budget,
      used: { calls: 0, writes: 0 },
      state: { kind: "active" },
      version: 0,
    });
    const plan = stage.drive.declared ? planOf(stage.suite, trace) : [];
    if (plan.length > 0) {
      await tx.putGrant({
        id: "g_plan" as GrantId,
        task,
        tools: plan.map((tool) => `${SERVER}__${tool}`),
        constraints: [],
        uses: null,
        used: 0,
        expiresAt: now + DAY_MS,
        origin: "plan",
        issuedBy: OWNER,
        revoked: false,
        version: 0,
      });
    }
  });
  return {
    owner: OWNER,
    actor: "spiffe://recorded/agent/agent/i_replay" as SpiffeId,
    agent: AGENT,
    instance,
    session,
    task,
    thumbprint: null,
    binding: "bearer",
    epoch: 1 as Sequence,
    profile: "recorded",
    tokenId: "recorded",
    keyId: "recorded",
  };
}

/** Everything but the tokens is the product's own: whether those verify is not what is measured. */
function partsOf(stage: Stage, store: Store, principal: Principal, trace: Trace): GateParts {
  const server = stage.configuration.servers[0];
  const configuration = {
    ...stage.configuration,
    agents: stage.configuration.agents.map((agent) => ({
      ...agent,
      envelope: [
        { tools: envelope(stage, trace), constraints: [], uses: null, origin: "plan" as const, issuedBy: OWNER },
      ],
    })),
  };
  return {
    configuration,
    gateway: "gw_replay" as GatewayId,
    store,
    credentials: {
      ...REFUSES,
      verifyTask: () => ({ kind: "verified", value: principal }),
      mintOperation: () => ({ token: `recorded-${systemIds.nonce()}`, id: "recorded", expiresAt: Date.now() + 30_000 }),
    },
    policies: () => stage.policies,
    catalogue: catalogueOf(stage),
    meaning: (call, definition) =>
      meaningOf(call, server, definition, {
        analysers: stage.analysers,
        home: "/root",
        catalogue: () => null,
        infer: true,
      }),
    rule: (call, definition) => ruleOf(call, server, definition, { infer: true }),
    tracing: createTracing(digests, { now: () => Date.now() }),
    ground: { paths: [], hosts: [], home: "/root" },
    profile: () => ({ hash: "recorded", levels: null }),
    profileAnew: () => Promise.resolve(),
    needs: () => [],
    audience: () => "recorded",
    broker: {
      credentialFor: () => Promise.resolve({ kind: "none", remains: "nothing", headers: {}, secrets: [] }) as never,
      challenged: () => Promise.resolve(false),
      foresee: () => ({ kind: "none", remains: "nothing" }),
      shows: () => false,
    },
    // None of the recorded tools is said to be a memory.
    memory: { begin: () => Promise.resolve(), end: () => Promise.resolve(null) },
    inFlight: {
      enter: () => ({ signal: new AbortController().signal, done: () => {} }),
      size: () => 0,
    },
    owed: { owe: () => {} },
    clock: { now: () => Date.now() },
    ids: systemIds,
    digests,
    log,
  };
}

/** Nothing declared: the owner lets any tool of the server be issued for the task. With a plan, what it does not name may
 *  only be read. */
function envelope({ drive, definitions, configuration, analysers }: Stage, _trace: Trace): readonly string[] {
  if (!drive.declared) return [`${SERVER}__*`];
  return [...definitions.values()]
    .filter((definition) => {
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
    .map((definition) => `${SERVER}__${definition.name}`);
}

function catalogueOf({ definitions }: Stage): Catalogue {
  return {
    has: (name) => name === SERVER,
    servers: () => [SERVER],
    settled: () => Promise.resolve(),
    find: (call) => {
      const definition = definitions.get(call.tool) ?? null;
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

function refuses(): never {
  throw new Error("a replay makes no other credential");
}

const REFUSES = {
  mintInstance: refuses,
  verifyInstance: refuses,
  mintTask: refuses,
  inspectInstance: refuses,
  inspectTask: refuses,
  mintEvent: refuses,
};
