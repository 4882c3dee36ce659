import type { AccessRequest } from "../domain/access-request.ts";
import { type Ask, lifts, stateAt } from "../domain/approval.ts";
import { inputOf } from "../domain/call.ts";
import { heldBack, levelAt } from "../domain/call-level.ts";
import type { Level } from "../domain/capability.ts";
import type { Basis, Decision, Permit, PolicyRef } from "../domain/decision.ts";
import { isIrreversible, onlyReads } from "../domain/effect.ts";
import { cover, type Coverage, type Grant, type GrantDraft, names } from "../domain/grant.ts";
import { feedLets } from "../domain/feed.ts";
import { OWN_SERVER, qualified, splitQualified } from "../domain/ids.ts";
import { type Reason, reason } from "../domain/reason.ts";
import { standing } from "../domain/task.ts";
import type { PolicySet, PolicyVerdict } from "../ports/policy.ts";
import { refusedBy } from "./obligations.ts";

/** AccessRequest → Decision. Pure and synchronous: the same request and policies give the same answer, so `admit`
 *  can ask again and a listing can ask ahead. The first thing that fails names the reason:
 *  invariants, then policy, then grant. A person may lift what asks; nothing lifts an invariant. */
export function decide(request: AccessRequest, policies: PolicySet | null): Decision {
  const broken = invariant(request);
  if (broken !== null) return deny(request, broken, [], basisOf(request, policies));
  if (policies === null) return deny(request, reason("policy_missing"), [], basisOf(request, policies));
  const verdict = policies.evaluate(request);
  return observed(request, judge(request, verdict, basisOf(request, policies)));
}

/** What no policy, approval or mode lifts. */
function invariant(request: AccessRequest): Reason | null {
  const { call, principal, effects, pin } = request;
  const { task, revokedAt, profile } = request.standing;
  const tool = qualified(call.server, call.tool);
  const life = standing(task, request.at);
  if (life === "ended") return reason("task_ended");
  if (life === "expired") return reason("task_expired");
  if (revokedAt > principal.epoch) return reason("credential_revoked");
  if (profile !== principal.profile) return reason("profile_stale");
  if (!feedLets(request.feed, onlyReads(effects))) return reason("feed_stale");
  const fault = request.faults[0];
  if (fault !== undefined) return fault;
  if (pin.kind === "drifted") return reason("definition_drifted", { tool, diff: pin.diff.map(tidy) });
  if (pin.kind === "new") return reason("definition_unpinned", { tool });
  if (pin.kind === "suspect") return reason("definition_suspect", { tool });
  const target = request.selfTargets[0];
  if (target !== undefined) return reason("self_target", { target });
  if (call.door === "upstream" && !request.reverseAllowed)
    return reason("reverse_denied", { server: call.server, method: call.method });
  if (levelAt(request) === 0) return reason("capability_missing", { why: heldBack(request) });
  if (task.used.calls >= task.budget.calls) return reason("budget_spent", { limit: `${task.budget.calls} calls` });
  if (!onlyReads(effects) && task.used.writes >= task.budget.writes) {
    return reason("budget_spent", { limit: `${task.budget.writes} changing calls` });
  }
  return null;
}

/** A line of a pretty-printed diff, to stand in a sentence. */
function tidy(line: string): string {
  return line.replace(/\s+/g, " ").replace(/,$/, "");
}

