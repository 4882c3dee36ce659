import assert from "node:assert/strict";
import type { Store } from "../../ports/store.ts";

/** One promise of the store's port. `run` throws when it is not kept; `open` gives a new, empty store each time. */
export interface StoreCase {
  readonly name: string;
  run(open: () => Promise<Store>): Promise<void>;
}

/** A case over one store, which it closes. */
export function storeCase(name: string, body: (store: Store) => Promise<void>): StoreCase {
  return {
    name,
    async run(open) {
      const store = await open();
      try {
        await body(store);
      } finally {
        await store.close();
      }
    },
  };
}

/** Fails unless `work` rejects with this stable code. */
export async function refuses(code: string, work: () => Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof Error && "code" in error, `expected an error with code ${code}, got ${String(error)}`);
    assert.equal(error.code, code);
    return true;
  });
}

/** Thrown by bodies that mean to fail. */
export class Meant extends Error {}

export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
