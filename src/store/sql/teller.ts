import type { StoreEvent } from "../../ports/store.ts";
import type { Listeners } from "../listeners.ts";

/** Events after a sequence, ascending, at most so many. */
export type ReadEvents = (after: number, limit: number) => Promise<readonly StoreEvent[]>;

/** Tells listeners of every event once and in order, whoever wrote it: this process, which knows its own at once, or
 *  another, whose events are read from the table. */
export interface Teller {
  /** The newest event told. */
  told(): number;
  /** Tells what this process has written; done when that is told, and all that others wrote before it. */
  own(events: readonly StoreEvent[]): void | Promise<void>;
  /** Tells all up to `newest`, as read from the table. Where events are gone, or the store has gone back to an earlier
   *  state, listeners are told `resync` instead. */
  reach(newest: number, read: ReadEvents): Promise<void>;
}

const PAGE = 500;

export function createTeller(parts: {
  readonly listeners: Pick<Listeners, "tell">;
  readonly from: number;
  readonly read: ReadEvents;
  readonly failed: (cause: unknown) => void;
}): Teller {
  let told = parts.from;

  function deliver(events: readonly StoreEvent[]): void {
    const fresh = events.filter((event) => event.sequence > told);
    told = fresh.at(-1)?.sequence ?? told;
    parts.listeners.tell(fresh);
  }

  async function reach(newest: number, read: ReadEvents): Promise<void> {
    if (newest < told) {
      told = newest;
      parts.listeners.tell([resync(newest)]);
    }
    while (told < newest) {
      const from = told;
      const events = await read(from, PAGE);
      const first = events[0];
      // Told meanwhile by its own writer, or swept from the table before this process read it.
      if (told === from && (first === undefined || first.sequence > from + 1)) {
        told = (first?.sequence ?? newest + 1) - 1;
        parts.listeners.tell([resync(told)]);
      }
      deliver(events);
    }
  }

  return {
    told: () => told,
    reach,
    own(events) {
      const first = events.find((event) => event.sequence > told);
      const last = events.at(-1);
      if (first === undefined || last === undefined) return undefined;
      if (first.sequence === told + 1) return deliver(events);
      return reach(last.sequence, parts.read).catch(parts.failed);
    },
  };
}

function resync(sequence: number): StoreEvent {
  return { sequence: sequence as StoreEvent["sequence"], kind: "resync", id: "*" };
}
