import * as oauth from "oauth4webapi";
import type { Person } from "../../../src/domain/person.ts";
import type { House } from "../../house.ts";
import { Browser } from "./browser.ts";

export const REDIRECT = "http://127.0.0.1:51234/callback";
export const INSECURE = { [oauth.allowInsecureRequests]: true };

export interface Stock {
  readonly as: oauth.AuthorizationServer;
  readonly client: oauth.Client;
  readonly token: oauth.TokenEndpointResponse;
}

/** Where a client sends its person, and the secret it keeps. */
export async function asking(
  house: House,
  id: string,
  more: Readonly<Record<string, string>> = {},
): Promise<{ readonly as: oauth.AuthorizationServer; readonly url: URL; readonly verifier: string }> {
  const issuer = new URL(house.writ.origin);
  const as = await oauth
    .discoveryRequest(issuer, { algorithm: "oauth2", ...INSECURE })
    .then((answer) => oauth.processDiscoveryResponse(issuer, answer));
  const verifier = oauth.generateRandomCodeVerifier();
  const url = new URL(as.authorization_endpoint ?? "");
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: id,
    redirect_uri: REDIRECT,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state: "a-state",
    resource: `${house.writ.origin}/mcp`,
    ...more,
  }).toString();
  return { as, url, verifier };
}

/** What a client of that id gets once its person, the machine's owner unless said, has allowed it. */
export async function signedIn(
  house: House,
  id: string,
  more: Readonly<Record<string, string>> = {},
  person?: Person,
): Promise<Stock> {
  const client: oauth.Client = { client_id: id };
  const { as, url, verifier } = await asking(house, id, more);
  const params = oauth.validateAuthResponse(as, client, await new Browser(house.writ).allow(url, person), "a-state");
  const resource = `${house.writ.origin}/mcp`;
  const token = await oauth
    .authorizationCodeGrantRequest(as, client, oauth.None(), params, REDIRECT, verifier, {
      additionalParameters: { resource },
      ...INSECURE,
    })
    .then((answer) => oauth.processAuthorizationCodeResponse(as, client, answer));
  return { as, client, token };
}
