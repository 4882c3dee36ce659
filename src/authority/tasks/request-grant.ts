import { type Approval, stateAt } from "../../domain/approval.ts";
import { describeGrant, type GrantDraft } from "../../domain/grant.ts";
import type { Digest, TaskId } from "../../domain/ids.ts";
import type { Json } from "../../domain/json.ts";
import type { Instance } from "../../domain/principal.ts";
import { standing } from "../../domain/task.ts";
import { canonicalize } from "../../wire/json/canonical.ts";
import type { AuthorityParts } from "../parts.ts";
import { refusal, taskOver, taskUnknown } from "../refusals.ts";

/** What stands in an approval that is about a grant and not about a call. No tool's name starts with `$`. */
export const GRANT_REQUEST = { tool: "writ__$grant", policy: "writ.grant-request", role: "approver" } as const;

export interface GrantRequest {
  readonly instance: Pick<Instance, "id">;
  readonly task: TaskId;
  readonly draft: GrantDraft;
  /** The agent's own words; shown to people as such. */
  readonly why: string;
  readonly policyVersion: string;
}

const MAX_WHY = 500;
const MAX_OPEN = 5;

/** Puts an agent's wish for more before a person; issues nothing. The same wish while it is open is the same
 *  question; one that was refused stays refused for the task.
 *  @throws WritError `task_unknown`, `task_ended`, `task_expired`, `grant_too_wide` for a wildcard, `too_many_requests`,
 *  `approval_refused`. */
export async function requestGrant(parts: AuthorityParts, asked: GrantRequest): Promise<Approval> {
  if (asked.draft.tools.some((tool) => tool.endsWith("__*"))) {
    throw refusal(
      "grant_too_wide",
      403,
      {},
      "an agent may not ask for every tool of a server",
      "name the tools one by one",
    );
  }
  const now = parts.clock.now();
  const draft = canonicalize(written(asked.draft));
  const digest = grantDigest(parts, asked.draft);
  return parts.store.write(async (tx) => {
    const task = await tx.task(asked.task);
    if (task === null || task.instance !== asked.instance.id) throw taskUnknown(asked.task);
    const stands = standing(task, now);
    if (stands !== "active") throw taskOver(task.id, stands);
    const earlier = await tx.approvalFor(task.id, digest);
    if (earlier?.state === "denied") {
      throw refusal(
        "approval_refused",
        403,
        { approval: earlier.id },
        "a person refused this",
        "do not repeat it; the refusal holds for this task",
      );
    }
    if (earlier !== null && stateAt(earlier, now) === "pending") return earlier;
    const open = (await tx.openApprovals(task.id)).filter(
      (one) => isGrantRequest(one) && stateAt(one, now) === "pending",
    );
    if (open.length >= MAX_OPEN) {
      throw refusal(
        "too_many_requests",
        429,
        { most: MAX_OPEN },
        "too many requests of this task wait for a person",
        "wait for an answer first",
      );
    }
    const approval: Approval = {
      id: parts.ids.mint("approval"),
      call: parts.ids.mint("call"),
      digest,
      task: task.id,
      session: task.session,
      instance: task.instance,
      policyVersion: asked.policyVersion,
      asks: [
        {
          policy: GRANT_REQUEST.policy,
          role: GRANT_REQUEST.role,
          why: `the agent asks for ${describeGrant(asked.draft)}`,
        },
      ],
      summary: {
        agent: task.agent,
        owner: task.owner,
        objective: task.objective,
        tool: GRANT_REQUEST.tool,
        effects: ["delegate"],
        reversible: true,
        says: null,
        arguments: draft,
      },
      askedAt: now,
      deadline: Math.min(now + parts.configuration.approvals.timeoutMs, task.deadline),
      usableUntil: task.deadline,
      answers: [],
      state: "pending",
      version: 0,
    };
    await tx.putApproval(approval);
    await tx.append({
      kind: "grant_requested",
      at: now,
      call: approval.call,
      task: task.id,
      body: { approval: approval.id, draft, digest, claimed: asked.why.slice(0, MAX_WHY), instance: task.instance },
    });
    await tx.publish("approval", approval.id);
    return approval;
  });
}

/** What the same wish has again, of whatever task. */
export function grantDigest({ digests }: Pick<AuthorityParts, "digests">, draft: GrantDraft): Digest {
  return digests.keyed(`${GRANT_REQUEST.tool}\n${canonicalize(written(draft))}`);
}

export function isGrantRequest(approval: Approval): boolean {
  return approval.summary.tool === GRANT_REQUEST.tool && approval.asks[0]?.policy === GRANT_REQUEST.policy;
}

/** The draft that a granted request stands for, as it was shown. */
export function requestedDraft(approval: Approval, issuedBy: string): GrantDraft {
  const shown = JSON.parse(approval.summary.arguments) as Pick<GrantDraft, "tools" | "constraints" | "uses">;
  return { tools: shown.tools, constraints: shown.constraints, uses: shown.uses, origin: "approval", issuedBy };
}

function written(draft: GrantDraft): Json {
  return { tools: draft.tools, constraints: draft.constraints as unknown as Json, uses: draft.uses };
}
