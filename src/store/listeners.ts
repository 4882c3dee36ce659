import type { StoreEvent } from "../ports/store.ts";
import type { Log } from "../ports/system.ts";

/** Those who asked to hear of events. A listener that throws is logged and stops no other. */
export interface Listeners {
  add(listener: (event: StoreEvent) => void): () => void;
  tell(events: readonly StoreEvent[]): void;
}

export function createListeners(log: Log | null): Listeners {
  const all = new Set<{ readonly hear: (event: StoreEvent) => void }>();
  return {
    add(listener) {
      const entry = { hear: listener };
      all.add(entry);
      return () => void all.delete(entry);
    },
    tell(events) {
      for (const event of events) {
        for (const entry of all) {
          try {
            entry.hear(event);
          } catch (cause) {
            log?.error({ cause, kind: event.kind, sequence: event.sequence }, "a listener of the store failed");
          }
        }
      }
    },
  };
}
