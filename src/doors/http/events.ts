import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import { refusal } from "../../authority/refusals.ts";
import type { Store, StoreEvent } from "../../ports/store.ts";

const KEPT = 1_000;
const MAX_LISTENERS = 64;
const PING_MS = 20_000;

/** Tells listeners that something changed, by id and never by content: whoever wants to see reads the API. */
export interface Events {
  stream(c: Context): Response;
  close(): void;
}

export function createEvents(store: Store): Events {
  const kept: StoreEvent[] = [];
  const listeners = new Set<(event: StoreEvent) => void>();
  const ends = new Set<() => void>();
  const stop = store.subscribe((event) => {
    kept.push(event);
    if (kept.length > KEPT) kept.shift();
    for (const listener of listeners) listener(event);
  });

  return {
    stream(c) {
      if (listeners.size >= MAX_LISTENERS)
        throw refusal(
          "too_many_listeners",
          429,
          { most: MAX_LISTENERS },
          "too many listen already",
          "close one, and try again",
        );
      const header = c.req.header("last-event-id");
      const last = header !== undefined && /^[0-9]{1,15}$/.test(header) ? Number(header) : null;
      return streamSSE(c, async (out) => {
        const queue: StoreEvent[] = [];
        let wake = (): void => {};
        const listener = (event: StoreEvent): void => {
          queue.push(event);
          // Who does not read is let go; coming back with the last id, it is told what it missed.
          if (queue.length > KEPT) end();
          wake();
        };
        const over = new AbortController();
        const end = (): void => {
          over.abort();
          listeners.delete(listener);
          queue.length = 0;
          wake();
        };
        listeners.add(listener);
        ends.add(end);
        out.onAbort(end);
        const ping = setInterval(() => wake(), PING_MS);
        try {
          await out.write(": listening\n\n");
          if (last !== null) {
            const oldest = kept[0]?.sequence;
            const now = await store.read((tx) => tx.sequence());
            // What happened in between is not all here any more: the listener reads everything anew.
            if (last < now && (oldest === undefined || last + 1 < oldest))
              await out.writeSSE({ event: "resync", data: "{}", id: String(now) });
            else for (const event of kept) if (event.sequence > last && !queue.includes(event)) await send(event);
          }
          while (!over.signal.aborted) {
            const next = queue.shift();
            if (next !== undefined) await send(next);
            else {
              await new Promise<void>((resolve) => (wake = resolve));
              if (queue.length === 0 && !over.signal.aborted) await out.write(": still here\n\n");
            }
          }
        } finally {
          clearInterval(ping);
          listeners.delete(listener);
          ends.delete(end);
        }
        async function send(event: StoreEvent): Promise<void> {
          await out.writeSSE({ id: String(event.sequence), event: event.kind, data: JSON.stringify({ id: event.id }) });
        }
      });
    },
    close() {
      stop();
      for (const end of ends) end();
    },
  };
}
