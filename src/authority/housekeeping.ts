import { standing } from "../domain/task.ts";
import type { AuthorityParts } from "./parts.ts";
import { finishSweeps } from "./revocation/revoke.ts";
import { endTask } from "./tasks/end-task.ts";

const EVERY_MS = 5_000;
const PAGE = 100;
/** Beyond their expiry: a clock that jumped ahead and is set back finds what was spent still spent. */
const SPENT_KEPT_MS = 24 * 3_600_000;

type HouseParts = Pick<AuthorityParts, "store" | "clock" | "log" | "configuration" | "digests">;

/** Ends tasks whose deadline has passed, goes on with revocations that were interrupted, and forgets spent credentials and documents that have expired, every few seconds until stopped. */
export function keepHouse(parts: HouseParts): { stop(): void } {
  const timer = setInterval(() => {
    void round(parts).catch((cause: unknown) => parts.log.error({ cause }, "housekeeping failed; it is tried again"));
  }, EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

async function round(parts: HouseParts): Promise<void> {
  const now = parts.clock.now();
  // A gateway that stopped in the middle of a revocation of very many left the rest to whoever comes next.
  await finishSweeps(parts);
  let after: string | null = null;
  do {
    const page = await parts.store.read((tx) => tx.tasks({ active: true, after, limit: PAGE }));
    for (const task of page.items) {
      if (standing(task, now) === "expired")
        await endTask(parts, { task: task.id, by: "writ", why: "its deadline passed" });
    }
    after = page.next;
  } while (after !== null);
  await parts.store.write(async (tx) => {
    await tx.sweepSpent(now - SPENT_KEPT_MS);
    await tx.sweepDocuments(now - SPENT_KEPT_MS);
  });
}
