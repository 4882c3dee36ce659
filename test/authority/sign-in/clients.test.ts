import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { type OAuthClientProvider, UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import * as oauth from "oauth4webapi";
import * as openid from "openid-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type House, openHouse } from "../../house.ts";
import { Browser } from "./browser.ts";

const FILES = "node_modules/@modelcontextprotocol/server-filesystem/dist/index.js";
const REDIRECT = "http://127.0.0.1:51234/callback";

let house: House;
beforeAll(async () => {
  house = await openHouse(
    `
people: { dana: { roles: [approver] } }
servers:
  docs: { command: node, args: [${process.cwd()}/${FILES}, ./docs], tools: { read_text_file: { effects: [read], path: $.path } } }
agents:
  clerk:
    scope: [{ tools: [docs__read_text_file] }]
    clients: [{ id: desk-app, name: Desk app, redirect_uris: ["http://127.0.0.1/callback"] }]
`,
    { "docs/handbook.txt": "be kind" },
  );
});
afterAll(() => house.close());

test("oauth4webapi signs a person in: discovery, PKCE, iss, code, token, refresh", async () => {
  const insecure = { [oauth.allowInsecureRequests]: true };
  const issuer = new URL(house.writ.origin);
  const resource = `${house.writ.origin}/mcp`;
  const about = await oauth
    .resourceDiscoveryRequest(new URL(resource), insecure)
    .then((answer) => oauth.processResourceDiscoveryResponse(new URL(resource), answer));
  expect(about.authorization_servers).toEqual([house.writ.origin]);
  const as = await oauth
    .discoveryRequest(issuer, { algorithm: "oauth2", ...insecure })
    .then((answer) => oauth.processDiscoveryResponse(issuer, answer));
  const client: oauth.Client = { client_id: "desk-app" };
  const verifier = oauth.generateRandomCodeVerifier();
  const url = new URL(as.authorization_endpoint ?? "");
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: "desk-app",
    redirect_uri: REDIRECT,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state: "a-state",
    resource,
  }).toString();

  const back = await new Browser(house.writ).allow(url, house.writ.configuration.people[0]);
  expect(back.origin + back.pathname).toBe(REDIRECT);
  const params = oauth.validateAuthResponse(as, client, back, "a-state");
  const token = await oauth
    .authorizationCodeGrantRequest(as, client, oauth.None(), params, REDIRECT, verifier, {
      additionalParameters: { resource },
      ...insecure,
    })
    .then((answer) => oauth.processAuthorizationCodeResponse(as, client, answer));
  expect(token.token_type).toBe("bearer");
  const next = await oauth
    .refreshTokenGrantRequest(as, client, oauth.None(), token.refresh_token ?? "", insecure)
    .then((answer) => oauth.processRefreshTokenResponse(as, client, answer));
  expect(next.refresh_token).not.toBe(token.refresh_token);

  const task = await house.writ.store.read((tx) => tx.task(token["task"] as never));
  expect(task).toMatchObject({ owner: "dana", agent: "clerk", parent: null });
});

test("openid-client signs a person in, bound to a key by DPoP", async () => {
  const resource = `${house.writ.origin}/mcp`;
  const config = await openid.discovery(new URL(house.writ.origin), "desk-app", undefined, openid.None(), {
    algorithm: "oauth2",
    execute: [openid.allowInsecureRequests],
  });
  const verifier = openid.randomPKCECodeVerifier();
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT,
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state: "s",
    resource,
  });
  const back = await new Browser(house.writ).allow(url);
  const dpop = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair("ES256"));
  const checks = { pkceCodeVerifier: verifier, expectedState: "s" };
  const token = await openid.authorizationCodeGrant(config, back, checks, { resource }, { DPoP: dpop });
  expect(token.token_type).toBe("dpop");
  expect((await openid.refreshTokenGrant(config, token.refresh_token ?? "", {}, { DPoP: dpop })).token_type).toBe(
    "dpop",
  );
  const asked = await openid.fetchProtectedResource(
    config,
    token.access_token,
    new URL(resource),
    "POST",
    "{}",
    undefined,
    { DPoP: dpop },
  );
  expect([asked.status, asked.headers.get("www-authenticate")]).toEqual([415, null]);
});

test("a stock MCP client is told where to sign in, signs its person in, and calls a tool", async () => {
  let sentTo: URL | null = null;
  const kept: { tokens?: never; verifier?: string } = {};
  const provider: OAuthClientProvider = {
    redirectUrl: REDIRECT,
    clientMetadata: { redirect_uris: [REDIRECT], client_name: "Desk app" },
    clientInformation: () => ({ client_id: "desk-app" }),
    tokens: () => kept.tokens,
    saveTokens: (tokens) => void (kept.tokens = tokens as never),
    redirectToAuthorization: (url) => void (sentTo = url),
    saveCodeVerifier: (verifier) => void (kept.verifier = verifier),
    codeVerifier: () => kept.verifier ?? "",
  };
  const address = new URL(`${house.writ.origin}/mcp`);
  const first = new StreamableHTTPClientTransport(address, { authProvider: provider });
  await expect(new Client({ name: "stock", version: "1" }).connect(first)).rejects.toBeInstanceOf(UnauthorizedError);
  if (sentTo === null) throw new Error("nobody was sent anywhere");
  const back = await new Browser(house.writ).allow(sentTo, undefined, "read the handbook");
  await first.finishAuth(back.searchParams.get("code") ?? "");

  const client = new Client({ name: "stock", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(address, { authProvider: provider }));
  const answer = await client.callTool({
    name: "docs__read_text_file",
    arguments: { path: `${house.folder}/docs/handbook.txt` },
  });
  await client.close();
  expect(answer.content).toMatchObject([{ text: "be kind" }]);
  const { items } = await house.writ.store.read((tx) => tx.tasks({ after: null, limit: 1 }));
  expect(items).toMatchObject([{ owner: "ada", objective: "read the handbook", declaredBy: "owner" }]);
});
