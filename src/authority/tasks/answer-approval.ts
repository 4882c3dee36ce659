import { answeringRule } from "../../domain/answering.ts";
import { answer, type Approval, type AnswerRefusal } from "../../domain/approval.ts";
import { describeGrant, type Grant } from "../../domain/grant.ts";
import type { ApprovalId } from "../../domain/ids.ts";
import { type Person, speaksFor } from "../../domain/person.ts";
import { standing } from "../../domain/task.ts";
import type { WriteTx } from "../../ports/store.ts";
import { grantOf } from "./open-task.ts";
import type { AuthorityParts } from "../parts.ts";
import { refusal } from "../refusals.ts";
import { isGrantRequest, requestedDraft } from "./request-grant.ts";

export interface GivenAnswer {
  readonly approval: ApprovalId;
  /** Signed in over a channel that no agent credential opens. */
  readonly person: Person;
  readonly verdict: "allow" | "deny";
  readonly note: string;
}

export interface Answered {
  readonly approval: Approval;
  /** The grant that a request for one became; null for a question about a call, which executes nothing by itself. */
  readonly grant: Grant | null;
}

const MAX_NOTE = 500;

/** Takes one person's answer to one open question.
 *  @throws WritError `approval_unknown` 404, `approval_closed` 409, `answered_already` 409, `role_missing` 403,
 *  `owner_answers` 403, `actor_answers` 403. */
export async function answerApproval(parts: AuthorityParts, given: GivenAnswer): Promise<Answered> {
  const now = parts.clock.now();
  return parts.store.write(async (tx) => {
    const approval = await tx.approval(given.approval);
    if (approval === null) {
      throw refusal(
        "approval_unknown",
        404,
        { approval: given.approval },
        `there is no question \`${given.approval}\``,
        "`writ approve list` shows the open ones",
      );
    }
    const task = await tx.task(approval.task);
    if (task === null || standing(task, now) !== "active") throw closed(approval.id);
    const rule = answeringRule(parts.configuration.approvals, approval.summary.effects);
    const answered = answer(
      approval,
      {
        person: given.person.name,
        roles: speaksFor(given.person),
        verdict: given.verdict,
        at: now,
        note: given.note.slice(0, MAX_NOTE),
      },
      rule,
    );
    if (answered.kind === "refused") throw refusedFor(answered.code, approval);
    const grant =
      answered.approval.state === "allowed" && isGrantRequest(approval)
        ? grantOf(parts, requestedDraft(approval, given.person.name), task)
        : null;
    const stored: Approval = grant === null ? answered.approval : { ...answered.approval, state: "spent" };
    await tx.putApproval(stored);
    await tx.append({
      kind: "answer",
      at: now,
      call: approval.call,
      task: task.id,
      body: {
        approval: approval.id,
        person: given.person.name,
        verdict: given.verdict,
        note: given.note.slice(0, MAX_NOTE),
        state: stored.state,
        digest: approval.digest,
      },
    });
    if (grant !== null) await recordGrant(tx, grant, now);
    await tx.publish("approval", approval.id);
    return { approval: stored, grant };
  });
}

/** Stores a grant and the record of it. */
export async function recordGrant(tx: WriteTx, grant: Grant, at: number): Promise<void> {
  await tx.putGrant(grant);
  await tx.append({
    kind: "grant_issued",
    at,
    call: null,
    task: grant.task,
    body: {
      grant: grant.id,
      allows: describeGrant(grant),
      origin: grant.origin,
      issuedBy: grant.issuedBy,
      expiresAt: grant.expiresAt,
    },
  });
  await tx.publish("task", grant.task);
}

function refusedFor(code: AnswerRefusal, approval: Approval): Error {
  switch (code) {
    case "approval_closed":
      return closed(approval.id);
    case "answered_already":
      return refusal(
        "answered_already",
        409,
        { approval: approval.id },
        "you have answered this already",
        "nothing more to do; another role may still have to answer",
      );
    case "owner_answers":
      return refusal(
        "owner_answers",
        403,
        { approval: approval.id, owner: approval.summary.owner },
        "the owner of a task does not allow what it asks here, and the admin key may be the owner's",
        "somebody else answers, with a key or a sign-in of their own",
      );
    case "actor_answers":
      return refusal(
        "actor_answers",
        403,
        { approval: approval.id },
        "who asks does not answer",
        "a person answers, who is not called like the agent",
      );
    case "role_missing": {
      const roles = [...new Set(approval.asks.map((ask) => ask.role))];
      return refusal(
        "role_missing",
        403,
        { approval: approval.id, roles },
        `this question is for ${roles.map((role) => `\`${role}\``).join(", ")}`,
        "somebody with that role answers",
      );
    }
  }
}

function closed(approval: string): Error {
  return refusal(
    "approval_closed",
    409,
    { approval },
    `the question \`${approval}\` is closed`,
    "the agent may make the call again, which asks anew",
  );
}
