import type { Approval } from "../domain/approval.ts";
import type { Digest } from "../domain/ids.ts";
import { raise, type SessionRise } from "../domain/principal.ts";
import type { Task } from "../domain/task.ts";
import type { ReadTx, WriteTx } from "../ports/store.ts";

/** Tasks that an agent opened below its own are worked on by the same process, with the same memory: what one of them
 *  has read the others know, and what a person refused above is refused below. */

/** Raises the labels of the session of `task`, and of those of every task above and below it. */
export async function raiseKin(tx: WriteTx, task: Task, rise: SessionRise): Promise<void> {
  const kin = [await rootOf(tx, task)];
  for (let i = 0; i < kin.length; i++) {
    const one = kin[i];
    if (one === undefined) continue;
    kin.push(...(await tx.childTasks(one.id)));
    const session = await tx.session(one.session);
    const raised = session === null ? null : raise(session, rise);
    if (raised !== null && raised !== session) await tx.putSession(raised);
  }
}

/** The task above all others that `task` is part of. */
async function rootOf(tx: ReadTx, task: Task): Promise<Task> {
  let root = task;
  for (let above = await parentOf(tx, root); above !== null; above = await parentOf(tx, root)) root = above;
  return root;
}

/** The newest approval of exactly this call in `task`, or a refusal of it in a task above. */
export async function approvalFor(tx: ReadTx, task: Task, digest: Digest): Promise<Approval | null> {
  const mine = await tx.approvalFor(task.id, digest);
  for (let above = await parentOf(tx, task); above !== null; above = await parentOf(tx, above)) {
    const theirs = await tx.approvalFor(above.id, digest);
    if (theirs?.state === "denied") return theirs;
  }
  return mine;
}

async function parentOf(tx: ReadTx, task: Task): Promise<Task | null> {
  return task.parent === null ? null : tx.task(task.parent);
}