/** Policy ∩ grant: what this agent may ever be given, and what this task was. */
function judge(request: AccessRequest, verdict: PolicyVerdict, basis: Basis): Decision {
  const tool = qualified(request.call.server, request.call.tool);
  const { policies } = verdict;
  if (verdict.kind === "error") return deny(request, reason("policy_error", { why: verdict.why }), policies, basis);
  if (verdict.kind === "deny") {
    const said = verdict.why ?? `a policy forbids ${tool} here`;
    const why = [
      said,
      ...request.provenance.origins.slice(0, 1),
      ...(verdict.hint === null ? [] : [verdict.hint]),
    ].join("; ");
    return deny(
      request,
      policies.length === 0 ? reason("policy_denied", { tool }) : reason("policy_forbidden", { why }),
      policies,
      basis,
    );
  }
  const unmet = refusedBy(request, verdict.obligations);
  if (unmet !== null) return deny(request, unmet, policies, basis);
  const need = grantFor(request);
  if (need.kind === "refused") return deny(request, need.reason, policies, basis);

  const asks = [...(verdict.kind === "ask" ? verdict.asks : []), ...(need.kind === "ask" ? [need.ask] : [])];
  const permit: Permit = {
    kind: "permit",
    request,
    policies,
    basis,
    grant: need.kind === "held" ? need.grant : null,
    proposes: need.kind === "issue" ? need.draft : null,
    approval: null,
    obligations: verdict.obligations,
    observed: null,
  };
  return asks.length === 0 ? permit : answered(permit, asks);
}

/** A person's answer to exactly this call lifts what it showed, and no more; a refusal holds for the task. */
function answered(permit: Permit, asks: readonly Ask[]): Decision {
  const { request, policies, basis, obligations } = permit;
  const { approval } = request.standing;
  if (approval !== null) {
    const state = stateAt(approval, request.at);
    if (state === "denied") return deny(request, reason("approval_refused"), policies, basis);
    if (state === "allowed" && lifts(approval, asks, basis.policyVersion)) return { ...permit, approval };
  }
  return { kind: "ask", request, asks, policies, basis, obligations };
}

type Need =
  | { readonly kind: "held"; readonly grant: Grant | null }
  | { readonly kind: "issue"; readonly draft: GrantDraft }
  | { readonly kind: "ask"; readonly ask: Ask }
  | { readonly kind: "refused"; readonly reason: Reason };

/** What this task needs now, by tier: an unnamed call is asked at Foundation, denied at Advanced, and issued just in
 *  time at Optimized where the owner said so beforehand. */
function grantFor(request: AccessRequest): Need {
  const { call, effects, standing: now, at } = request;
  // A server's request back to the client is made inside a call that was granted.
  if (call.door === "upstream") return { kind: "held", grant: null };
  // What an agent may say to Writ itself is a request, and every task may make one.
  if (call.server === OWN_SERVER) return { kind: "held", grant: null };
  // Listing and completing disclose nothing of a server the task may use at all.
  if (call.tool === "$list" || call.tool === "$complete") {
    const names = (tools: readonly string[]): boolean => tools.some((tool) => tool.startsWith(`${call.server}__`));
    const held = now.grants.some((grant) => !grant.revoked && at < grant.expiresAt && names(grant.tools));
    const issuable = request.tier === "optimized" && request.envelope.some((draft) => names(draft.tools));
    if (held || issuable) return { kind: "held", grant: null };
  }
  const tool = qualified(call.server, call.tool);
  const coverage: Coverage = cover(now.grants, call.server, call.tool, inputOf(call), effects, at);
  if (coverage.kind === "covered") return { kind: "held", grant: coverage.grant };
  if (coverage.kind === "outside") {
    return { kind: "refused", reason: reason("outside_grant", { tool, ...coverage.violation.facts }) };
  }
  switch (request.tier) {
    case "foundation":
      return {
        kind: "ask",
        ask: { policy: "tier:foundation", role: "approver", why: `the task holds no grant for ${tool}` },
      };
    case "advanced":
      return { kind: "refused", reason: reason("no_grant", { tool }) };
    case "optimized": {
      const draft = inEnvelope(request);
      if (draft === null) return { kind: "refused", reason: reason("no_grant", { tool }) };
      // Who is not trusted that far is not refused what the owner foresaw: a person gives it, call by call.
      if (levelAt(request) < TRUSTED) return { kind: "ask", ask: notTrusted(request) };
      return isLeftToPeople(request) ? { kind: "ask", ask: BY_A_PERSON } : { kind: "issue", draft };
    }
  }
}

const BY_A_PERSON: Ask = {
  policy: "tier:optimized",
  role: "approver",
  why: "it cannot be undone or changes who may do what, and the owner's words do not name it",
};

