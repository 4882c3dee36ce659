import { WritError } from "../../domain/error.ts";
import type { InstanceId } from "../../domain/ids.ts";
import type { Principal } from "../../domain/principal.ts";
import { standsOn } from "../../domain/revocation.ts";
import { standing } from "../../domain/task.ts";
import type { AuthorityParts } from "../parts.ts";

/** Records that the holder of a running task wished to hand work down and was refused: who, for whom, to which instance
 *  (null where its credential does not hold), which tools and why. One entry for one request, and no token in it. A holder
 *  whose task is over or whose token was revoked is nobody any more, and is counted by the door like any stranger; what
 *  failed inside is no refusal. */
export async function recordRefusedDelegation(
  parts: AuthorityParts,
  asked: { readonly by: Principal; readonly to: InstanceId | null; readonly tools: readonly string[] },
  cause: unknown,
): Promise<void> {
  if (!(cause instanceof WritError) || cause.status >= 500) return;
  const { by, to, tools } = asked;
  const at = parts.clock.now();
  await parts.store.write(async (tx) => {
    const task = await tx.task(by.task);
    if (task === null || task.instance !== by.instance || standing(task, at) !== "active") return;
    if ((await tx.revokedAt(standsOn(by))) > by.epoch) return;
    await tx.append({
      kind: "delegation_refused",
      at,
      call: null,
      task: task.id,
      body: {
        by: by.actor,
        agent: task.agent,
        owner: task.owner,
        to,
        tools: tools.slice(0, 10).map((tool) => tool.slice(0, 128)),
        reason: cause.code,
        why: cause.message,
      },
    });
  });
}
