import type { TaskId } from "../../domain/ids.ts";
import type { Instance } from "../../domain/principal.ts";
import { reason } from "../../domain/reason.ts";
import { lasting } from "../../domain/revocation.ts";
import { standing, type Task } from "../../domain/task.ts";
import type { Minted } from "../../ports/credentials.ts";
import type { ReadTx } from "../../ports/store.ts";
import { profileFor } from "../capability/profiles.ts";
import type { AuthorityParts } from "../parts.ts";
import { taskOver, taskUnknown, unauthenticated } from "../refusals.ts";

/** A fresh task token for a task of this instance that may still act. The instance's own credential was checked
 *  just before; what was ever revoked of the task itself stays revoked.
 *  @throws WritError `task_unknown` (also for a task of another instance), `task_ended`, `task_expired`,
 *  `credential_revoked`. */
export function renewTask(
  parts: AuthorityParts,
  asked: { readonly instance: Instance; readonly task: TaskId },
): Promise<Minted> {
  return parts.store.read(async (tx) => (await renewIn(parts, tx, asked)).minted);
}

/** The same within one consistent look, with the task as it was seen. */
export async function renewIn(
  parts: AuthorityParts,
  tx: ReadTx,
  asked: { readonly instance: Instance; readonly task: TaskId },
): Promise<{ readonly minted: Minted; readonly task: Task }> {
  const now = parts.clock.now();
  const task = await tx.task(asked.task);
  if (task === null || task.instance !== asked.instance.id) throw taskUnknown(asked.task);
  const stands = standing(task, now);
  if (stands !== "active") throw taskOver(task.id, stands);
  const revoked = await tx.revokedAt(lasting(task));
  const { hash: profile } = await profileFor(parts, tx, task);
  const stale = await tx.revokedAt([{ kind: "profile", id: profile }]);
  if (revoked > (task.epoch ?? 0) || stale > 0) throw unauthenticated(reason("credential_revoked"));
  return { minted: parts.credentials.mintTask(task, asked.instance, profile, await tx.sequence(), now), task };
}
