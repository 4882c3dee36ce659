import type { CallId } from "../domain/ids.ts";
import type { Principal } from "../domain/principal.ts";
import { standsOn } from "../domain/revocation.ts";
import type { Store } from "../ports/store.ts";
import type { Log } from "../ports/system.ts";

const LOOK_MS = 1_000;

/** The calls that are out with an upstream, so that a revocation reaches them too. */
export interface InFlight {
  /** Registers a call until `done`; `signal` aborts when something it stands on is revoked. */
  enter(call: CallId, principal: Principal): { readonly signal: AbortSignal; done(): void };
  size(): number;
}

export function watchInFlight(store: Store, log: Log): InFlight & { stop(): void } {
  const calls = new Map<CallId, { principal: Principal; controller: AbortController }>();
  const unsubscribe = store.subscribe((event) => {
    if ((event.kind !== "revoked" && event.kind !== "resync") || calls.size === 0) return;
    look();
  });
  // Where no event comes, the tables are looked at all the same.
  const watch = setInterval(() => calls.size > 0 && store.feed() !== "live" && look(), LOOK_MS);
  watch.unref();

  function look(): void {
    recheck().catch((cause: unknown) => {
      log.error({ cause }, "revocations could not be read; every call in flight is cut");
      for (const { controller } of calls.values()) controller.abort("revoked");
    });
  }

  async function recheck(): Promise<void> {
    for (const [id, { principal, controller }] of calls) {
      const revokedAt = await store.read((tx) => tx.revokedAt(standsOn(principal)));
      if (revokedAt <= principal.epoch) continue;
      log.info({ call: id, task: principal.task }, "a call in flight is cut: what it stood on was revoked");
      controller.abort("revoked");
    }
  }

  return {
    enter(call, principal) {
      const controller = new AbortController();
      calls.set(call, { principal, controller });
      return { signal: controller.signal, done: () => void calls.delete(call) };
    },
    size: () => calls.size,
    stop() {
      clearInterval(watch);
      unsubscribe();
    },
  };
}
