import { WritError } from "../../domain/error.ts";

/** The `error` of an OAuth answer: RFC 6749 §5.2, RFC 8693 §2.2.2, RFC 9396 §5, RFC 9449 §5 and §8, RFC 7009 §2.2.1. */
export const OAUTH_ERRORS = [
  "invalid_request",
  "invalid_client",
  "invalid_grant",
  "unauthorized_client",
  "unsupported_grant_type",
  "unsupported_token_type",
  "invalid_scope",
  "invalid_target",
  "invalid_authorization_details",
  "invalid_dpop_proof",
  "use_dpop_nonce",
  "access_denied",
  "server_error",
  "temporarily_unavailable",
] as const;
export type OAuthErrorCode = (typeof OAUTH_ERRORS)[number];

/** A refusal in OAuth's own words. 400, but 401 for a client that did not prove itself. */
export function oauthError(code: OAuthErrorCode, message: string, hint: string): WritError {
  return new WritError({ code, status: code === "invalid_client" ? 401 : 400, message, hint });
}

export interface OAuthAnswer {
  readonly status: number;
  readonly error: OAuthErrorCode;
  /** Our own code where OAuth has no word for it. */
  readonly code: string | null;
  readonly message: string;
  readonly hint: string;
}

/** Any failure as OAuth says it; a refusal that OAuth has no word for is said as `otherwise`, with its own code beside.
 *  What we did not foresee says nothing of itself. */
export function toOAuth(cause: unknown, otherwise: OAuthErrorCode): OAuthAnswer {
  if (!(cause instanceof WritError) || cause.status >= 500) {
    const away = cause instanceof WritError && cause.code === "store_unavailable";
    return {
      status: away ? 503 : 500,
      error: away ? "temporarily_unavailable" : "server_error",
      code: null,
      message: "something failed inside",
      hint: "the log says what; `writ doctor` helps",
    };
  }
  const proof = cause.code.startsWith("proof_");
  if (proof) {
    const error = cause.code === "proof_stale" ? "use_dpop_nonce" : "invalid_dpop_proof";
    return { status: 400, error, code: cause.code, message: cause.message, hint: cause.hint };
  }
  const known = OAUTH_ERRORS.find((code) => code === cause.code);
  return known === undefined
    ? { status: 400, error: otherwise, code: cause.code, message: cause.message, hint: cause.hint }
    : { status: cause.status, error: known, code: null, message: cause.message, hint: cause.hint };
}
