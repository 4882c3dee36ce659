import { type Attestation, type Registered, registrationOf, type Selectors } from "../../domain/attestation.ts";
import type { WritError } from "../../domain/error.ts";
import { type AgentName, type InstanceId, type Sequence, spiffeId } from "../../domain/ids.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Instance } from "../../domain/principal.ts";
import { reason } from "../../domain/reason.ts";
import type { AgentConfiguration } from "../../ports/configuration.ts";
import type { Minted, Shown } from "../../ports/credentials.ts";
import type { ReadTx, WriteTx } from "../../ports/store.ts";
import type { AuthorityParts } from "../parts.ts";
import { refuseBarred } from "../revocation/bars.ts";
import { agentUnknown, refusal, unauthenticated } from "../refusals.ts";

export interface Enrolment {
  readonly agent: string;
  /** RFC 7638 thumbprint of the instance's public key, computed by whoever parsed the key. */
  readonly thumbprint: string;
  /** Whether that key was proved with the request (RFC 9449). Default false: its credentials are then bearer tokens. */
  readonly proven?: boolean;
  /** What the launcher saw of the process; for people, never for decisions. */
  readonly selectors: Selectors;
}

export interface Enrolled {
  readonly instance: Instance;
  readonly credential: Minted;
}

/** Registers one running process of a configured agent on the launcher's word, and gives it its instance credential.
 *  The caller has proved to be the launcher.
 *  @throws WritError `agent_unknown`, `selectors_invalid`, `registration_missing` where the agent is not for launchers. */
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
  const attestation: Attestation = {
    by: "launcher",
    agent: agent.name,
    selectors: Object.fromEntries(selectors),
    strength: 2,
    evidence: null,
    once: null,
  };
  return register(parts, attestation, asked.thumbprint, asked.proven);
}

/** Makes the instance that an attestation stands for, of the one agent whose registration fits, bound to one key.
 *  `proven`: the request proved that key (RFC 9449), and so must every use of what the instance is given.
 *  Evidence that holds once is spent in the same transaction: of two that show the same, one is enrolled.
 *  @throws WritError 403 `registration_missing`, `registration_ambiguous`, 401 `evidence_refused` for spent evidence;
 *  `panic`, `agent_disabled`, `owner_disabled`, the evidence unspent. */
export async function register(
  parts: AuthorityParts,
  attestation: Attestation,
  thumbprint: string,
  proven = false,
): Promise<Enrolled> {
  return parts.store.write((tx) => registerIn(parts, tx, attestation, thumbprint, proven));
}

/** The same in this transaction, for whoever makes more of it than an instance. */
export async function registerIn(
  parts: AuthorityParts,
  tx: WriteTx,
  attestation: Attestation,
  thumbprint: string,
  proven: boolean,
): Promise<Enrolled> {
  const found = registrationOf(parts.configuration.agents, attestation);
  if (found.kind !== "registered") throw unregistered(parts, attestation, found);
  const now = parts.clock.now();
  const instance: Instance = {
    id: parts.ids.mint("instance"),
    agent: found.agent.name,
    owner: found.registration.owner ?? parts.configuration.owner,
    thumbprint,
    binding: proven ? "proof-of-possession" : "bearer",
    enrolledBy: attestation.by,
    enrolledAt: now,
    selectors: attestation.selectors,
    strength: attestation.strength,
    evidence: attestation.evidence,
    scoped: found.registration.scoped,
  };
  const { once } = attestation;
  await refuseBarred(tx, instance);
  if (once !== null && !(await tx.spend(`enrolment:${once.issuer}`, once.id, once.until))) throw evidenceRefused();
  const epoch = await tx.sequence();
  await tx.putInstance(instance);
  await tx.append({ kind: "enrolment", at: now, call: null, task: null, body: describeInstance(parts, instance) });
  return { instance, credential: parts.credentials.mintInstance(instance, epoch, now) };
}

/** One answer for everything that can be wrong with evidence: whoever guesses learns nothing from it. */
export function evidenceRefused(): WritError {
  return refusal(
    "evidence_refused",
    401,
    {},
    "this evidence enrols nobody here",
    "get fresh evidence and try again; `writ status` counts refusals by their reason",
  );
}

function unregistered(
  parts: AuthorityParts,
  { by }: Attestation,
  found: Exclude<Registered<AgentConfiguration>, { kind: "registered" }>,
): WritError {
  if (found.kind === "unregistered") {
    return refusal(
      "registration_missing",
      403,
      { by },
      `no agent is registered for this evidence (${by})`,
      "an admin adds it to `agents.NAME.enrol` in `writ.yaml`",
    );
  }
  // Which agents these are is for operators: the caller is not told what else there is.
  parts.log.warn({ agents: found.agents, by }, "several agents are registered for the same evidence");
  return refusal(
    "registration_ambiguous",
    403,
    { by },
    "several agents are registered for this evidence, and it may become none of them",
    "an admin makes the registrations in `writ.yaml` exclude each other",
  );
}

/** A fresh credential for an instance whose present one still holds.
 *  @throws WritError as `authenticateInstance` does. */
export async function renewInstance(parts: AuthorityParts, shown: Shown): Promise<Enrolled> {
  const { instance } = await authenticateInstance(parts, shown);
  const epoch = await parts.store.read((tx) => tx.sequence());
  // Checked again under the new epoch: a revocation between the two reads must not be left behind.
  await authenticateInstance(parts, shown);
  return { instance, credential: parts.credentials.mintInstance(instance, epoch, parts.clock.now()) };
}

/** What an instance credential says, once its signature holds. */
export interface VerifiedInstance {
  readonly instance: InstanceId;
  readonly epoch: Sequence;
  readonly keyId: string;
}

/** The instance a credential stands for.
 *  @throws WritError 401 `credential_invalid`, `credential_expired`, `credential_revoked`, and `proof_missing` or
 *  `proof_invalid` for a bound one whose key was not proved. */
export async function authenticateInstance(
  parts: AuthorityParts,
  shown: Shown,
): Promise<{ readonly instance: Instance; readonly agent: AgentConfiguration }> {
  const verified = parts.credentials.verifyInstance(shown, parts.clock.now());
  if (verified.kind === "refused") throw unauthenticated(verified.reason);
  const instance = await parts.store.read((tx) => holds(tx, verified.value));
  return { instance, agent: agentOf(parts, instance.agent) };
}

/** The instance of a verified credential, if nothing it stands on was revoked since.
 *  @throws WritError 401 `credential_invalid`, `credential_revoked`. */
export async function holds(tx: ReadTx, { instance: id, epoch, keyId }: VerifiedInstance): Promise<Instance> {
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
  return instance;
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
    binding: instance.binding,
    enrolledBy: instance.enrolledBy,
    strength: instance.strength,
    evidence: instance.evidence,
    selectors: instance.selectors,
  };
}
