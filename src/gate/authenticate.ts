import type { Principal } from "../domain/principal.ts";
import { type Reason, reason } from "../domain/reason.ts";
import { standsOn } from "../domain/revocation.ts";
import { standing } from "../domain/task.ts";
import type { Shown } from "../ports/credentials.ts";
import type { GateParts } from "./parts.ts";

export type Authenticated =
  | {
      readonly kind: "principal";
      readonly principal: Principal;
      /** Why its task acts no more, null while it may. Its calls are refused for that on the record; nothing else is
       *  begun for it. */
      readonly over: Reason | null;
    }
  /** Nobody is known, so nothing is recorded: such refusals are counted. */
  | { readonly kind: "stranger"; readonly reason: Reason };

/** Credential → Principal. The token verifies, is a task token for this gateway, its key was proved where it is bound
 *  to one, and nothing it stands on was revoked when this was asked; `admit` and `enforce` ask again. */
export async function authenticate(parts: GateParts, credential: Shown | null): Promise<Authenticated> {
  if (credential === null) return { kind: "stranger", reason: reason("credential_missing") };
  const verified = parts.credentials.verifyTask(credential, parts.clock.now());
  if (verified.kind === "refused") return { kind: "stranger", reason: verified.reason };
  const principal = verified.value;
  const { revokedAt, task } = await parts.store.read(async (tx) => ({
    revokedAt: await tx.revokedAt(standsOn(principal)),
    task: await tx.task(principal.task),
  }));
  if (task === null) return { kind: "stranger", reason: reason("task_unknown") };
  // An ended task is revoked too; the caller learns more from being told that it ended, and `decide` tells it.
  if (revokedAt > principal.epoch && task.state.kind === "active")
    return { kind: "stranger", reason: reason("credential_revoked") };
  // What it may be trusted with was narrowed, or written anew: a fresh credential says so.
  if (parts.profile(principal).hash !== principal.profile) await parts.profileAnew(principal);
  if (parts.profile(principal).hash !== principal.profile && task.state.kind === "active")
    return { kind: "stranger", reason: reason("profile_stale") };
  const stands = standing(task, parts.clock.now());
  const over = stands === "active" ? null : reason(stands === "ended" ? "task_ended" : "task_expired");
  return { kind: "principal", principal, over };
}
