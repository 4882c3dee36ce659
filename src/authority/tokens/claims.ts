import { type Json, type JsonObject, isObject, own } from "../../domain/json.ts";

/** Why a token's claims are not accepted. `expired` is the one that a new token mends. */
export type ClaimFault = "issuer" | "audience" | "time" | "future" | "lifetime" | "claims" | "expired";

export interface TimePolicy {
  /** `exp − iat` at most, in seconds. */
  readonly lifetime: number;
}

/** How far another clock, or ours set back, may put `iat` and `nbf` ahead of now, in seconds. */
export const SKEW_SECONDS = 5;

/** Checks what every credential of ours says alike; null when all of it holds at `now`. */
export function checkCommon(
  claims: JsonObject,
  expected: { readonly issuer: string; readonly audience: string } & TimePolicy,
  now: number,
): ClaimFault | null {
  if (own(claims, "iss") !== expected.issuer) return "issuer";
  if (own(claims, "aud") !== expected.audience) return "audience";
  const iat = seconds(claims, "iat");
  const exp = seconds(claims, "exp");
  if (iat === null || exp === null) return "time";
  if (exp <= iat || exp - iat > expected.lifetime) return "lifetime";
  const notBefore = own(claims, "nbf") === undefined ? iat : seconds(claims, "nbf");
  if (notBefore === null) return "time";
  return checkTime({ notBefore: Math.max(iat, notBefore), exp }, now);
}

/** What has to be asked again at every use. The second `exp` is the first at which the token is over. */
export function checkTime(token: { readonly notBefore: number; readonly exp: number }, now: number): ClaimFault | null {
  if (token.notBefore * 1000 > now + SKEW_SECONDS * 1000) return "future";
  return now >= token.exp * 1000 ? "expired" : null;
}

/** A NumericDate of ours: a whole, non-negative number of seconds. */
export function seconds(claims: JsonObject, name: string): number | null {
  const value = own(claims, name);
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** A member that is text and says something. */
export function text(claims: JsonObject, name: string): string | null {
  const value: Json | undefined = own(claims, name);
  return typeof value === "string" && value !== "" ? value : null;
}

/** The thumbprint the token is bound to (RFC 9449 §6.1), null where it is bound to nothing; undefined for a binding of
 *  another kind, which nobody here can check. */
export function boundTo(claims: JsonObject): string | null | undefined {
  const cnf = own(claims, "cnf");
  if (cnf === undefined) return null;
  return (isObject(cnf) && Object.keys(cnf).length === 1 ? text(cnf, "jkt") : null) ?? undefined;
}
