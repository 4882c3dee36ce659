import type { InstanceId } from "../../domain/ids.ts";
import type { ReadTx } from "../../ports/store.ts";
import type { CapabilityParts } from "./parts.ts";

const IDLE_MS = 3_600_000;
const PAGE = 200;

/** Forgets what was seen of processes that nothing was heard of for an hour and that work on no task: each run of an agent
 *  is one, and every change of an agent's evidence looks at all that are kept. One that comes back after all is one of
 *  which nothing is known. */
export async function forgetIdle(parts: Pick<CapabilityParts, "store">, now: number): Promise<void> {
  const idle = await parts.store.read(async (tx) => {
    const old = (await tx.documents("capability_seen")).filter(({ at }) => now - at > IDLE_MS);
    if (old.length === 0) return [];
    const working = await workingInstances(tx);
    return old.filter(({ instance }) => !working.has(instance));
  });
  for (const { instance } of idle)
    await parts.store.write(async (tx) => {
      await tx.dropDocument("capability_seen", instance);
      await tx.dropDocument("capability_profile", instance);
      await tx.publish("capability", instance);
    });
}

async function workingInstances(tx: ReadTx): Promise<ReadonlySet<InstanceId>> {
  const working = new Set<InstanceId>();
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<ReadTx["tasks"]>> = await tx.tasks({ active: true, after, limit: PAGE });
    for (const { instance, delegators } of page.items)
      for (const one of [instance, ...(delegators ?? []).map((above) => above.instance)]) working.add(one);
    after = page.next;
  } while (after !== null);
  return working;
}
