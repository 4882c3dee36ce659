import * as openid from "openid-client";
import type { WritError } from "../../domain/error.ts";
import { type Json, type JsonObject, own } from "../../domain/json.ts";
import type { Person } from "../../domain/person.ts";
import type { ProviderConfiguration, ProviderProof } from "../../ports/configuration.ts";
import type { Log } from "../../ports/system.ts";
import { fetchWithin } from "../../wire/http/guarded-fetch.ts";
import { refusal } from "../refusals.ts";

/** What a browser keeps of a sign-in that is under way at the provider. */
export interface ProviderCheck {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** The deployment's OpenID provider: a code with PKCE, state, nonce and `iss`. No password ever comes here. */
export interface Provider {
  /** Where the browser goes, and what it has to come back with.
   *  @throws WritError 502 `provider_unavailable`. */
  begin(): Promise<{ readonly url: string; readonly check: ProviderCheck }>;
  /** Who came back: somebody of `people`, with the roles and groups that the provider says, and no others.
   *  @throws WritError 403 `sign_in_refused` for an answer that does not hold, `person_unlisted` for somebody who is not
   *  in `people`; 502 `provider_unavailable`. */
  finish(callback: URL, check: ProviderCheck): Promise<Person>;
}

export function createProvider(
  settings: ProviderConfiguration,
  proof: ProviderProof,
  parts: { readonly people: readonly Person[]; readonly redirectUri: string; readonly log: Log },
): Provider {
  let found: Promise<openid.Configuration> | null = null;

  /** Asked once it is needed, and again after a failure: a provider that is away keeps nothing else from starting. */
  async function configuration(): Promise<openid.Configuration> {
    found ??= discover();
    return found.catch((cause: unknown) => {
      found = null;
      throw away(cause);
    });
  }

  async function discover(): Promise<openid.Configuration> {
    const issuer = new URL(settings.issuer);
    const plain = issuer.protocol === "http:" ? [openid.allowInsecureRequests] : [];
    return openid.discovery(issuer, settings.clientId, undefined, await authentication(proof), {
      execute: plain,
      [openid.customFetch]: fetchWithin({ reach: "configured", maxBytes: 256 * 1024 }) as openid.CustomFetch,
    });
  }

  function away(cause: unknown): WritError {
    parts.log.warn({ cause }, "the OpenID provider did not answer as it should");
    return refusal(
      "provider_unavailable",
      502,
      {},
      "the place where people sign in does not answer",
      "try again later; `npx writ status --link` works without it",
    );
  }

  return {
    async begin() {
      const config = await configuration();
      const check = {
        state: openid.randomState(),
        nonce: openid.randomNonce(),
        verifier: openid.randomPKCECodeVerifier(),
      };
      const url = openid.buildAuthorizationUrl(config, {
        redirect_uri: parts.redirectUri,
        scope: settings.scopes.join(" "),
        state: check.state,
        nonce: check.nonce,
        code_challenge: await openid.calculatePKCECodeChallenge(check.verifier),
        code_challenge_method: "S256",
      });
      return { url: url.href, check };
    },
    async finish(callback, { state, nonce, verifier }) {
      const config = await configuration();
      // The address that the provider knows, whatever name this request came by.
      const url = new URL(parts.redirectUri);
      url.search = callback.search;
      let claims: JsonObject;
      try {
        const tokens = await openid.authorizationCodeGrant(config, url, {
          pkceCodeVerifier: verifier,
          expectedState: state,
          expectedNonce: nonce,
          idTokenExpected: true,
        });
        claims = { ...tokens.claims() } as JsonObject;
      } catch (cause) {
        parts.log.warn({ cause }, "a sign-in at the OpenID provider was refused");
        throw refusal(
          "sign_in_refused",
          403,
          {},
          "what the provider answered does not hold, or it refused",
          "sign in again; the log says why",
        );
      }
      return personOf(settings, parts.people, claims);
    },
  };
}

/** Somebody of `people`, by what the configured issuer says of them and nothing else.
 *  @throws WritError 403 `person_unlisted`. */
export function personOf(settings: ProviderConfiguration, people: readonly Person[], claims: JsonObject): Person {
  const subject = own(claims, "sub");
  const email = own(claims, "email");
  const known = people.find((one) =>
    settings.identify === "subject"
      ? one.subject !== undefined && one.subject === subject
      : // An address that nobody verified is a claim of whoever typed it.
        one.email !== undefined &&
        own(claims, "email_verified") === true &&
        typeof email === "string" &&
        one.email === email.toLowerCase(),
  );
  if (known === undefined)
    throw refusal(
      "person_unlisted",
      403,
      {},
      "you signed in, and are nobody here",
      "an admin adds you to `people` in `writ.yaml`",
    );
  const listed: Json = settings.groupsClaim === null ? [] : (own(claims, settings.groupsClaim) ?? []);
  const member = Array.isArray(listed) ? listed : [];
  const given = settings.groups.filter((group) => member.includes(group.name));
  return {
    name: known.name,
    roles: [...new Set(given.flatMap((group) => group.roles))],
    groups: [...new Set(given.flatMap((group) => group.groups))],
  };
}

async function authentication(proof: ProviderProof): Promise<openid.ClientAuth> {
  if (proof.kind === "secret") return openid.ClientSecretBasic(proof.secret);
  const { kid } = proof.jwk as { kid?: string };
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const key = await crypto.subtle.importKey("jwk", proof.jwk as object, algorithm, false, ["sign"]);
  return openid.PrivateKeyJwt(kid === undefined ? key : { key, kid });
}
