import type { AccessRequest, Standing } from "../domain/access-request.ts";
import { describeGrant } from "../domain/grant.ts";
import { WritError } from "../domain/error.ts";
import { type InstanceId, type SessionId, spiffeId, splitQualified, type TaskId } from "../domain/ids.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Principal } from "../domain/principal.ts";
import { hint, sentence } from "../domain/reason.ts";
import { standsOn } from "../domain/revocation.ts";
import { explain, explanationLines } from "../policy/explain.ts";
import { LoadedSet } from "../policy/set.ts";
import type { AgentConfiguration } from "../ports/configuration.ts";
import { decide } from "./decide.ts";
import { rehearse } from "./contextualise.ts";
import type { GateParts } from "./parts.ts";

/** A call that nobody makes: as a running task, or as an agent would start. */
export interface Rehearsal {
  readonly tool: string;
  readonly arguments: JsonObject;
  readonly task: string | undefined;
  readonly agent: string | undefined;
}

/** What would be decided about a call that nobody makes, and why. */
export async function explained(parts: GateParts, asked: Rehearsal): Promise<JsonObject> {
  const request = await rehearsed(parts, asked);
  const set = parts.policies();
  const decision = decide(request, set);
  return {
    tool: asked.tool,
    verdict: decision.kind,
    ...(decision.kind === "deny"
      ? { reason: decision.reason.code, says: sentence(decision.reason), hint: hint(decision.reason.code) }
      : {}),
    ...(decision.kind === "ask" ? { asks: decision.asks.map((ask) => ({ ...ask })) } : {}),
    ...(decision.kind === "permit" && decision.grant !== null ? { grant: describeGrant(decision.grant) } : {}),
    effects: [...request.effects.kinds],
    policies: set instanceof LoadedSet ? explanationLines(explain(set, request)) : [],
  };
}

/** What the gate would look at for this call.
 *  @throws WritError `tool_unknown`, `task_unknown`, `agent_unknown`. */
async function rehearsed(parts: GateParts, asked: Rehearsal): Promise<AccessRequest> {
  const target = splitQualified(asked.tool);
  if (target === null || !parts.catalogue.has(target.server)) {
    throw unknown(
      "tool_unknown",
      `there is no tool \`${asked.tool.slice(0, 128)}\``,
      "`writ tools list` shows the tools there are",
    );
  }
  const draft = {
    server: target.server,
    tool: target.tool,
    method: "tools/call",
    params: { name: target.tool, arguments: asked.arguments },
    clientKey: null,
    door: "api",
    protocol: "none",
  } as const;
  const { principal, standing } =
    asked.task === undefined ? starting(parts, asked.agent) : await running(parts, asked.task as TaskId);
  return rehearse(parts, principal, draft, standing);
}

async function running(parts: GateParts, id: TaskId): Promise<{ principal: Principal; standing: Standing }> {
  return parts.store.read(async (tx) => {
    const task = await tx.task(id);
    const session = task === null ? null : await tx.session(task.session);
    const instance = task === null ? null : await tx.instance(task.instance);
    if (task === null || session === null || instance === null)
      throw unknown("task_unknown", `there is no task \`${id}\``, "`writ task list` shows the tasks there are");
    const profile = parts.profile(task);
    const principal: Principal = {
      ...anybody(parts, task.agent, task.instance),
      owner: task.owner,
      session: task.session,
      task: task.id,
      epoch: await tx.sequence(),
      profile: profile.hash,
    };
    return {
      principal,
      standing: {
        task,
        session,
        instance,
        grants: await tx.grants(id),
        approval: null,
        revokedAt: await tx.revokedAt(standsOn(principal)),
        profile: profile.hash,
        ...(profile.levels === null ? {} : { levels: profile.levels }),
      },
    };
  });
}

function starting(parts: GateParts, name: string | undefined): { principal: Principal; standing: Standing } {
  const agent = parts.configuration.agents.find((one) => one.name === name);
  if (agent === undefined)
    throw unknown(
      "agent_unknown",
      `there is no agent \`${(name ?? "").slice(0, 64)}\``,
      "name one of `agents` in `writ.yaml`, or a running task",
    );
  const principal = anybody(parts, agent.name, "i_rehearsal" as InstanceId);
  const { levels } = parts.profile(principal);
  return { principal, standing: { ...atStart(parts, agent, principal), ...(levels === null ? {} : { levels }) } };
}

function anybody(parts: GateParts, agent: Principal["agent"], instance: InstanceId): Principal {
  return {
    owner: parts.configuration.owner,
    actor: spiffeId(parts.configuration.trustDomain, agent, instance),
    agent,
    instance,
    session: "s_rehearsal" as SessionId,
    task: "t_rehearsal" as TaskId,
    thumbprint: "",
    binding: "bearer",
    epoch: 0 as Principal["epoch"],
    profile: parts.profile({ agent, instance }).hash,
    tokenId: "",
    keyId: "",
  };
}

function atStart(parts: GateParts, agent: AgentConfiguration, principal: Principal): Standing {
  const now = parts.clock.now();
  const deadline = now + agent.lifetimeMs;
  return {
    task: {
      id: principal.task,
      objective: "",
      declaredBy: "none",
      owner: principal.owner,
      agent: agent.name,
      instance: principal.instance,
      session: principal.session,
      parent: null,
      depth: 0,
      openedAt: now,
      deadline,
      budget: agent.budget,
      used: { calls: 0, writes: 0 },
      state: { kind: "active" },
      version: 0,
    },
    session: {
      id: principal.session,
      instance: principal.instance,
      readPrivate: false,
      readUntrusted: false,
      sent: false,
      denials: 0,
      risk: 0,
      version: 0,
    },
    instance: {
      id: principal.instance,
      agent: agent.name,
      owner: principal.owner,
      thumbprint: "",
      binding: "bearer",
      enrolledBy: "launcher",
      strength: 2,
      evidence: null,
      scoped: false,
      enrolledAt: now,
      selectors: {},
    },
    grants: agent.scope.map((draft) => ({
      ...draft,
      id: parts.ids.mint("grant"),
      task: principal.task,
      used: 0,
      expiresAt: deadline,
      revoked: false,
      version: 0,
    })),
    approval: null,
    revokedAt: 0 as Standing["revokedAt"],
    profile: principal.profile,
  };
}

function unknown(code: string, message: string, hint: string): WritError {
  return new WritError({ code, status: 404, message, hint });
}
