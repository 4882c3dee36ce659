import { type AgentName, type InstanceId, spiffeId } from "../../domain/ids.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Instance } from "../../domain/principal.ts";
import { reason } from "../../domain/reason.ts";
import type { AgentConfiguration } from "../../ports/configuration.ts";
import type { Minted } from "../../ports/credentials.ts";
import type { AuthorityParts } from "../parts.ts";
import { agentUnknown, refusal, unauthenticated } from "../refusals.ts";

export interface Enrolment {
  readonly agent: string;
  /** RFC 7638 thumbprint of the instance's public key, computed by whoever parsed the key. */
  readonly thumbprint: string;
  /** What the launcher saw of the process; for people, never for decisions. */
  readonly selectors: Readonly<Record<string, string>>;
}

export interface Enrolled {
  readonly instance: Instance;
  readonly credential: Minted;
}

/** Registers one running process of a configured agent on the launcher's word, and gives it its instance credential.
 *  The caller has proved to be the launcher.
 *  @throws WritError `agent_unknown`, `selectors_invalid`. */
export async function enrol(parts: AuthorityParts, asked: Enrolment): Promise<Enrolled> {
  const agent = agentOf(parts, asked.agent);
  const selectors = Object.entries(asked.selectors);
  if (selectors.length > 16 || selectors.some(([key, value]) => key.length > 64 || value.length > 256)) {
    throw refusal(
      "selectors_invalid",
      400,
      {},
      "what was seen of the process is too much to record",
      "send at most 16 short values",
    );
  }
  const now = parts.clock.now();
  const instance: Instance = {
    id: parts.ids.mint("instance"),
    agent: agent.name,
    owner: parts.configuration.owner,
    thumbprint: asked.thumbprint,
    enrolledBy: "launcher",
    enrolledAt: now,
    selectors: Object.fromEntries(selectors),
  };
  return parts.store.write(async (tx) => {
    const epoch = await tx.sequence();
    await tx.putInstance(instance);
    await tx.append({ kind: "enrolment", at: now, call: null, task: null, body: describeInstance(parts, instance) });
    return { instance, credential: parts.credentials.mintInstance(instance, epoch, now) };
  });
}

/** A fresh credential for an instance whose present one still holds.
 *  @throws WritError as `authenticateInstance` does. */
export async function renewInstance(parts: AuthorityParts, token: string): Promise<Enrolled> {
  const { instance } = await authenticateInstance(parts, token);
  const epoch = await parts.store.read((tx) => tx.sequence());
  // Checked again under the new epoch: a revocation between the two reads must not be left behind.
  await authenticateInstance(parts, token);
  return { instance, credential: parts.credentials.mintInstance(instance, epoch, parts.clock.now()) };
}

/** The instance a credential stands for.
 *  @throws WritError 401 `credential_invalid`, `credential_expired`, `credential_revoked`. */
export async function authenticateInstance(
  parts: AuthorityParts,
  token: string,
): Promise<{ readonly instance: Instance; readonly agent: AgentConfiguration }> {
  const verified = parts.credentials.verifyInstance(token, parts.clock.now());
  if (verified.kind === "refused") throw unauthenticated(verified.reason);
  const { instance: id, epoch, keyId } = verified.value;
  return parts.store.read(async (tx) => {
    const instance = await tx.instance(id);
    if (instance === null) throw unauthenticated(reason("credential_invalid"));
    const revokedAt = await tx.revokedAt([
      { kind: "all", id: "*" },
      { kind: "owner", id: instance.owner },
      { kind: "agent", id: instance.agent },
      { kind: "instance", id: instance.id },
      { kind: "key", id: keyId },
    ]);
    if (revokedAt > epoch) throw unauthenticated(reason("credential_revoked"));
    return { instance, agent: agentOf(parts, instance.agent) };
  });
}

export function agentOf(parts: AuthorityParts, name: AgentName | string): AgentConfiguration {
  const agent = parts.configuration.agents.find((one) => one.name === name);
  if (agent === undefined) throw agentUnknown(name.slice(0, 64));
  return agent;
}

function describeInstance(parts: AuthorityParts, instance: Instance): JsonObject {
  return {
    instance: instance.id,
    agent: instance.agent,
    owner: instance.owner,
    actor: spiffeId(parts.configuration.trustDomain, instance.agent, instance.id as InstanceId),
    thumbprint: instance.thumbprint,
    enrolledBy: instance.enrolledBy,
    selectors: instance.selectors,
  };
}
