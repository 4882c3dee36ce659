import { type JsonObject, own } from "../../domain/json.ts";
import { type FormFault, readCompact, readObject } from "./compact.ts";
import type { VerificationKey } from "./jwk.ts";

export interface Expectation {
  /** The exact `typ`; null only where the kind of token has none. */
  readonly typ: string | null;
  /** The key that the header names, or null. It fixes the algorithm. */
  readonly key: (header: JsonObject) => VerificationKey | null;
  /** Kinds that carry their own key (a DPoP proof) may have `jwk`; `key` then reads it. */
  readonly embeddedKey?: boolean;
  readonly maxBytes?: number;
}

export type JwsFault =
  | FormFault
  | "header_forbidden"
  | "header_type"
  | "header_algorithm"
  | "key_unknown"
  | "signature_wrong";

export type VerifiedJws = {
  readonly kind: "verified";
  readonly header: JsonObject;
  readonly payload: Uint8Array;
  readonly key: VerificationKey;
};
export type VerifiedJwt = {
  readonly kind: "verified";
  readonly header: JsonObject;
  readonly claims: JsonObject;
  readonly key: VerificationKey;
};
export type RefusedJws = { readonly kind: "refused"; readonly why: JwsFault };

/** Members that change what the rest means, or say where to fetch a key: nobody who speaks to us needs them. */
const FORBIDDEN = ["crit", "b64", "zip", "enc", "jku", "x5u", "x5c"];

/** Checks form, header and signature, in this order. What the payload says is for the caller to judge. */
export function verifyJws(token: string, expected: Expectation): VerifiedJws | RefusedJws {
  const compact = readCompact(token, expected.maxBytes);
  if (typeof compact === "string") return { kind: "refused", why: compact };
  const { header, payload, signature, signed } = compact;
  if (FORBIDDEN.some((name) => Object.hasOwn(header, name))) return { kind: "refused", why: "header_forbidden" };
  if (Object.hasOwn(header, "jwk") && expected.embeddedKey !== true)
    return { kind: "refused", why: "header_forbidden" };
  if (expected.typ !== null && own(header, "typ") !== expected.typ) return { kind: "refused", why: "header_type" };
  const key = expected.key(header);
  if (key === null) return { kind: "refused", why: "key_unknown" };
  if (own(header, "alg") !== key.algorithm.name) return { kind: "refused", why: "header_algorithm" };
  if (!key.algorithm.verify(key.key, signed, signature)) return { kind: "refused", why: "signature_wrong" };
  return { kind: "verified", header, payload, key };
}

/** Like `verifyJws`, for a payload of claims: one JSON object, read strictly, after its signature held. */
export function verifyJwt(token: string, expected: Expectation): VerifiedJwt | RefusedJws {
  const verified = verifyJws(token, expected);
  if (verified.kind === "refused") return verified;
  const claims = readObject(verified.payload);
  if (claims === null) return { kind: "refused", why: "payload_not_json" };
  return { kind: "verified", header: verified.header, claims, key: verified.key };
}

/** Finds a key by the header's `kid`, which is compared and never interpreted. */
export function byKid(keys: Iterable<VerificationKey>): Expectation["key"] {
  const known = new Map([...keys].map((key) => [key.kid, key]));
  return kidIn((kid) => known.get(kid) ?? null);
}

/** The same over keys that come and go. */
export function kidIn(find: (kid: string) => VerificationKey | null): Expectation["key"] {
  return (header) => {
    const kid = own(header, "kid");
    return typeof kid === "string" ? find(kid) : null;
  };
}
