import type { Store } from "../../ports/store.ts";
import type { Log } from "../../ports/system.ts";
import { unavailable } from "../fault.ts";
import { createListeners } from "../listeners.ts";
import { createTurnstile } from "../turnstile.ts";
import { MemoryState, MemoryTx } from "./memory-tx.ts";

/** The store's promises in their shortest form: what every other store must do alike. Durable while the process is. */
export function createMemoryStore(parts: { readonly log?: Log } = {}): Store {
  const state = new MemoryState();
  const turnstile = createTurnstile();
  const listeners = createListeners(parts.log ?? null);
  let closed = false;

  return {
    async read(body) {
      if (closed) throw unavailable("the store is closed");
      return turnstile.together(async () => {
        const tx = new MemoryTx(state);
        try {
          return await body(tx);
        } finally {
          tx.end();
        }
      });
    },

    async write(body) {
      if (closed) throw unavailable("the store is closed");
      return turnstile.alone(async () => {
        const tx = new MemoryTx(state);
        try {
          const value = await body(tx);
          listeners.tell(tx.published);
          return value;
        } catch (error) {
          tx.rollback();
          throw error;
        } finally {
          tx.end();
        }
      });
    },

    subscribe: (listener) => listeners.add(listener),
    feed: () => "live",

    async close() {
      closed = true;
      await turnstile.alone(async () => {});
    },
  };
}
