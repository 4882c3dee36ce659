import { WritError } from "../domain/error.ts";
import type { CallId } from "../domain/ids.ts";
import type { Store, WriteTx } from "../ports/store.ts";
import type { Log } from "../ports/system.ts";

const EVERY_MS = 1_000;

/** Outcomes that could not be recorded when they came. Each is tried again until it stands, so that no call stays open
 *  on the record once the store is back; what a stop leaves is closed by the next start. */
export interface Owed {
  /** `write` looks for itself whether an earlier try took effect after all. */
  owe(call: CallId, write: (tx: WriteTx) => Promise<void>): void;
  /** How many there are. */
  size(): number;
  /** Tries once more, and then no longer. */
  stop(): Promise<void>;
}

export function watchOwed(store: Store, log: Log): Owed {
  const all = new Map<CallId, (tx: WriteTx) => Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  function plan(): void {
    if (stopped || all.size === 0) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      void pay().then(plan);
    }, EVERY_MS).unref();
  }

  async function pay(): Promise<void> {
    for (const [call, write] of all) {
      try {
        await store.write(write);
        log.info({ call }, "an outcome is on the record at last");
      } catch (cause) {
        // The store is still out of reach; anything else is a fault of ours that no repetition mends.
        if (cause instanceof WritError) return;
        log.error({ cause, call }, "an outcome will not be recorded; the next start closes the call");
      }
      all.delete(call);
    }
  }

  return {
    owe(call, write) {
      all.set(call, write);
      plan();
    },
    size: () => all.size,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await pay();
    },
  };
}
