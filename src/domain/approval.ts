import { type AnsweringRule, isAnother } from "./answering.ts";
import type { ApprovalId, CallId, Digest, InstanceId, PersonName, SessionId, TaskId } from "./ids.ts";

/** One thing a person is asked to lift: a policy by id, or the tier's missing grant. */
export interface Ask {
  readonly policy: string;
  readonly role: string;
  readonly why: string;
}

export interface Answer {
  readonly person: PersonName;
  /** The roles of the ask that this answer speaks for. */
  readonly roles: readonly string[];
  readonly verdict: "allow" | "deny";
  readonly at: number;
  readonly note: string;
}

export type ApprovalState = "pending" | "allowed" | "denied" | "timed_out" | "spent" | "void";

/** A question to people about exactly one call. */
export interface Approval {
  readonly id: ApprovalId;
  readonly call: CallId;
  readonly digest: Digest;
  readonly task: TaskId;
  readonly session: SessionId;
  readonly instance: InstanceId;
  readonly policyVersion: string;
  readonly asks: readonly Ask[];
  /** What people are shown, made by Writ from the parsed call. */
  readonly summary: ApprovalSummary;
  readonly askedAt: number;
  readonly deadline: number;
  /** An allowed call must come before this. */
  readonly usableUntil: number;
  readonly answers: readonly Answer[];
  readonly state: ApprovalState;
  readonly version: number;
}

export interface ApprovalSummary {
  readonly agent: string;
  readonly owner: string;
  readonly objective: string;
  readonly tool: string;
  readonly effects: readonly string[];
  readonly reversible: boolean;
  /** The call in one sentence, made by Writ from its parsed form; null where only its effects are known. */
  readonly says: string | null;
  /** The exact arguments, canonical, with secrets in them covered: the answer is bound to the call by its digest. */
  readonly arguments: string;
}

export type Answered =
  | { readonly kind: "answered"; readonly approval: Approval }
  | { readonly kind: "refused"; readonly code: AnswerRefusal };

export type AnswerRefusal = "approval_closed" | "actor_answers" | "owner_answers" | "role_missing" | "answered_already";

/** Takes one person's answer. One refusal closes it; it is allowed once every role has said yes and, where `rule` asks
 *  for four eyes, one of those who did is known not to be the owner. The agent that asks never answers. */
export function answer(approval: Approval, given: Answer, rule: AnsweringRule): Answered {
  if (approval.state !== "pending" || given.at >= approval.deadline)
    return { kind: "refused", code: "approval_closed" };
  const { agent, owner } = approval.summary;
  if ((given.person as string) === agent) return { kind: "refused", code: "actor_answers" };
  const another = isAnother(given.person, owner);
  if (given.verdict === "allow" && !rule.selfConfirm && !another) return { kind: "refused", code: "owner_answers" };
  const wanted = rolesWanted(approval);
  const roles = given.roles.filter((role) => wanted.includes(role));
  if (roles.length === 0) return { kind: "refused", code: "role_missing" };
  if (approval.answers.some((earlier) => earlier.person === given.person && earlier.verdict === given.verdict)) {
    return { kind: "refused", code: "answered_already" };
  }
  const answers = [...approval.answers, { ...given, roles }];
  const allowed = new Set(answers.filter((a) => a.verdict === "allow").flatMap((a) => a.roles));
  const seen = !rule.fourEyes || answers.some((a) => a.verdict === "allow" && isAnother(a.person, owner));
  const state: ApprovalState =
    given.verdict === "deny" ? "denied" : seen && wanted.every((role) => allowed.has(role)) ? "allowed" : "pending";
  return { kind: "answered", approval: { ...approval, answers, state, version: approval.version + 1 } };
}

/** Where the question stands at `now`: an unanswered one past its deadline, or an unused yes past its time, is over. */
export function stateAt(approval: Approval, now: number): ApprovalState {
  if (approval.state === "pending" && now >= approval.deadline) return "timed_out";
  if (approval.state === "allowed" && now >= approval.usableUntil) return "timed_out";
  return approval.state;
}

/** Uses up an allowed approval; null unless it is allowed at `now`. */
export function spendApproval(approval: Approval, now: number): Approval | null {
  return stateAt(approval, now) === "allowed" ? { ...approval, state: "spent", version: approval.version + 1 } : null;
}

export function voidApproval(approval: Approval): Approval {
  return approval.state === "pending" || approval.state === "allowed"
    ? { ...approval, state: "void", version: approval.version + 1 }
    : approval;
}

/** True when an allowed approval lifts every one of `asks`: never more than it showed. */
export function lifts(approval: Approval, asks: readonly Ask[], policyVersion: string): boolean {
  return (
    approval.policyVersion === policyVersion &&
    asks.every((ask) => approval.asks.some((shown) => shown.policy === ask.policy && shown.role === ask.role))
  );
}

export function rolesWanted(approval: Pick<Approval, "asks">): readonly string[] {
  return [...new Set(approval.asks.map((ask) => ask.role))];
}
