import type { AccessRequest } from "../domain/access-request.ts";
import type { Approval } from "../domain/approval.ts";
import { type Levels, PLAIN } from "../domain/capability.ts";
import { type Effects, NO_EFFECTS } from "../domain/effect.ts";
import type { Grant } from "../domain/grant.ts";
import { type AgentName, qualified, splitQualified } from "../domain/ids.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Session } from "../domain/principal.ts";
import { type Provenance, UNTRACED } from "../domain/provenance.ts";
import type { Task } from "../domain/task.ts";
import type { Tier } from "../domain/tier.ts";
import { type CallMethod, RESERVED_ACTIONS, type ToolDefinition } from "../domain/tool.ts";

type Some<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** What a policy test or a question to `explain` states; the rest is an ordinary, quiet request. */
export interface Sample {
  readonly agent: string;
  /** `server__tool`. */
  readonly tool: string;
  readonly definition: ToolDefinition | null;
  readonly input?: JsonObject | undefined;
  readonly effects?: Some<Effects> | undefined;
  readonly task?:
    | Some<{ objective: string; depth: number; calls: number; elapsed: number; declared: boolean; planned: boolean }>
    | undefined;
  readonly session?: Some<Pick<Session, "readPrivate" | "readUntrusted" | "sent" | "denials" | "risk">> | undefined;
  readonly provenance?: Some<Provenance> | undefined;
  /** People who have allowed it. */
  readonly approvedBy?: readonly string[] | undefined;
  readonly tier?: Tier | undefined;
  /** What the agent has earned, where it is not as the tier has it. */
  readonly levels?: Readonly<Record<string, number>> | undefined;
}

const NOW = 1_767_225_600_000;

/** A request that no gate has seen: for tests of policy and for `what if`, never for a decision that counts.
 *  Null when `tool` does not name a tool of a server. */
export function sampleRequest(sample: Sample): AccessRequest | null {
  const split = splitQualified(sample.tool);
  if (split === null) return null;
  const { server, tool } = split;
  const method = (Object.entries(RESERVED_ACTIONS).find(([, action]) => action === tool)?.[0] ??
    "tools/call") as CallMethod;
  const input = sample.input ?? {};
  const id = "sample" as Task["id"] &
    Task["instance"] &
    Task["session"] &
    Task["owner"] &
    AccessRequest["call"]["id"] &
    AccessRequest["call"]["digest"];
  const agent = sample.agent as AgentName;
  const task: Task = {
    id,
    objective: sample.task?.objective ?? "",
    declaredBy: (sample.task?.declared ?? true) ? "owner" : "agent-claimed",
    owner: id,
    agent,
    instance: id,
    session: id,
    parent: null,
    depth: sample.task?.depth ?? 0,
    openedAt: NOW - (sample.task?.elapsed ?? 0) * 1000,
    deadline: NOW + 3_600_000,
    budget: { calls: 1_000, writes: 1_000 },
    used: { calls: sample.task?.calls ?? 0, writes: 0 },
    state: { kind: "active" },
    version: 0,
  };
  return {
    principal: {
      owner: id,
      actor: id as string as AccessRequest["principal"]["actor"],
      agent,
      instance: id,
      session: id,
      task: id,
      thumbprint: "",
      binding: "bearer",
      epoch: 0 as AccessRequest["principal"]["epoch"],
      profile: "",
      tokenId: "",
      keyId: "",
    },
    call: {
      server,
      method,
      tool,
      params: method === "tools/call" ? { name: tool, arguments: input } : input,
      clientKey: null,
      door: "api",
      protocol: "",
      id,
      canonical: "",
      paramsHash: id,
      digest: id,
      definition: sample.definition,
    },
    at: NOW,
    tier: sample.tier ?? "foundation",
    mode: { kind: "enforce" },
    standing: {
      task,
      session: {
        id,
        instance: id,
        readPrivate: false,
        readUntrusted: false,
        sent: false,
        denials: 0,
        risk: 0,
        version: 0,
        ...defined(sample.session),
      },
      instance: {
        id,
        agent,
        owner: id,
        thumbprint: "",
        binding: "bearer",
        enrolledBy: "launcher",
        strength: 2,
        evidence: null,
        scoped: false,
        enrolledAt: NOW,
        selectors: {},
      },
      grants: sample.task?.planned === true ? [planOf(task)] : [],
      approval:
        sample.approvedBy === undefined || sample.approvedBy.length === 0
          ? null
          : approvalBy(sample.approvedBy, task, qualified(server, tool)),
      revokedAt: 0 as AccessRequest["standing"]["revokedAt"],
      profile: "",
      ...levelsOf(sample),
    },
    effects: {
      ...NO_EFFECTS,
      routine: false,
      kinds: ["read"],
      ...defined(sample.effects),
    },
    provenance: { ...UNTRACED, ...defined(sample.provenance) },
    source: { private: false, untrusted: false },
    pin: { kind: "reserved" },
    envelope: [],
    faults: [],
    selfTargets: [],
    feed: "live",
    reverseAllowed: true,
  };
}

function levelsOf({ levels, tier }: Sample): { readonly levels?: Levels } {
  if (levels === undefined || Object.keys(levels).length === 0) return {};
  return { levels: { ...PLAIN[tier ?? "foundation"], of: levels as Levels["of"] } };
}

function approvalBy(people: readonly string[], task: Task, tool: string): Approval {
  return {
    id: "sample" as Approval["id"],
    call: "sample" as Approval["call"],
    digest: "sample" as Approval["digest"],
    task: task.id,
    session: task.session,
    instance: task.instance,
    policyVersion: "",
    asks: [],
    summary: {
      agent: task.agent,
      owner: task.owner,
      objective: task.objective,
      tool,
      effects: [],
      reversible: true,
      says: null,
      arguments: "",
    },
    askedAt: NOW,
    deadline: NOW + 60_000,
    usableUntil: NOW + 60_000,
    answers: people.map((person) => ({
      person: person as Approval["answers"][number]["person"],
      roles: [],
      verdict: "allow" as const,
      at: NOW,
      note: "",
    })),
    state: "allowed",
    version: 0,
  };
}

function defined<T extends object>(given: T | undefined): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** What the owner declared beforehand; for a sample it only matters that there is a plan. */
function planOf(task: Task): Grant {
  return {
    id: task.id as string as Grant["id"],
    task: task.id,
    tools: [],
    constraints: [],
    uses: null,
    used: 0,
    expiresAt: task.deadline,
    origin: "plan",
    issuedBy: "",
    revoked: false,
    version: 0,
  };
}