/** What the owner's envelope alone does not issue. The owner's own words do, where they name what is done and everything it is
 *  done to; a person may. */
function isLeftToPeople({ effects, provenance, standing: { task } }: AccessRequest): boolean {
  const grave = isIrreversible(effects) || effects.kinds.includes("administer");
  return grave && !(provenance.authorised && task.declaredBy === "owner" && task.delegators === undefined);
}

/** From here on a grant may be issued just in time. */
const TRUSTED: Level = 3;

function notTrusted(request: AccessRequest): Ask {
  const why = `the agent is not trusted with a grant just in time for ${heldBack(request)}`;
  return { policy: "capability:trusted", role: "approver", why };
}

/** One use of exactly this tool, under the envelope's own limits; never for what hands on authority. */
function inEnvelope({ call, effects, envelope, standing: now, at }: AccessRequest): GrantDraft | null {
  if (effects.kinds.some((kind) => kind === "delegate" || kind === "unknown")) return null;
  // What was handed down is what the one above gave: no other agent's envelope adds to it.
  if (now.task.delegators !== undefined) return null;
  // A task that an agent opened for itself is its own word on what is needed: that issues reads, and nothing else.
  const claimed = now.task.parent !== null || now.task.declaredBy === "agent-claimed";
  if (claimed && !onlyReads(effects)) return null;
  const asGrants = envelope.map((draft): Grant => ({
    ...draft,
    id: "" as Grant["id"],
    task: now.task.id,
    used: now.grants.filter((grant) => issuedFrom(draft, grant)).length,
    expiresAt: now.task.deadline,
    revoked: false,
    version: 0,
  }));
  const coverage = cover(asGrants, call.server, call.tool, inputOf(call), effects, at);
  if (coverage.kind !== "covered") return null;
  const { constraints, issuedBy } = coverage.grant;
  return { tools: [qualified(call.server, call.tool)], constraints, uses: 1, origin: "just-in-time", issuedBy };
}

/** Whether a grant of the task came out of this part of the envelope: each takes one of its uses, for good. */
function issuedFrom(draft: GrantDraft, grant: Grant): boolean {
  const target = splitQualified(grant.tools[0] ?? "");
  return (
    grant.origin === "just-in-time" &&
    target !== null &&
    names(draft.tools, target.server, target.tool) &&
    JSON.stringify(grant.constraints) === JSON.stringify(draft.constraints)
  );
}

/** On a server that is only observed, what policy or grant would stop goes through and says so; what cannot be undone
 *  still asks. Invariants never come here. */
function observed(request: AccessRequest, decision: Decision): Decision {
  if (request.mode.kind !== "observe" || decision.kind === "permit") return decision;
  const would = decision.kind === "deny" ? decision.reason : reason("approval_pending", { approval: "observed" });
  if (isIrreversible(request.effects) || would.code === "approval_refused") return decision;
  const { policies, basis } = decision;
  return {
    kind: "permit",
    request,
    policies,
    basis,
    grant: null,
    proposes: null,
    approval: null,
    obligations: decision.kind === "ask" ? decision.obligations : [],
    observed: would,
  };
}

/** Whether a listing shows the tool: something could be permitted or asked, whatever its arguments turn out to be. */
export function couldBe(decision: Decision): boolean {
  if (decision.kind !== "deny") return true;
  const { code } = decision.reason;
  if (code === "no_grant")
    return names(
      decision.request.envelope.flatMap((draft) => draft.tools),
      decision.request.call.server,
      decision.request.call.tool,
    );
  // Ahead of a call its arguments are not there yet, and with them what it will take.
  if (code === "capability_missing") return true;
  return code === "feed_stale" || code === "outside_grant" || code === "policy_error" || code === "budget_spent";
}

function deny(request: AccessRequest, why: Reason, policies: readonly PolicyRef[], basis: Basis): Decision {
  return { kind: "deny", request, reason: why, policies, basis };
}

function basisOf(request: AccessRequest, policies: PolicySet | null): Basis {
  return { policyVersion: policies?.version ?? "none", counters: policies?.readsCounters(request) ?? false };
}
