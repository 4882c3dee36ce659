import type { Tally } from "../../domain/evidence-fold.ts";
import { WritError } from "../../domain/error.ts";
import type { WriteTx } from "../../ports/store.ts";
import { openGap, type Want, wantOf } from "./gaps.ts";
import type { CapabilityParts } from "./parts.ts";
import { settle } from "./settle.ts";
import { countOn, openTally, saveTally } from "./tally.ts";

/** Counts what the ledger holds that was not counted yet, and looks again at the profiles it moves. */
export interface Counting {
  /** Resolves when everything that stood in the ledger when it was called is counted, and every profile is what it makes
   *  of it. Many that ask at once wait for the same. */
  catchUp(): Promise<void>;
  /** Runs `act` with everything counted, and settles what it does in the same transaction. */
  within<T>(act: (tx: WriteTx, tally: Tally) => Promise<T>): Promise<T>;
}

/** So much is left at most for the transaction of `within`: an action does not wait for a whole ledger. */
const ROUNDS = 4;

export function createCounting(parts: CapabilityParts): Counting {
  let running: Promise<void> | null = null;
  let again = false;

  async function round(): Promise<boolean> {
    return parts.store.write(async (tx) => {
      const tally = await openTally(tx);
      const from = tally.open.after;
      const wants: Want[] = [];
      const all = await countOn(tx, tally, (record) => {
        const want = wantOf(record);
        if (want !== null) wants.push(want);
      });
      if (tally.open.after === from && tally.touched.size === 0) return true;
      if (all) await finish(tx, tally, wants);
      await saveTally(tx, tally, parts.clock.now());
      return all;
    });
  }

  async function finish(tx: WriteTx, tally: Tally, wants: readonly Want[]): Promise<void> {
    for (const want of wants) await openGap(parts, tx, tally, want);
    await settle(parts, tx, tally);
  }

  async function rounds(): Promise<void> {
    do {
      again = false;
      while (!(await round()));
    } while (again);
  }

  function catchUp(): Promise<void> {
    if (running !== null) {
      again = true;
      return running;
    }
    running = rounds().finally(() => (running = null));
    return running;
  }

  return {
    catchUp,
    async within(act) {
      await catchUp();
      return parts.store.write(async (tx) => {
        const tally = await openTally(tx);
        const wants: Want[] = [];
        for (let i = 0; ; i++) {
          if (i >= ROUNDS) throw behind();
          const note = (record: Parameters<typeof wantOf>[0]): void =>
            void wants.push(...[wantOf(record) ?? []].flat());
          if (await countOn(tx, tally, note)) break;
        }
        const done = await act(tx, tally);
        await finish(tx, tally, wants);
        await saveTally(tx, tally, parts.clock.now());
        return done;
      });
    },
  };
}

function behind(): WritError {
  return new WritError({
    code: "capabilities_behind",
    status: 503,
    message: "the record grows faster than it is counted just now",
    hint: "try again in a moment",
  });
}
