import { randomBytes } from "node:crypto";

/** The nonces this process gives out, and the proofs that came back under them. A proof is good only here and only
 *  while its nonce is, so that remembering it here makes it single use, on any number of gateways and after any
 *  restart, without a write to the store. */
export interface Nonces {
  /** The one to give out now. */
  current(now: number): string;
  /** Whether `nonce` is one that still counts. */
  known(nonce: string, now: number): boolean;
  /** Takes `id` once under `nonce`. */
  spend(nonce: string, id: string, now: number): "fresh" | "replayed" | "stale";
}

export interface NonceSettings {
  /** How long one is given out; it is accepted for as long again. */
  readonly givenMs?: number;
  /** How many proofs one nonce carries; the next nonce begins early then, so that memory stays bounded. */
  readonly most?: number;
}

interface Epoch {
  readonly nonce: string;
  readonly began: number;
  readonly spent: Set<string>;
}

const GIVEN_MS = 60_000;
const MOST = 65_536;

export function createNonces({ givenMs = GIVEN_MS, most = MOST }: NonceSettings = {}): Nonces {
  let newest: Epoch | null = null;
  let before: Epoch | null = null;

  function turn(now: number): Epoch {
    if (newest !== null && now - newest.began < givenMs && now >= newest.began && newest.spent.size < most)
      return newest;
    // One that nobody asked for in time is not kept on for the sake of order.
    before = newest !== null && Math.abs(now - newest.began) < 2 * givenMs ? newest : null;
    newest = { nonce: randomBytes(16).toString("base64url"), began: now, spent: new Set() };
    return newest;
  }

  function find(nonce: string, now: number): Epoch | null {
    turn(now);
    return [newest, before].find((epoch) => epoch?.nonce === nonce) ?? null;
  }

  return {
    current: (now) => turn(now).nonce,
    known: (nonce, now) => find(nonce, now) !== null,
    spend(nonce, id, now) {
      const epoch = find(nonce, now);
      if (epoch === null) return "stale";
      if (epoch.spent.has(id)) return "replayed";
      // What still comes under the nonce before is bounded too.
      if (epoch.spent.size >= 2 * most) return "stale";
      epoch.spent.add(id);
      return "fresh";
    },
  };
}
