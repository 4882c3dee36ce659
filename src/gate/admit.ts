import { masked, maskedJson } from "../analysis/secrets/secrets.ts";
import type { AccessRequest, Standing } from "../domain/access-request.ts";
import { type Approval, spendApproval, stateAt } from "../domain/approval.ts";
import type { AskDecision, Decision, Deny, Permit } from "../domain/decision.ts";
import { onlyReads } from "../domain/effect.ts";
import { WritError } from "../domain/error.ts";
import { describeGrant, type Grant, spend } from "../domain/grant.ts";
import { type PersonName, qualified } from "../domain/ids.ts";
import { raise } from "../domain/principal.ts";
import type { Provenance } from "../domain/provenance.ts";
import { type Reason, reason } from "../domain/reason.ts";
import { reserve, standing as lifeOf } from "../domain/task.ts";
import type { Minted } from "../ports/credentials.ts";
import type { WriteTx } from "../ports/store.ts";
import { riseOf } from "../provenance/labels.ts";
import { decide } from "./decide.ts";
import { endorse, leaves } from "./endorse.ts";
import { raiseKin } from "./kin.ts";
import { lightened } from "./obligations.ts";
import type { GateParts } from "./parts.ts";
import { recordOf } from "./record.ts";
import { moved, standingOf } from "./standing.ts";

export type Admission =
  /** Recorded, paid for, and carrying the credential made for this one call. */
  | { readonly kind: "admitted"; readonly permit: Permit; readonly minted: Minted }
  /** A person has been asked; nothing was reserved. */
  | { readonly kind: "asked"; readonly decision: AskDecision; readonly approval: Approval }
  | { readonly kind: "refused"; readonly request: AccessRequest; readonly reason: Reason };

/** Decision → Admission, in one transaction: what `decide` saw is compared with what is, and decided again where it
 *  moved; uses and budget are reserved, the session's labels raised before anything is forwarded, the decision
 *  recorded, the credential minted. Of two calls racing for a last use one is admitted. If it cannot be recorded,
 *  it is refused `record_unavailable`. */
export async function admit(parts: GateParts, decision: Decision): Promise<Admission> {
  try {
    return await parts.store.write((tx) => admitIn(parts, tx, decision));
  } catch (cause) {
    if (cause instanceof WritError) {
      parts.log.error(
        { cause, call: decision.request.call.id },
        "a decision could not be recorded; the call does not run",
      );
      return { kind: "refused", request: decision.request, reason: reason("record_unavailable") };
    }
    throw cause;
  }
}

async function admitIn(parts: GateParts, tx: WriteTx, seen: Decision): Promise<Admission> {
  const repeated = await repeatedCall(tx, seen.request);
  const standing = await standingOf(
    tx,
    seen.request.principal,
    seen.request.call.digest,
    parts.profile(seen.request.principal),
  );
  if (standing === null) return refuse(tx, parts, { ...seen, kind: "deny", reason: reason("task_unknown") } as Deny);
  const provenance = await traced(parts, tx, seen.request, standing);
  const decision = repeated ?? again(parts, seen, standing, provenance);
  switch (decision.kind) {
    case "permit":
      return take(parts, tx, decision);
    case "ask":
      return ask(parts, tx, decision);
    case "deny":
      return refuse(tx, parts, decision);
  }
}

/** The decision as it stands now. */
function again(parts: GateParts, seen: Decision, standing: Standing, provenance: Provenance): Decision {
  const policies = parts.policies();
  const known = parts.catalogue.find(seen.request.call);
  const feed = parts.store.feed();
  const request = { ...seen.request, standing, provenance, at: parts.clock.now(), feed, pin: known.pin };
  const same =
    provenance === seen.request.provenance &&
    !moved(seen.request.standing, standing, seen.basis.counters) &&
    lifeOf(standing.task, request.at) === "active" &&
    seen.request.feed === request.feed &&
    seen.basis.policyVersion === (policies?.version ?? "none") &&
    JSON.stringify(seen.request.pin) === JSON.stringify(known.pin);
  if (same) return { ...seen, request };
  // What was read and digested under one definition is not judged under another that was accepted meanwhile.
  const redefined = known.definition?.hash !== seen.request.call.definition?.hash;
  const held = known.pin.kind === "drifted" || known.pin.kind === "new" || known.pin.kind === "suspect";
  return redefined && !held
    ? { kind: "deny", request, reason: reason("contention"), policies: [], basis: seen.basis }
    : unlightened(decide(request, policies));
}

