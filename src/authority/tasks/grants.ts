import { type Grant, type GrantDraft, revoke } from "../../domain/grant.ts";
import type { GrantId, TaskId } from "../../domain/ids.ts";
import { standing } from "../../domain/task.ts";
import type { WriteTx } from "../../ports/store.ts";
import { recordGrant } from "./answer-approval.ts";
import { grantOf } from "./open-task.ts";
import type { Actor, AuthorityParts } from "../parts.ts";
import { refusal, taskOver, taskUnknown } from "../refusals.ts";

/** An operator gives a task more. It ends with the task at the latest.
 *  @throws WritError `task_unknown`, `task_ended`, `task_expired`. */
export async function issueGrant(
  parts: AuthorityParts,
  asked: { readonly task: TaskId; readonly draft: GrantDraft },
): Promise<Grant> {
  const now = parts.clock.now();
  return parts.store.write(async (tx) => {
    const task = await tx.task(asked.task);
    if (task === null) throw taskUnknown(asked.task);
    const stands = standing(task, now);
    if (stands !== "active") throw taskOver(task.id, stands);
    const grant = grantOf(parts, asked.draft, task);
    await recordGrant(tx, grant, now);
    return grant;
  });
}

/** Takes a grant back, and what was handed down of it; what they still allowed is refused from now on. Revoking twice
 *  changes nothing.
 *  @throws WritError `grant_unknown`. */
export async function revokeGrant(
  parts: AuthorityParts,
  asked: { readonly grant: GrantId; readonly by: Actor; readonly why: string },
): Promise<Grant> {
  const now = parts.clock.now();
  return parts.store.write(async (tx) => {
    const grant = await tx.grant(asked.grant);
    if (grant === null)
      throw refusal(
        "grant_unknown",
        404,
        { grant: asked.grant },
        `there is no grant \`${asked.grant}\``,
        "`writ grant list` shows those of a task",
      );
    if (grant.revoked) return grant;
    return takeBack(tx, grant, { by: asked.by, why: asked.why, now });
  });
}

async function takeBack(
  tx: WriteTx,
  grant: Grant,
  said: { readonly by: Actor; readonly why: string; readonly now: number },
): Promise<Grant> {
  const revoked = revoke(grant);
  await tx.putGrant(revoked);
  await tx.append({
    kind: "grant_revoked",
    at: said.now,
    call: null,
    task: grant.task,
    body: { grant: grant.id, by: said.by, why: said.why },
  });
  await tx.publish("task", grant.task);
  for (const child of await tx.childTasks(grant.task)) {
    const below = (await tx.grants(child.id)).filter((one) => one.from === grant.id && !one.revoked);
    for (const one of below) await takeBack(tx, one, { ...said, why: `${grant.id} above it was revoked` });
  }
  return revoked;
}
