import { hash } from "node:crypto";
import { isObject, type JsonObject, own } from "../../domain/json.ts";
import type { VerificationKey } from "../../wire/jose/jwk.ts";
import { importJwk } from "../../wire/jose/jwk.ts";
import { verifyJwt } from "../../wire/jose/verify.ts";
import { seconds, text } from "./claims.ts";
import { createNonces, type NonceSettings } from "./dpop-nonces.ts";

/** RFC 9449: the key that a request proves it holds. */
export interface Proof {
  /** RFC 7638, of the key in the proof. */
  readonly thumbprint: string;
  /** The one of ours that it carries. */
  readonly nonce: string;
  /** Uses the proof up: true once, false for every time after, and where its nonce went stale meanwhile. */
  spend(now: number): boolean;
}

export type ProofFault =
  /** Not a proof for this request; another one like it will not be either. */
  | "proof_invalid"
  /** It carries no nonce of ours that still counts: the same again with the nonce that the answer gives. */
  | "proof_stale";

export type ProofCheck =
  | { readonly kind: "proven"; readonly proof: Proof }
  | { readonly kind: "refused"; readonly why: ProofFault };

export interface ProofAsked {
  /** The `DPoP` header as it came. Two of them are read as one text with a comma, which no proof has. */
  readonly header: string;
  readonly method: string;
  /** As it may have been asked for, by each name we are known by: origin and path, no query (`htu`). */
  readonly urls: readonly string[];
  /** The access token beside it, which the proof must name (`ath`); null where there is none. */
  readonly token: string | null;
}

export interface DpopGuard {
  /** The nonce to send with an answer. */
  nonce(now: number): string;
  /** Checks a proof and does not use it up. */
  check(asked: ProofAsked, now: number): ProofCheck;
}

/** The algorithms a proof may be signed with; instance keys are of this kind. */
export const DPOP_ALGORITHMS = ["ES256"] as const;

/** How far the clock of whoever made the proof may be from ours, in seconds. How fresh it is, the nonce says. */
const CLOCK_SECONDS = 60;
const MAX_PROOF_BYTES = 4096;
const MAX_ID = 128;
const CACHED_KEYS = 1024;

export function createDpopGuard(settings: NonceSettings = {}): DpopGuard {
  const nonces = createNonces(settings);
  const keys = new Map<string, VerificationKey>();

  /** The key in a proof's header. One caller sends the same key with each request: it is read once. */
  function keyIn(header: JsonObject): VerificationKey | null {
    const jwk = own(header, "jwk");
    if (!isObject(jwk)) return null;
    const written = JSON.stringify(jwk);
    const known = keys.get(written);
    if (known !== undefined) return known;
    const key = importJwk(jwk, DPOP_ALGORITHMS);
    if (typeof key === "string") return null;
    if (keys.size >= CACHED_KEYS) keys.delete(keys.keys().next().value ?? "");
    keys.set(written, key);
    return key;
  }

  return {
    nonce: (now) => nonces.current(now),
    check({ header, method, urls, token }, now) {
      const jwt = verifyJwt(header, {
        typ: "dpop+jwt",
        key: keyIn,
        embeddedKey: true,
        maxBytes: MAX_PROOF_BYTES,
      });
      if (jwt.kind === "refused") return INVALID;
      const { claims, key } = jwt;
      const iat = seconds(claims, "iat");
      const id = text(claims, "jti");
      if (iat === null || Math.abs(iat - now / 1000) > CLOCK_SECONDS) return INVALID;
      if (id === null || id.length > MAX_ID) return INVALID;
      if (own(claims, "htm") !== method || !urls.includes(text(claims, "htu") ?? "")) return INVALID;
      if (token !== null && own(claims, "ath") !== hash("sha256", token, "base64url")) return INVALID;
      const nonce = text(claims, "nonce");
      if (nonce === null || !nonces.known(nonce, now)) return { kind: "refused", why: "proof_stale" };
      const { thumbprint } = key;
      const spend = (at: number): boolean => nonces.spend(nonce, `${thumbprint}.${id}`, at) === "fresh";
      return { kind: "proven", proof: { thumbprint, nonce, spend } };
    },
  };
}

const INVALID: ProofCheck = { kind: "refused", why: "proof_invalid" };
