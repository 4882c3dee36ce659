import {
  clientCredentialsGrant,
  type Configuration,
  genericGrantRequest,
  getDPoPHandle,
  type TokenEndpointResponse,
  tokenRevocation,
} from "openid-client";
import { WritError } from "../../domain/error.ts";
import type { OAuthRule } from "../../ports/configuration.ts";
import type { Given, OnBehalf } from "../../ports/outbound.ts";
import type { Reach } from "../../wire/http/guarded-fetch.ts";
import { readChallenge } from "../oauth/challenge.ts";
import { createClient } from "../oauth/client.ts";
import { discoverIssuer, discoverResource } from "../oauth/discover.ts";
import { createProver, type Prover } from "../oauth/proof.ts";
import { notGiven } from "../refusals.ts";
import { isLoopback } from "../vault/destination.ts";
import type { OpenSecret, Vault } from "../vault/vault.ts";
import type { CredentialSource } from "./kind.ts";
import { secretFor } from "./plain.ts";
import { createTokens, type Obtained, type Token } from "./tokens.ts";

const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";

export interface OAuthParts {
  readonly vault: Vault;
  readonly now: () => number;
  readonly obtained: Obtained;
}

/** Access tokens of the server's own authorization server. `oauth`: one for each task, by client credentials.
 *  `exchange`: one for each call, for the operation credential of that call; what is no call goes with one by client
 *  credentials. Revoked there (RFC 7009) when the task, or the call, is over. */
export function oauth(rule: OAuthRule, url: URL, parts: OAuthParts): CredentialSource {
  const remains =
    rule.kind === "oauth"
      ? "access token for the task: revoked with it where the issuer can, else until it expires"
      : "access token for the call: revoked after it where the issuer can, else until it expires";
  let issuer = rule.issuer;
  let scopes = rule.scopes;
  let resource = rule.resource ?? withoutFragment(url);
  let prover: Promise<Prover> | null = null;
  const tokens = createTokens(parts.now, (on) => obtain(on, null).then(({ token }) => token));

  /** An issuer that the server names is a stranger's word: it is reached on the public internet only, unless the server
   *  itself is on this machine. */
  const reach = (): Reach => (rule.issuer !== null || isLoopback(url.hostname) ? "configured" : "public");

  async function findIssuer(said: string | null): Promise<string> {
    if (issuer !== null) return issuer;
    const about = await discoverResource(url, said, reach());
    const [named] = about?.issuers ?? [];
    if (named === undefined) throw notGiven("the server does not say who issues its tokens");
    scopes ??= about?.scopes ?? null;
    resource = rule.resource ?? about?.resource ?? resource;
    return (issuer = named);
  }

  function secretOf(on: OnBehalf | null): Promise<OpenSecret> | null {
    const kind = rule.clientAuth === "private_key_jwt" ? "private_key" : "client_secret";
    return rule.secret === null ? null : secretFor(parts.vault, rule.secret, on, kind);
  }

  async function clientFor(on: OnBehalf | null): Promise<Configuration> {
    const metadata = await discoverIssuer(await findIssuer(null), reach());
    return createClient(rule, metadata, await secretOf(on), reach());
  }

  async function obtain(
    on: OnBehalf | null,
    operation: string | null,
  ): Promise<{ token: Token; end: (() => Promise<void>) | null }> {
    const client = await clientFor(on);
    const asked = {
      ...(scopes === null || scopes.length === 0 ? {} : { scope: scopes.join(" ") }),
      resource,
    };
    const options = rule.dpop ? { DPoP: getDPoPHandle(client, (await proving()).keys) } : {};
    const answer = await granted(() =>
      operation === null
        ? clientCredentialsGrant(client, asked, options)
        : genericGrantRequest(
            client,
            EXCHANGE,
            {
              ...asked,
              subject_token: operation,
              subject_token_type: ACCESS_TOKEN,
              requested_token_type: ACCESS_TOKEN,
              ...(rule.audience === null ? {} : { audience: rule.audience }),
            },
            options,
          ),
    );
    const token = readToken(answer, rule.dpop, parts.now());
    const endable = client.serverMetadata().revocation_endpoint !== undefined;
    return { token, end: endable ? await parts.obtained(token, on) : null };
  }

  function proving(): Promise<Prover> {
    return (prover ??= createProver(parts.now));
  }

  async function present(verb: string, token: Token, more: Partial<Given>): Promise<Given> {
    const proof = token.type === "DPoP" ? { dpop: await (await proving()).prove(verb, url, token.text) } : {};
    return {
      headers: { authorization: `${token.type} ${token.text}`, ...proof },
      secrets: [token.text],
      kind: rule.kind,
      remains,
      ...more,
    };
  }

  return {
    remains,
    async give({ verb, on, operation }) {
      if (rule.kind === "oauth" || operation === null) return present(verb, await tokens.of(on), {});
      const { token, end } = await obtain(on, operation);
      return present(verb, token, end === null ? {} : { after: () => end().catch(() => {}) });
    },
    async challenged(on, { text, nonce, status }) {
      const challenge = readChallenge(text);
      if (nonce !== null && challenge.error === "use_dpop_nonce") {
        (await proving()).learn(nonce);
        return true;
      }
      if (status !== 401) return false;
      tokens.forget(on);
      await findIssuer(challenge.resourceMetadata);
      if (rule.scopes === null && challenge.scope !== null) scopes = challenge.scope.split(" ");
      return true;
    },
    async end(token, on) {
      const client = await clientFor(on);
      await granted(() => tokenRevocation(client, token));
    },
  };
}

function withoutFragment(url: URL): string {
  const whole = new URL(url);
  whole.hash = "";
  return whole.href;
}

/** What the authorization server says, in one word that is safe to pass on. */
async function granted<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    if (cause instanceof WritError) throw cause;
    const inner = (cause as { cause?: unknown }).cause;
    if (inner instanceof WritError) throw inner;
    const { error, code } = cause as { error?: unknown; code?: unknown };
    const word = [error, code].find((one): one is string => typeof one === "string" && /^\w{1,64}$/.test(one));
    throw notGiven(`the authorization server did not grant it (${word ?? "no answer"})`);
  }
}

function readToken(answer: TokenEndpointResponse, dpop: boolean, now: number): Token {
  const { access_token: text, expires_in: seconds } = answer;
  if (!/^[\x21-\x7e]{8,16384}$/.test(text)) throw notGiven("what the authorization server gave is no token");
  const type = answer.token_type === "dpop" ? "DPoP" : "Bearer";
  if (dpop && type !== "DPoP") throw notGiven("the authorization server gave a token that is not bound to the key");
  return { text, type, expiresAt: seconds === undefined ? null : now + seconds * 1_000 };
}
