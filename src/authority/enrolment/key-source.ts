import type { WritError } from "../../domain/error.ts";
import type { Log } from "../../ports/system.ts";
import type { KeySet } from "../../wire/jose/key-set.ts";
import type { VerificationKey } from "../../wire/jose/jwk.ts";
import { refusal } from "../refusals.ts";

/** The keys of one issuer or trust domain, which publishes them where we look. */
export interface KeySource {
  /** The key of this name, or null.
   *  @throws WritError 503 `keys_unreachable` while none were ever read, or those read are too old to be believed. */
  find(kid: string): Promise<VerificationKey | null>;
}

export interface Published {
  readonly keys: KeySet;
  /** How long they are taken for current. */
  readonly freshMs: number;
}

/** How seldom they are fetched again for a name that nobody has heard of: whoever invents names makes no traffic. */
export const REFETCH_MS = 30_000;
/** How long keys are believed after the last time they were read, when they cannot be read again. */
export const STALE_MS = 60 * 60_000;

/** Holds what `load` published, and loads again when it is no longer fresh, or once in a while for an unknown name. Those
 *  who ask at the same time share one load. `load` gives text for what cannot be believed. */
export function createKeySource(parts: {
  readonly name: string;
  readonly load: () => Promise<Published | string>;
  readonly now: () => number;
  readonly log: Pick<Log, "warn">;
}): KeySource {
  let held: (Published & { readonly at: number }) | null = null;
  let tried = Number.NEGATIVE_INFINITY;
  let loading: Promise<void> | null = null;

  function load(): Promise<void> {
    tried = parts.now();
    return (loading ??= parts
      .load()
      .then((published) => {
        if (typeof published === "string")
          parts.log.warn({ from: parts.name, why: published }, "the keys of an issuer cannot be had");
        else held = { ...published, at: parts.now() };
      })
      .finally(() => (loading = null)));
  }

  return {
    async find(kid) {
      const age = held === null ? Number.POSITIVE_INFINITY : Math.abs(parts.now() - held.at);
      const current = held !== null && age < held.freshMs;
      const known = current && held?.keys.has(kid) === true;
      // A clock that was set back does not keep us waiting for it.
      if (!known && (loading !== null || Math.abs(parts.now() - tried) >= REFETCH_MS)) await load();
      if (held === null || Math.abs(parts.now() - held.at) >= STALE_MS) throw unreachable();
      return held.keys.get(kid) ?? null;
    },
  };
}

function unreachable(): WritError {
  return refusal(
    "keys_unreachable",
    503,
    {},
    "the keys that would verify this cannot be had now",
    "try again in a moment; an operator finds the cause in the log",
  );
}
