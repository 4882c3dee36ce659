import type { JsonObject } from "../../domain/json.ts";
import { assertionGrant } from "../enrolment/assertion-grant.ts";
import { codeGrant } from "../people/code-grant.ts";
import { refreshGrant } from "../people/refresh-grant.ts";
import { authenticateClient, type TokenClient } from "./client-assertion.ts";
import { exchange } from "./exchange.ts";
import { type OAuthErrorCode, oauthError } from "./oauth-error.ts";
import type { TokenParts } from "./parts.ts";
import { type Proving, provenBeside } from "./prove.ts";

/** A request for a token, its client and its proof checked. */
export interface TokenAsk {
  /** Each given once; one that came empty is as if it had not come (RFC 6749 §3.2). */
  readonly params: ReadonlyMap<string, string>;
  readonly client: TokenClient;
  /** The thumbprint of the key the request proved (RFC 9449); what is issued is bound to it. Null without a proof. */
  readonly proven: string | null;
  /** The launcher vouches for it, with its own key beside. */
  readonly vouched: boolean;
}

/** The members of RFC 6749 §5.1, and what the grant type adds. */
export type TokenAnswer = JsonObject & {
  readonly access_token: string;
  readonly token_type: "DPoP" | "Bearer";
  readonly expires_in: number;
};

/** One way to get a token. */
export interface GrantType {
  /** What a refusal is called that OAuth has no word for. */
  readonly refusedAs: OAuthErrorCode;
  /** @throws WritError: an `oauthError`, or a refusal of the authority. */
  run(parts: TokenParts, asked: TokenAsk): Promise<TokenAnswer>;
}

/** Every grant type there is, by its name on the wire; the metadata names the same. */
export const GRANT_TYPES: ReadonlyMap<string, GrantType> = new Map([
  ["urn:ietf:params:oauth:grant-type:token-exchange", exchange],
  ["urn:ietf:params:oauth:grant-type:jwt-bearer", assertionGrant],
  ["authorization_code", codeGrant],
  ["refresh_token", refreshGrant],
]);

/** What a door read of a request to `/oauth/token`. */
export interface TokenRequest extends Proving {
  readonly params: ReadonlyMap<string, string>;
  readonly vouched: boolean;
}

/** @throws WritError in OAuth's words, or as the grant type does. */
export async function answerTokenRequest(
  parts: TokenParts,
  request: TokenRequest,
  grant: GrantType,
): Promise<TokenAnswer> {
  const client = await authenticateClient(parts, request.params);
  const proven = provenBeside(parts, request);
  return grant.run(parts, { params: request.params, client, proven, vouched: request.vouched });
}

/** @throws WritError `invalid_request`, `unsupported_grant_type`. */
export function grantTypeOf(params: ReadonlyMap<string, string>): GrantType {
  const name = params.get("grant_type");
  if (name === undefined)
    throw oauthError("invalid_request", "`grant_type` is missing", "the metadata names the grant types there are");
  const grant = GRANT_TYPES.get(name);
  if (grant === undefined)
    throw oauthError(
      "unsupported_grant_type",
      "this grant type is not served here",
      "the metadata names the grant types there are",
    );
  return grant;
}