/** What came to be owed meanwhile is done when the call comes again: only then is it digested as it would be sent. */
function unlightened(decision: Decision): Decision {
  if (lightened(decision) === null) return decision;
  const { request, policies, basis } = decision;
  return { kind: "deny", request, reason: reason("contention"), policies, basis };
}

/** Where its values came from, as it stands now: of two calls side by side the second sees the first. */
async function traced(
  parts: GateParts,
  tx: WriteTx,
  request: AccessRequest,
  { task, grants }: Standing,
): Promise<Provenance> {
  const seen = await parts.tracing.look(tx, task, grants);
  if (seen.version === request.provenance.asOf) return request.provenance;
  return parts.tracing.trace(request, parts.rule(request.call, request.call.definition), seen);
}

/** A caller's id for a call is used once: the same call gets its recorded state, another is refused and remembered. */
async function repeatedCall(tx: WriteTx, request: AccessRequest): Promise<Deny | null> {
  const { call, principal } = request;
  if (call.clientKey === null) return null;
  const earlier = await tx.callByClientKey(principal.session, call.clientKey);
  if (earlier === null) return null;
  const why =
    earlier.digest === call.digest ? reason("call_repeated", { state: earlier.state }) : reason("call_reused");
  return { kind: "deny", request, reason: why, policies: [], basis: { policyVersion: "none", counters: false } };
}

async function take(parts: GateParts, tx: WriteTx, permit: Permit): Promise<Admission> {
  const { request } = permit;
  const { call, standing, effects } = request;
  const now = request.at;
  const changes = !onlyReads(effects);

  const task = reserve(standing.task, changes);
  const issued = permit.proposes === null ? null : issue(parts, permit.proposes, request);
  const held = issued ?? permit.grant;
  const current =
    held === null || issued !== null ? held : (standing.grants.find((grant) => grant.id === held.id) ?? null);
  const spent = current === null ? null : spend(current, now);
  const used = permit.approval === null ? null : spendApproval(permit.approval, now);
  if (task === null) return refuse(tx, parts, denied(permit, reason("budget_spent", { limit: "calls" })));
  if ((held !== null && spent === null) || (permit.approval !== null && used === null)) {
    return refuse(tx, parts, denied(permit, reason("contention")));
  }

  const epoch = await tx.sequence();
  const minted = parts.credentials.mintOperation(
    request,
    parts.audience(call.server),
    permit.basis.policyVersion,
    epoch,
    now,
  );
  await tx.putTask(task);
  if (used !== null) await endorse(parts, tx, permit, used);
  await parts.tracing.use(tx, permit, parts.rule(call, call.definition));
  const rise = riseOf(effects, request.source);
  if (raise(standing.session, rise) !== standing.session) await raiseKin(tx, task, rise);
  if (spent !== null) await tx.putGrant(spent);
  if (used !== null) await tx.putApproval(used);
  await tx.putCall({
    id: call.id,
    task: task.id,
    session: standing.session.id,
    clientKey: call.clientKey,
    digest: call.digest,
    grant: spent?.id ?? null,
    changes,
    tool: qualified(call.server, call.tool),
    gateway: parts.gateway,
    admittedAt: now,
    state: "admitted",
  });
  await parts.memory.begin(tx, request, (says) => parts.tracing.derived(tx, request, says));
  await tx.append(
    recordOf(parts, permit, {
      grant:
        spent === null
          ? null
          : { id: spent.id, origin: spent.origin, allows: masked(describeGrant(spent)), issued: issued !== null },
      approval: used === null ? null : { id: used.id, by: used.answers.map((given) => given.person) },
      credential: {
        ...parts.broker.foresee(call.server),
        id: minted.id,
        expires: minted.expiresAt,
        audience: parts.audience(call.server),
      },
    }),
  );
  return { kind: "admitted", permit, minted };
}

