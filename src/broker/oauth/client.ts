import { importPKCS8 } from "jose";
import {
  allowInsecureRequests,
  type ClientAuth,
  ClientSecretPost,
  Configuration,
  customFetch,
  None,
  PrivateKeyJwt,
  type ServerMetadata,
} from "openid-client";
import type { OAuthRule } from "../../ports/configuration.ts";
import { fetchWithin, type Reach } from "../../wire/http/guarded-fetch.ts";
import { notGiven } from "../refusals.ts";
import { mayGo } from "../vault/destination.ts";
import type { OpenSecret } from "../vault/vault.ts";

/** Writ as a client of one authorization server. Every request goes through the guard, follows no redirect, and where
 *  a secret stands behind it, goes only to the places that secret is bound to. */
export async function createClient(
  rule: Pick<OAuthRule, "clientId" | "clientAuth">,
  metadata: ServerMetadata,
  secret: OpenSecret | null,
  reach: Reach,
): Promise<Configuration> {
  const client = new Configuration(metadata, rule.clientId, undefined, await authOf(rule, secret));
  const within = fetchWithin({ reach });
  client[customFetch] = (url, { method, headers, body }) => {
    if (secret !== null && !mayGo(secret.to, method, new URL(url)))
      return Promise.reject(notGiven("its secret is not bound to where it would go"));
    return within(url, { method, headers, body });
  };
  // The guard lets plain HTTP through to this machine alone.
  if (metadata.issuer.startsWith("http:")) allowInsecureRequests(client);
  return client;
}

async function authOf(rule: Pick<OAuthRule, "clientAuth">, secret: OpenSecret | null): Promise<ClientAuth> {
  switch (rule.clientAuth) {
    case "none":
      return None();
    case "client_secret_basic":
      return basic(secret?.value ?? "");
    case "client_secret_post":
      return ClientSecretPost(secret?.value);
    case "private_key_jwt":
      // The issuer is the assertion's only audience (RFC 7523bis).
      return PrivateKeyJwt(await importPKCS8(secret?.value ?? "", "ES256"));
  }
}

/** RFC 6749 §2.3.1, encoded no further than a form has to be: many servers compare what they get as it is. */
function basic(secret: string): ClientAuth {
  return (_, { client_id: id }, __, headers) => {
    const [user, password] = [id, secret].map((part) => new URLSearchParams({ "": part }).toString().slice(1));
    headers.set("authorization", `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`);
  };
}
