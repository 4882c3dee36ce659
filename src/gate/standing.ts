import type { CurrentProfile } from "../authority/capability/profiles.ts";
import type { Standing } from "../domain/access-request.ts";
import type { Digest } from "../domain/ids.ts";
import type { Principal } from "../domain/principal.ts";
import { standsOn } from "../domain/revocation.ts";
import type { ReadTx } from "../ports/store.ts";
import { approvalFor } from "./kin.ts";

/** One consistent look at everything a decision about this principal and digest rests on;
 *  null when its task, session or instance does not exist here. */
export async function standingOf(
  tx: ReadTx,
  principal: Principal,
  digest: Digest,
  profile: CurrentProfile,
): Promise<Standing | null> {
  const task = await tx.task(principal.task);
  const session = await tx.session(principal.session);
  const instance = await tx.instance(principal.instance);
  if (task === null || session === null || instance === null) return null;
  return {
    task,
    session,
    instance,
    grants: await tx.grants(principal.task),
    approval: await approvalFor(tx, task, digest),
    revokedAt: await tx.revokedAt(standsOn(principal)),
    profile: profile.hash,
    ...(profile.levels === null ? {} : { levels: profile.levels }),
  };
}

/** Whether anything a decision rested on has moved since: state, not the counters that `reserve` and `spend` guard. */
export function moved(seen: Standing, now: Standing, counters: boolean): boolean {
  return (
    seen.task.version !== now.task.version ||
    seen.session.version !== now.session.version ||
    seen.revokedAt !== now.revokedAt ||
    seen.profile !== now.profile ||
    seen.approval?.id !== now.approval?.id ||
    seen.approval?.version !== now.approval?.version ||
    seen.grants.length !== now.grants.length ||
    seen.grants.some((grant, i) => {
      const current = now.grants[i];
      return (
        current === undefined ||
        grant.version !== current.version ||
        (grant.uses !== null && grant.used !== current.used)
      );
    }) ||
    (counters && (seen.task.used.calls !== now.task.used.calls || seen.session.denials !== now.session.denials))
  );
}
