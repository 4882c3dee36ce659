import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { type OAuthClientProvider, UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { OAuthTokens } from "@modelcontextprotocol/sdk/shared/auth.js";
import * as openid from "openid-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type House, openHouse } from "../../house.ts";
import { Browser } from "./browser.ts";
import { asking, REDIRECT, signedIn } from "./stock.ts";

const FILES = "node_modules/@modelcontextprotocol/server-filesystem/dist/index.js";

let house: House;
beforeAll(async () => {
  house = await openHouse(
    `
people: { dana: { roles: [approver] }, vic: { roles: [viewer] } }
servers:
  docs: { command: node, args: [${process.cwd()}/${FILES}, .], tools: { read_text_file: { effects: [read], path: $.path } } }
agents:
  clerk:
    scope: [{ tools: [docs__read_text_file], where: { path: { glob: ./docs/** } } }]
    clients:
      - { id: desk-app, name: Desk app, redirect_uris: ["http://127.0.0.1/callback"] }
      - { id: other-app, redirect_uris: ["http://127.0.0.1/callback"] }
`,
    { "docs/handbook.txt": "be kind", "plans/<b>next</b>.txt": "first\nsecond", "plans/secret.txt": "hidden" },
  );
});
afterAll(() => house.close());

interface Desk {
  readonly client: Client;
  readonly transport: StreamableHTTPClientTransport;
  /** Where the client sent its person last. */
  sentTo(): URL;
  token(): string;
}

/** The MCP SDK's client with its own OAuth code, signed in. `keeps`: whether it keeps refresh tokens. */
async function desk(keeps: boolean): Promise<Desk> {
  let sentTo: URL | null = null;
  let tokens: OAuthTokens | undefined;
  let verifier = "";
  const provider: OAuthClientProvider = {
    redirectUrl: REDIRECT,
    clientMetadata: { redirect_uris: [REDIRECT], client_name: "Desk app" },
    clientInformation: () => ({ client_id: "desk-app" }),
    tokens: () => tokens,
    saveTokens: ({ refresh_token, ...others }) =>
      void (tokens = keeps && refresh_token !== undefined ? { ...others, refresh_token } : others),
    redirectToAuthorization: (url) => void (sentTo = url),
    saveCodeVerifier: (fresh) => void (verifier = fresh),
    codeVerifier: () => verifier,
  };
  const address = new URL(`${house.writ.origin}/mcp`);
  const last = (): URL => sentTo ?? new URL("about:nobody-was-sent-anywhere");
  const first = new StreamableHTTPClientTransport(address, { authProvider: provider });
  await expect(new Client({ name: "stock", version: "1" }).connect(first)).rejects.toBeInstanceOf(UnauthorizedError);
  const back = await new Browser(house.writ).allow(last());
  await first.finishAuth(back.searchParams.get("code") ?? "");
  const client = new Client({ name: "stock", version: "1" });
  const transport = new StreamableHTTPClientTransport(address, { authProvider: provider });
  await client.connect(transport);
  return { client, transport, sentTo: last, token: () => tokens?.access_token ?? "" };
}

const read = (from: Desk, args: Readonly<Record<string, unknown>>) =>
  from.client.callTool({ name: "docs__read_text_file", arguments: args });

const next = (): string => `${house.folder}/plans/<b>next</b>.txt`;
const secret = (): string => `${house.folder}/plans/secret.txt`;
const grants = async () =>
  (await house.writ.store.read((tx) => tx.ledger({ after: 0, limit: 1_000, kind: "grant_issued" }))).map(
    ({ body }) => body["allows"],
  );

/** A call as the transport sends it, without what the SDK does about a refusal. */
function bare(token: string, args: Readonly<Record<string, unknown>>): Promise<Response> {
  const { headers, body } = message(args);
  const authorization = `Bearer ${token}`;
  return fetch(`${house.writ.origin}/mcp`, { method: "POST", headers: { ...headers, authorization }, body });
}

function message(args: Readonly<Record<string, unknown>>): { headers: Record<string, string>; body: string } {
  const meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: "bare", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const params = { name: "docs__read_text_file", arguments: args, _meta: meta };
  return {
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": "docs__read_text_file",
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }),
  };
}

const scopeOf = (answer: Response): string =>
  /error="insufficient_scope", scope="(call:[\w-]+)", resource_metadata="[^"]+"$/.exec(
    answer.headers.get("www-authenticate") ?? "",
  )?.[1] ?? "";

test("a stock MCP client asks its person about one denied call, and makes that call once", async () => {
  const stock = await desk(false);
  const path = next();
  await expect(read(stock, { path })).rejects.toBeInstanceOf(UnauthorizedError);
  expect(stock.sentTo().searchParams.get("scope")).toMatch(/^call:/);
  const browser = new Browser(house.writ);
  const asked = await browser.signIn(stock.sentTo());
  expect(asked.text).toContain("docs__read_text_file");
  expect(asked.text).toContain("plans/&#60;b&#62;next&#60;/b&#62;.txt");
  const before = stock.token();
  const back = await browser.submit(asked, { verdict: "allow" });
  await stock.transport.finishAuth(new URL(back.location ?? "").searchParams.get("code") ?? "");
  expect(stock.token()).not.toBe(before);

  // What was allowed is this call: not with an argument more, nor another.
  expect((await bare(stock.token(), { path, head: 1 })).status).toBe(403);
  expect((await bare(stock.token(), { path: secret() })).status).toBe(403);
  expect((await read(stock, { path })).content).toMatchObject([{ text: "first\nsecond" }]);
  await expect(read(stock, { path })).rejects.toBeInstanceOf(UnauthorizedError);
  expect((await grants()).at(-1)).toContain(`the arguments are {"path":${JSON.stringify(path)}} and no other, 1×`);
  const tasks = await house.writ.store.read((tx) => tx.tasks({ after: null, limit: 10 }));
  expect(tasks.items).toHaveLength(1);
  await stock.client.close();
});

