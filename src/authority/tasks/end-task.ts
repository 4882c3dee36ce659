import { voidApproval } from "../../domain/approval.ts";
import { giveBack, revoke } from "../../domain/grant.ts";
import type { TaskId } from "../../domain/ids.ts";
import { end, type Task } from "../../domain/task.ts";
import type { ReadTx, WriteTx } from "../../ports/store.ts";
import type { Actor, AuthorityParts } from "../parts.ts";
import { taskUnknown } from "../refusals.ts";

/** Ends a task and every task below it, in one transaction: grants revoked, open questions void, credentials dead.
 *  Resolves to the tasks that it ended, none when all had ended before. What a child had left of its budget and of the
 *  uses it was handed goes back to a parent that goes on.
 *  @throws WritError `task_unknown`. */
export async function endTask(
  parts: Pick<AuthorityParts, "store" | "clock">,
  asked: { readonly task: TaskId; readonly by: Actor; readonly why: string },
): Promise<readonly TaskId[]> {
  const now = parts.clock.now();
  return parts.store.write(async (tx) => {
    const root = await tx.task(asked.task);
    if (root === null) throw taskUnknown(asked.task);
    return endWithin(tx, root, now, asked.by, asked.why);
  });
}

/** The same as a part of a larger transaction. */
export async function endWithin(
  tx: WriteTx,
  root: Task,
  now: number,
  by: Actor,
  why: string,
): Promise<readonly TaskId[]> {
  await returnRest(tx, root);
  const ended: TaskId[] = [];
  for (const task of await subtree(tx, root)) {
    if (task.state.kind === "ended") continue;
    await endOne(tx, task, now, by, task.id === root.id ? why : `its parent ${root.id} ended`);
    ended.push(task.id);
  }
  return ended;
}

async function endOne(tx: WriteTx, task: Task, now: number, by: Actor, why: string): Promise<void> {
  await tx.putTask(end(task, now, by, why));
  const grants = (await tx.grants(task.id)).filter((grant) => !grant.revoked);
  for (const grant of grants) await tx.putGrant(revoke(grant));
  const approvals = await tx.openApprovals(task.id);
  for (const approval of approvals) {
    await tx.putApproval(voidApproval(approval));
    await tx.publish("approval", approval.id);
  }
  await tx.revoke({ kind: "task", id: task.id });
  await tx.publish("task", task.id);
  await tx.append({
    kind: "task_ended",
    at: now,
    call: null,
    task: task.id,
    body: {
      by,
      why,
      grantsRevoked: grants.map((grant) => grant.id),
      approvalsVoided: approvals.map((approval) => approval.id),
      used: { ...task.used },
    },
  });
}

async function returnRest(tx: WriteTx, task: Task): Promise<void> {
  if (task.parent === null || task.state.kind === "ended") return;
  const parent = await tx.task(task.parent);
  if (parent === null || parent.state.kind === "ended") return;
  const unused = { calls: task.budget.calls - task.used.calls, writes: task.budget.writes - task.used.writes };
  const used = {
    calls: Math.max(0, parent.used.calls - unused.calls),
    writes: Math.max(0, parent.used.writes - unused.writes),
  };
  await tx.putTask({ ...parent, used, version: parent.version + 1 });
  for (const grant of await tx.grants(task.id)) {
    const from = grant.from === undefined ? null : await tx.grant(grant.from);
    if (from !== null && grant.uses !== null) await tx.putGrant(giveBack(from, grant.uses - grant.used));
  }
}

async function subtree(tx: ReadTx, root: Task): Promise<readonly Task[]> {
  const found = [root];
  for (let i = 0; i < found.length; i++) {
    const task = found[i];
    if (task !== undefined) found.push(...(await tx.childTasks(task.id)));
  }
  return found;
}
