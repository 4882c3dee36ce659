import { recordGrant } from "../authority/tasks/answer-approval.ts";
import { masked } from "../analysis/secrets/secrets.ts";
import type { Approval } from "../domain/approval.ts";
import type { AskDecision, Permit } from "../domain/decision.ts";
import { describeReach } from "../domain/endorsement.ts";
import type { WriteTx } from "../ports/store.ts";
import { askedAbout, type Endorsable } from "../provenance/endorsable.ts";
import type { GateParts } from "./parts.ts";

/** Remembers a person's yes to what provenance asked about, in the transaction that admits the call it was given for: a
 *  grant that names no tool, for the tasks below one root, until its time or the task's is over. */
export async function endorse(parts: GateParts, tx: WriteTx, { request }: Permit, yes: Approval): Promise<void> {
  const { endorseMs } = parts.configuration.approvals;
  if (endorseMs === 0) return;
  const { task, grants } = request.standing;
  const seen = await parts.tracing.look(tx, task, grants);
  const by = yes.answers.filter(({ verdict }) => verdict === "allow").map(({ person }) => person);
  for (const { endorses } of askedAbout(heldAgainst(parts, request, seen), yes.asks)) {
    await recordGrant(
      tx,
      {
        id: parts.ids.mint("grant"),
        task: seen.root.id,
        tools: [],
        constraints: [],
        uses: null,
        used: 0,
        expiresAt: Math.min(request.at + endorseMs, task.deadline, seen.root.deadline),
        origin: "approval",
        issuedBy: by.join(" and "),
        endorses: { ...endorses, shown: masked(endorses.shown), approval: yes.id },
        revoked: false,
        version: 0,
      },
      request.at,
    );
  }
}

/** What a yes to the question would leave behind, for whoever answers it. */
export async function leaves(parts: GateParts, tx: WriteTx, decision: AskDecision): Promise<readonly string[]> {
  const { endorseMs } = parts.configuration.approvals;
  const { request, asks } = decision;
  if (endorseMs === 0) return [];
  const seen = await parts.tracing.look(tx, request.standing.task, request.standing.grants);
  const minutes = Math.max(1, Math.round(endorseMs / 60_000));
  return askedAbout(heldAgainst(parts, request, seen), asks).map(
    ({ endorses }) =>
      `a yes counts for ${masked(endorses.shown)} as the target of ${describeReach(endorses)}, for ${minutes} min`,
  );
}

function heldAgainst(
  parts: GateParts,
  request: Permit["request"],
  seen: Awaited<ReturnType<GateParts["tracing"]["look"]>>,
): readonly Endorsable[] {
  return parts.tracing.endorsable(request, parts.rule(request.call, request.call.definition), seen);
}
