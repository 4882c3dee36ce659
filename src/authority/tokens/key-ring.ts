import type { JsonObject } from "../../domain/json.ts";
import type { VerificationKey } from "../../wire/jose/jwk.ts";
import { publicSet } from "../../wire/jose/jwks.ts";
import type { SigningKey } from "../../wire/jose/sign.ts";

/** The keys that credentials are signed and checked with. They change while Writ runs: ask each time. */
export interface KeyRing {
  /** What is issued now is signed with this one. */
  signing(): SigningKey;
  /** A key that is still believed; null for one that never was, or is no more. */
  find(kid: string): VerificationKey | null;
  /** The JWKS: the key to come, the one that signs, and those whose signatures are still about. */
  published(): JsonObject;
}

/** A ring that does not change. */
export function ringOf(signing: SigningKey, others: readonly VerificationKey[] = []): KeyRing {
  const known = new Map([signing.verification, ...others].map((key) => [key.kid, key]));
  return {
    signing: () => signing,
    find: (kid) => known.get(kid) ?? null,
    published: () => publicSet([...known.values()]),
  };
}