test("a client that refreshes its token and comes again gets the refusal that its model can read", async () => {
  const stock = await desk(true);
  const refused = await read(stock, { path: secret() });
  expect(refused).toMatchObject({ isError: true, _meta: { "io.writ/decision": { code: "outside_grant" } } });
  await stock.client.close();
});

test("only its own client and person are asked about a call, for its own resource", async () => {
  const stock = await desk(false);
  const scope = scopeOf(await bare(stock.token(), { path: next() }));
  expect(scope).not.toBe("");
  const before = await grants();
  const browser = new Browser(house.writ);
  const foreign = await browser.get((await asking(house, "other-app", { scope })).url);
  expect(foreign.location).toContain("error=invalid_scope");
  for (const more of [
    { scope: `${scope}x` },
    { scope: `${scope} call:other` },
    { scope, resource: `${house.writ.origin}/mcp/docs` },
  ])
    expect((await browser.get((await asking(house, "desk-app", more)).url)).location).toContain("error=invalid_scope");
  for (const person of house.writ.configuration.people) {
    const shown = await browser.signIn((await asking(house, "desk-app", { scope })).url, person);
    expect([shown.status, shown.text.includes("next")]).toEqual([403, false]);
  }
  expect(await grants()).toEqual(before);

  const said = await browser.submit(await browser.signIn((await asking(house, "desk-app", { scope })).url), {
    verdict: "deny",
  });
  expect(said.location).toContain("error=access_denied");
  const spent = await browser.get((await asking(house, "desk-app", { scope })).url);
  expect(spent.location).toContain("error=invalid_scope");
  const again = await bare(stock.token(), { path: next() });
  expect([again.status, again.headers.get("www-authenticate")]).toEqual([200, null]);
  expect(await grants()).toEqual(before);
  await stock.client.close();
});

test("an answer counts once: a page that is sent twice grants once", async () => {
  const stock = await desk(false);
  const scope = scopeOf(await bare(stock.token(), { path: next() }));
  const before = await grants();
  const browser = new Browser(house.writ);
  const asked = await browser.signIn((await asking(house, "desk-app", { scope })).url);
  const both = await Promise.all([1, 2].map(() => browser.submit(asked, { verdict: "allow" })));
  expect(both.filter(({ status }) => status === 303)).toHaveLength(1);
  expect(await grants()).toHaveLength(before.length + 1);
  await stock.client.close();
});

test("whoever did not sign in, and a refusal that no grant cures, get no challenge", async () => {
  const { token } = await house.task("clerk");
  const launched = await bare(token, { path: secret() });
  expect([launched.status, launched.headers.get("www-authenticate")]).toEqual([200, null]);
  expect(await launched.text()).toContain("outside_grant");
  const stock = await desk(false);
  const own = await bare(stock.token(), { path: `${house.folder}/writ.yaml` });
  expect([own.status, own.headers.get("www-authenticate")]).toEqual([200, null]);
  expect(await own.text()).toContain("self_target");
  await stock.client.close();
});

test("a person who answers no questions here grants nothing, to their own client either", async () => {
  const vic = house.writ.configuration.people.find(({ name }) => String(name) === "vic");
  const { token } = await signedIn(house, "desk-app", {}, vic);
  const scope = scopeOf(await bare(token.access_token, { path: next() }));
  const before = await grants();
  const browser = new Browser(house.writ);
  const asked = await browser.signIn((await asking(house, "desk-app", { scope })).url, vic);
  const said = await browser.submit(asked, { verdict: "allow" });
  expect([asked.status, said.status, said.location]).toEqual([200, 403, null]);
  expect(await grants()).toEqual(before);
});

test("a sign-in that is bound to a key goes on with that key only", async () => {
  const resource = `${house.writ.origin}/mcp`;
  const config = await openid.discovery(new URL(house.writ.origin), "desk-app", undefined, openid.None(), {
    algorithm: "oauth2",
    execute: [openid.allowInsecureRequests],
  });
  const keyed = async () => openid.getDPoPHandle(config, await openid.randomDPoPKeyPair("ES256"));
  async function code(scope: string | null) {
    const { url, verifier } = await asking(house, "desk-app", scope === null ? {} : { scope });
    const back = await new Browser(house.writ).allow(url);
    return (key: openid.DPoPHandle) =>
      openid.authorizationCodeGrant(
        config,
        back,
        { pkceCodeVerifier: verifier, expectedState: "a-state" },
        { resource },
        { DPoP: key },
      );
  }
  const key = await keyed();
  const first = await (await code(null))(key);
  async function offered(path: string): Promise<string> {
    const { headers, body } = message({ path });
    const DPoP = { DPoP: key };
    const answer = await openid
      .fetchProtectedResource(config, first.access_token, new URL(resource), "POST", body, new Headers(headers), DPoP)
      .catch((fault: openid.WWWAuthenticateChallengeError) => fault.response);
    expect(answer.headers.get("www-authenticate")).toMatch(/^DPoP error="insufficient_scope"/);
    return scopeOf(answer);
  }
  const wrong = await code(await offered(secret()));
  await expect(wrong(await keyed())).rejects.toMatchObject({ error: "invalid_grant" });
  const right = await code(await offered(next()));
  const more = await right(key);
  expect([more.token_type, more["task"]]).toEqual(["dpop", first["task"]]);
});
