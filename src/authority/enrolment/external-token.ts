import { compactVerify } from "jose";
import { type JsonObject, own } from "../../domain/json.ts";
import { readCompact, readObject } from "../../wire/jose/compact.ts";
import { verifyJwt } from "../../wire/jose/verify.ts";
import { seconds } from "../tokens/claims.ts";
import type { KeySource } from "./key-source.ts";

/** How far another clock may be ahead of ours, in seconds. A token that is over by our own clock is over. */
export const EXTERNAL_SKEW_SECONDS = 30;

export interface ExternalRules {
  /** The exact `typ`s, in lower case; `undefined` for a header without one. */
  readonly types: readonly (string | undefined)[];
  /** The exact `iss`; null where the kind of token needs none. */
  readonly issuer: string | null;
  readonly audience: string;
  /** From `iat`, or from now where there is none, to `exp` at most, in seconds. */
  readonly lifetime: number;
  /** Whether `iat` must be there. */
  readonly dated: boolean;
  readonly keys: KeySource;
}

export type ExternalToken =
  | {
      readonly kind: "verified";
      readonly claims: JsonObject;
      /** What the signature is over: it names the token, which has more spellings than one (an ECDSA twin). */
      readonly signed: string;
      readonly expiresAt: number;
    }
  | { readonly kind: "refused"; readonly why: string };

/** What a token says of itself before anything is believed: only for finding out whose rules to hold it against. */
export function claimed(token: string, claim: string): string | null {
  const compact = readCompact(token);
  const claims = typeof compact === "string" ? null : readObject(compact.payload);
  const value = claims === null ? undefined : own(claims, claim);
  return typeof value === "string" ? value : null;
}

/** Verifies a token that somebody else issued: its one spelling, its kind, a key of this issuer alone by that key's own
 *  algorithm (checked by us and by jose, which must agree), issuer, audience, time.
 *  @throws WritError 503 `keys_unreachable`. */
export async function verifyExternal(token: string, rules: ExternalRules, now: number): Promise<ExternalToken> {
  const compact = readCompact(token);
  if (typeof compact === "string") return refused(compact);
  const typ = own(compact.header, "typ");
  const kind = typeof typ === "string" ? typ.toLowerCase() : typ;
  if (!rules.types.some((one) => one === kind)) return refused("header_type");
  const kid = own(compact.header, "kid");
  if (typeof kid !== "string" || kid.length > 256) return refused("key_unknown");
  const key = await rules.keys.find(kid);
  const jwt = verifyJwt(token, { typ: null, key: () => key });
  if (jwt.kind === "refused") return refused(jwt.why);
  try {
    await compactVerify(token, jwt.key.key, { algorithms: [jwt.key.algorithm.name] });
  } catch {
    return refused("signature_wrong");
  }
  const fault = claimsFault(jwt.claims, rules, now);
  if (fault !== null) return refused(fault);
  return {
    kind: "verified",
    claims: jwt.claims,
    signed: compact.signed,
    expiresAt: (seconds(jwt.claims, "exp") ?? 0) * 1000,
  };
}

function claimsFault(claims: JsonObject, rules: ExternalRules, now: number): string | null {
  if (rules.issuer !== null && own(claims, "iss") !== rules.issuer) return "issuer";
  const aud = own(claims, "aud");
  // A list is taken with us alone in it: a token that others accept too can be theirs, used against us.
  if (aud !== rules.audience && !(Array.isArray(aud) && aud.length === 1 && aud[0] === rules.audience))
    return "audience";
  const at = now / 1000;
  const exp = seconds(claims, "exp");
  const iat = own(claims, "iat") === undefined && !rules.dated ? Math.floor(at) : seconds(claims, "iat");
  const nbf = own(claims, "nbf") === undefined ? iat : seconds(claims, "nbf");
  if (exp === null || iat === null || nbf === null) return "time";
  if (at >= exp) return "expired";
  if (iat > at + EXTERNAL_SKEW_SECONDS || nbf > at + EXTERNAL_SKEW_SECONDS) return "future";
  return exp <= iat || exp - iat > rules.lifetime ? "lifetime" : null;
}

function refused(why: string): ExternalToken {
  return { kind: "refused", why };
}