function issue(parts: GateParts, draft: NonNullable<Permit["proposes"]>, request: AccessRequest): Grant {
  return {
    ...draft,
    id: parts.ids.mint("grant"),
    task: request.standing.task.id,
    used: 0,
    expiresAt: request.standing.task.deadline,
    revoked: false,
    version: 0,
  };
}

/** People are not to be worn down: a task that asks more than this at once asks no more until somebody answers. */
const MOST_WAITING = 20;

/** Joins the question that is already open for this very call, or asks a new one. */
async function ask(parts: GateParts, tx: WriteTx, decision: AskDecision): Promise<Admission> {
  const { request } = decision;
  const open = request.standing.approval;
  if (open !== null && stateAt(open, request.at) === "pending" && open.policyVersion === decision.basis.policyVersion) {
    return { kind: "asked", decision, approval: open };
  }
  const { approvals } = parts.configuration;
  const { call, principal, standing, effects } = request;
  const waiting = (await tx.openApprovals(principal.task)).filter((one) => stateAt(one, request.at) === "pending");
  if (waiting.length >= MOST_WAITING) {
    const { policies, basis } = decision;
    return refuse(tx, parts, { kind: "deny", request, reason: reason("asks_waiting"), policies, basis });
  }
  const approval: Approval = {
    id: parts.ids.mint("approval"),
    call: call.id,
    digest: call.digest,
    task: principal.task,
    session: principal.session,
    instance: principal.instance,
    policyVersion: decision.basis.policyVersion,
    asks: decision.asks,
    summary: {
      agent: principal.agent,
      owner: principal.owner,
      objective: standing.task.objective,
      tool: qualified(call.server, call.tool),
      effects: effects.kinds,
      reversible: effects.reversible,
      says:
        [effects.says, ...request.provenance.origins, ...(await leaves(parts, tx, decision))]
          .filter((one) => one !== null)
          .join("; ") || null,
      arguments: maskedJson(call.canonical),
    },
    askedAt: request.at,
    deadline: request.at + approvals.timeoutMs,
    usableUntil: request.at + approvals.timeoutMs + approvals.usableMs,
    answers: [] as readonly {
      person: PersonName;
      roles: readonly string[];
      verdict: "allow" | "deny";
      at: number;
      note: string;
    }[],
    state: "pending",
    version: 0,
  };
  await tx.putApproval(approval);
  await tx.append(recordOf(parts, decision, { approval: { id: approval.id, deadline: approval.deadline } }));
  await tx.publish("approval", approval.id);
  return { kind: "asked", decision, approval };
}

async function refuse(tx: WriteTx, parts: GateParts, decision: Deny): Promise<Admission> {
  const { request } = decision;
  // This refusal quotes what nobody accepted: the agent reads a server's own words in it.
  if (decision.reason.code === "definition_drifted") await raiseKin(tx, request.standing.task, { readUntrusted: true });
  const session = await tx.session(request.principal.session);
  if (session !== null) await tx.putSession({ ...session, denials: session.denials + 1 });
  const record = recordOf(parts, decision, {});
  await tx.append(record);
  // A call id used for two different calls is nothing a client does by accident.
  if (decision.reason.code === "call_reused") {
    const { tool, agent, session: where } = record.body as { tool: string; agent: string; session: string };
    await tx.append({
      ...record,
      kind: "finding",
      body: { finding: decision.reason.code, tool, agent, session: where },
    });
  }
  await tx.publish("call", request.call.id);
  return { kind: "refused", request, reason: decision.reason };
}

function denied({ request, policies, basis }: Permit, why: Reason): Deny {
  return { kind: "deny", request, reason: why, policies, basis };
}
