import type { Principal } from "../domain/principal.ts";
import { standsOn } from "../domain/revocation.ts";
import type { Store } from "../ports/store.ts";
import type { Log } from "../ports/system.ts";

/** What lasts longer than the look that let it begin, calls out with an upstream and streams that are listened to, so
 *  that a revocation reaches it too. */
export interface InFlight {
  /** Registers what goes on for `principal` until `done`; `signal` aborts when something it stands on is revoked. `what`
   *  names it in the log. */
  enter(what: string, principal: Principal): { readonly signal: AbortSignal; done(): void };
  size(): number;
}

const LOOK_MS = 1_000;

interface Held {
  readonly what: string;
  readonly principal: Principal;
  readonly controller: AbortController;
}

export function watchInFlight(store: Store, log: Log): InFlight & { stop(): void } {
  const all = new Set<Held>();
  let looking = false;
  let again = false;
  const unsubscribe = store.subscribe((event) => {
    if (event.kind === "revoked" || event.kind === "resync") news();
  });
  // Where no event comes, the tables are looked at all the same.
  const watch = setInterval(() => store.feed() !== "live" && news(), LOOK_MS);
  watch.unref();

  function news(): void {
    if (all.size === 0) return;
    again = true;
    if (!looking) void look();
  }

  /** One look serves however many revocations came before it began. */
  async function look(): Promise<void> {
    looking = true;
    try {
      while (again) {
        again = false;
        await recheck();
      }
    } catch (cause) {
      log.error({ cause }, "revocations could not be read; everything under way is cut");
      for (const { controller } of all) controller.abort("revoked");
    } finally {
      looking = false;
    }
  }

  async function recheck(): Promise<void> {
    for (const { what, principal, controller } of all) {
      if (controller.signal.aborted) continue;
      const revokedAt = await store.read((tx) => tx.revokedAt(standsOn(principal)));
      if (revokedAt <= principal.epoch) continue;
      log.info({ what, task: principal.task }, "cut: what it stood on was revoked");
      controller.abort("revoked");
    }
  }

  return {
    enter(what, principal) {
      const held = { what, principal, controller: new AbortController() };
      all.add(held);
      return { signal: held.controller.signal, done: () => void all.delete(held) };
    },
    size: () => all.size,
    stop() {
      clearInterval(watch);
      unsubscribe();
    },
  };
}
