import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { requestGrant } from "../../../src/authority/tasks/request-grant.ts";
import { endTask } from "../../../src/authority/tasks/end-task.ts";
import type { TaskId } from "../../../src/domain/ids.ts";
import { type House, openHouse } from "../../house.ts";
import { Browser, carriedIn, type Seen } from "../sign-in/browser.ts";

const VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE = createHash("sha256").update(VERIFIER).digest("base64url");
const REDIRECT = "http://127.0.0.1:51234/callback";

let house: House;
beforeAll(async () => {
  house = await openHouse(`
people: { dana: { roles: [approver] }, nobody: {} }
servers: { shop: { url: "http://127.0.0.1:9/mcp" } }
agents:
  clerk:
    scope: [{ tools: [shop__get_order] }]
    clients:
      - { id: desk-app, name: "Desk <b>app</b>", redirect_uris: ["http://127.0.0.1/callback", "https://app.example/cb"] }
      - { id: other-app, redirect_uris: ["http://127.0.0.1/callback"] }
`);
});
afterAll(() => house.close());

type Fields = Readonly<Record<string, string | null>>;

function authorize(changes: Fields = {}): URL {
  const url = new URL(`${house.writ.origin}/oauth/authorize`);
  const fields: Fields = {
    response_type: "code",
    client_id: "desk-app",
    redirect_uri: REDIRECT,
    code_challenge: CHALLENGE,
    code_challenge_method: "S256",
    resource: `${house.writ.origin}/mcp`,
    state: "a-state",
    ...changes,
  };
  for (const [name, value] of Object.entries(fields)) if (value !== null) url.searchParams.append(name, value);
  return url;
}

async function codeFor(changes: Fields = {}): Promise<string> {
  const back = await new Browser(house.writ).allow(authorize(changes), house.writ.configuration.people[0]);
  return back.searchParams.get("code") ?? "";
}

interface Told {
  readonly status: number;
  readonly error: string | undefined;
  readonly access_token?: string;
  readonly refresh_token?: string;
  readonly task?: string;
}

async function token(changes: Fields): Promise<Told> {
  const fields: Fields = {
    grant_type: "authorization_code",
    client_id: "desk-app",
    redirect_uri: REDIRECT,
    code_verifier: VERIFIER,
    resource: `${house.writ.origin}/mcp`,
    ...changes,
  };
  const body = new URLSearchParams(Object.entries(fields).filter((one): one is [string, string] => one[1] !== null));
  const answer = await fetch(`${house.writ.origin}/oauth/token`, { method: "POST", body });
  return { status: answer.status, ...((await answer.json()) as object) } as Told;
}

const refresh = (refresh_token: string | undefined, changes: Fields = {}): Promise<Told> =>
  token({
    grant_type: "refresh_token",
    refresh_token: refresh_token ?? "",
    redirect_uri: null,
    code_verifier: null,
    resource: null,
    ...changes,
  });

/** Whether a token still begins a conversation with the gateway. */
async function opens(bearer: string | undefined): Promise<boolean> {
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "stock", version: "1" } };
  const answer = await fetch(`${house.writ.origin}/mcp`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${bearer}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params }),
  });
  return (await answer.text()).includes('"result"');
}

const written = (): Promise<number> => house.writ.store.read(async (tx) => (await tx.ledgerHead())?.number ?? 0);

test.each([
  ["no client", { client_id: null }],
  ["a client nobody listed", { client_id: "evil-app" }],
  ["a client that differs by case", { client_id: "Desk-App" }],
  ["a metadata document nobody listed", { client_id: "https://evil.example/client.json" }],
  ["no redirect address", { redirect_uri: null }],
  ["a redirect address of another path", { redirect_uri: "http://127.0.0.1:51234/callback/evil" }],
  ["a redirect address with a query", { redirect_uri: "http://127.0.0.1:51234/callback?x=1" }],
  ["a redirect address with a fragment", { redirect_uri: "http://127.0.0.1:51234/callback#x" }],
  ["a redirect address that climbs", { redirect_uri: "http://127.0.0.1:51234/x/../callback" }],
  ["a redirect address with credentials", { redirect_uri: "http://127.0.0.1:51234@evil.example/callback" }],
  ["a redirect address on another name of this machine", { redirect_uri: "http://localhost:51234/callback" }],
  ["a redirect address on this machine by https", { redirect_uri: "https://127.0.0.1:51234/callback" }],
  ["a redirect address that only begins so", { redirect_uri: "http://127.0.0.1.evil.example/callback" }],
  ["a remote redirect address on another port", { redirect_uri: "https://app.example:444/cb" }],
  ["a remote redirect address with a slash more", { redirect_uri: "https://app.example/cb/" }],
  ["a remote redirect address in capitals", { redirect_uri: "https://APP.example/cb" }],
  ["a redirect address of a scheme that runs", { redirect_uri: "javascript:alert(1)" }],
])("%s: the person is told, and nobody is redirected", async (_, changes: Fields) => {
  const before = await written();
  const seen = await new Browser(house.writ).get(authorize(changes));
  expect([seen.status, seen.location]).toEqual([400, null]);
  expect(seen.text).not.toContain("evil");
  expect(await written()).toBe(before);
});

test("a redirect address that is given twice is none", async () => {
  const url = authorize();
  url.searchParams.append("redirect_uri", "https://evil.example/");
  expect(await new Browser(house.writ).get(url)).toMatchObject({ status: 400, location: null });
});

test.each([
  ["a token in the address", { response_type: "token" }, "unsupported_response_type"],
  ["no response type", { response_type: null }, "unsupported_response_type"],
  ["no PKCE", { code_challenge: null, code_challenge_method: null }, "invalid_request"],
  ["PKCE in plain", { code_challenge_method: "plain" }, "invalid_request"],
  ["PKCE without its method, which would be plain", { code_challenge_method: null }, "invalid_request"],
  ["a challenge that is too short", { code_challenge: "short" }, "invalid_request"],
  ["a challenge with padding", { code_challenge: `${CHALLENGE}=` }, "invalid_request"],
  ["no resource", { resource: null }, "invalid_target"],
  ["another resource", { resource: "https://api.example/mcp" }, "invalid_target"],
  ["the resource in capitals", { resource: "HTTP://127.0.0.1/mcp" }, "invalid_target"],
  ["a server that is not there", { resource: "SERVER" }, "invalid_target"],
  ["the resource with a slash more", { resource: "SLASH" }, "invalid_target"],
  ["a scope", { scope: "admin" }, "invalid_scope"],
  ["a request object", { request: "eyJhbGciOiJub25lIn0.e30." }, "invalid_request"],
  ["a request object elsewhere", { request_uri: "https://evil.example/r" }, "invalid_request"],
  ["an answer by form post", { response_mode: "form_post" }, "invalid_request"],
])("%s: the client is told at its own address, by name of the issuer", async (_, changes: Fields, error) => {
  const before = await written();
  const { resource } = changes;
  const real = resource === "SERVER" ? "/mcp/nowhere" : resource === "SLASH" ? "/mcp/" : null;
  const given = real === null ? changes : { resource: `${house.writ.origin}${real}` };
  const seen = await new Browser(house.writ).get(authorize(given));
  const back = new URL(seen.location ?? "");
  expect([seen.status, back.origin + back.pathname]).toEqual([303, REDIRECT]);
  expect([back.searchParams.get("error"), back.searchParams.get("state")]).toEqual([error, "a-state"]);
  expect(back.searchParams.get("iss")).toBe(house.writ.origin);
  expect(back.searchParams.has("code")).toBe(false);
  expect(await written()).toBe(before);
});

test("a parameter that is given twice is refused", async () => {
  const url = authorize();
  url.searchParams.append("state", "another");
  const back = new URL((await new Browser(house.writ).get(url)).location ?? "");
  expect([back.searchParams.get("error"), back.searchParams.get("state")]).toEqual(["invalid_request", null]);
});

test("a code that comes again ends what it gave", async () => {
  const code = await codeFor();
  const first = await token({ code });
  expect([first.status, await opens(first.access_token)]).toEqual([200, true]);
  expect(await token({ code })).toMatchObject({ status: 400, error: "invalid_grant" });
  expect(await opens(first.access_token)).toBe(false);
  expect(await refresh(first.refresh_token)).toMatchObject({ error: "invalid_grant" });
  const task = await house.writ.store.read((tx) => tx.task(first.task as TaskId));
  expect(task?.state.kind).toBe("ended");
});

test("of 20 that redeem one code at once none keeps what it got, and one at most got anything", async () => {
  const code = await codeFor();
  const all = await Promise.all(Array.from({ length: 20 }, () => token({ code })));
  const got = all.filter((one) => one.status === 200);
  expect(got).toHaveLength(1);
  expect(await opens(got[0]?.access_token)).toBe(false);
});

test.each([
  ["by another client", { client_id: "other-app" }],
  ["by no client", { client_id: null }],
  ["for another redirect address", { redirect_uri: "http://127.0.0.1:51235/callback" }],
  ["for no redirect address", { redirect_uri: null }],
  ["with another PKCE secret", { code_verifier: `${VERIFIER.slice(0, -1)}x` }],
  ["without its PKCE secret", { code_verifier: null }],
  ["with the challenge for the secret", { code_verifier: CHALLENGE }],
  ["for another resource", { resource: "https://api.example/" }],
  ["for no resource", { resource: null }],
])("a code redeemed %s is refused, and was that code's one try", async (_, changes: Fields) => {
  const code = await codeFor();
  expect(await token({ code, ...changes })).toMatchObject({ status: 400, error: "invalid_grant" });
  expect(await token({ code })).toMatchObject({ status: 400, error: "invalid_grant" });
});

test.each([
  ["unknown", "wc_guess"],
  ["empty", ""],
  ["a task token", "a.b.c"],
])("a code that is %s makes nothing be written", async (_, code) => {
  const before = await written();
  expect((await token({ code })).status).toBe(400);
  expect(await written()).toBe(before);
});

test("a refresh token is good once: one that comes again ends the whole sign-in", async () => {
  const first = await token({ code: await codeFor() });
  const second = await refresh(first.refresh_token);
  expect([second.status, await opens(second.access_token)]).toEqual([200, true]);
  expect(await refresh(first.refresh_token)).toMatchObject({ status: 400, error: "invalid_grant" });
  for (const one of [first, second]) expect(await opens(one.access_token)).toBe(false);
  expect(await refresh(second.refresh_token)).toMatchObject({ error: "invalid_grant" });
  const revoked = await house.writ.store.read((tx) => tx.ledger({ after: 0, limit: 1_000, kind: "sign_in_revoked" }));
  expect(revoked.at(-1)?.body).toMatchObject({
    client: "desk-app",
    owner: "dana",
    why: "a refresh token of it was used again",
  });
});

test("of two that refresh at once one is a copy, so neither goes on", async () => {
  const first = await token({ code: await codeFor() });
  const both = await Promise.all([refresh(first.refresh_token), refresh(first.refresh_token)]);
  for (const one of both) expect(await opens(one.access_token)).toBe(false);
});

test.each([
  ["by another client", { client_id: "other-app" }],
  ["for another resource", { resource: "https://api.example/" }],
])("a refresh %s is refused", async (_, changes: Fields) => {
  const first = await token({ code: await codeFor() });
  expect(await refresh(first.refresh_token, changes)).toMatchObject({ status: 400, error: "invalid_grant" });
});

test("a refresh token is no code, a code is no refresh token, and neither opens the gateway", async () => {
  const code = await codeFor();
  expect(await refresh(code)).toMatchObject({ error: "invalid_grant" });
  const first = await token({ code });
  expect(await token({ code: first.refresh_token ?? "" })).toMatchObject({ error: "invalid_grant" });
  for (const text of [code, first.refresh_token]) expect(await opens(text)).toBe(false);
});

test("a refresh ends with its task", async () => {
  const first = await token({ code: await codeFor() });
  await endTask(house.writ.authority, { task: first.task as TaskId, by: "ada", why: "" });
  expect(await refresh(first.refresh_token)).toMatchObject({ status: 400, error: "invalid_grant" });
});

test("an answer counts once, in the browser that was asked, and only from Writ's own page", async () => {
  const browser = new Browser(house.writ);
  const consent = await browser.signIn(authorize());
  const other = new Browser(house.writ);
  await other.get(authorize());
  const forms: readonly (readonly [string, Promise<Seen>])[] = [
    ["another browser", other.submit(consent, { verdict: "allow" })],
    ["another page", browser.submit(consent, { verdict: "allow" }, { origin: "http://127.0.0.1:9999" })],
    [
      "something changed",
      browser.submit(consent, { verdict: "allow", request: `${carriedIn(consent).slice(0, -2)}AA` }),
    ],
    ["neither yes nor no", browser.submit(consent, { verdict: "maybe" })],
  ];
  for (const [what, form] of forms) expect([what, (await form).status]).toEqual([what, 403]);
  expect((await browser.submit(consent, { verdict: "allow" })).status).toBe(303);
  expect((await browser.submit(consent, { verdict: "allow" })).status).toBe(409);
});

test("nobody answers before they have signed in, and one sign-in code signs in once", async () => {
  const browser = new Browser(house.writ);
  const who = await browser.get(authorize());
  const skipped = { ...who, text: who.text.replace("/oauth/authorize/sign-in", "/oauth/authorize/answer") };
  expect((await browser.submit(skipped, { verdict: "allow" })).status).toBe(403);
  expect((await browser.submit(who, { code: "guess" })).status).toBe(403);
  const code = await house.writ.people.signInCode(house.writ.configuration.people[0] as never);
  expect((await browser.submit(who, { code })).status).toBe(200);
  expect((await browser.submit(who, { code })).status).toBe(403);
});

test("a page that asks about one client does not answer for another", async () => {
  const browser = new Browser(house.writ);
  const mine = await browser.signIn(authorize());
  const theirs = await browser.signIn(authorize({ client_id: "other-app" }));
  const back = new URL((await browser.submit(mine, { verdict: "allow" })).location ?? "");
  expect(await token({ code: back.searchParams.get("code"), client_id: "other-app" })).toMatchObject({
    error: "invalid_grant",
  });
  expect(theirs.text).toContain("other-app");
});

test("somebody without any role signs no client in", async () => {
  const nobody = house.writ.configuration.people.find((one) => one.name === "nobody");
  const browser = new Browser(house.writ);
  const consent = await browser.signIn(authorize(), nobody);
  expect((await browser.submit(consent, { verdict: "allow" })).status).toBe(403);
});

test("a no goes back to the client as one, and is on the record", async () => {
  const browser = new Browser(house.writ);
  const answered = await browser.submit(await browser.signIn(authorize()), { verdict: "deny" });
  expect(new URL(answered.location ?? "").searchParams.get("error")).toBe("access_denied");
  const consents = await house.writ.store.read((tx) => tx.ledger({ after: 0, limit: 1_000, kind: "consent" }));
  expect(consents.at(-1)?.body).toMatchObject({ verdict: "deny", client: "desk-app", agent: "clerk" });
});

test("the page says who asks for what on whose behalf, quotes what the client calls itself, and cannot be framed", async () => {
  const consent = await new Browser(house.writ).signIn(authorize(), house.writ.configuration.people[0]);
  for (const said of ["desk-app", "clerk", "dana", "shop__get_order"]) expect(consent.text).toContain(said);
  expect(consent.text).not.toContain("<b>app</b>");
  expect(consent.policy).toContain("frame-ancestors 'none'");
  expect(consent.policy).toContain("form-action 'self' http://127.0.0.1:51234");
});

test("what a client was given does not answer what its task asks", async () => {
  const first = await token({ code: await codeFor() });
  const { authority } = house.writ;
  const task = await house.writ.store.read((tx) => tx.task(first.task as TaskId));
  const instance = { id: task?.instance as never };
  const draft = { tools: ["shop__refund"], constraints: [], uses: 1, origin: "approval", issuedBy: "clerk" } as const;
  const { id } = await requestGrant(authority, {
    instance,
    task: first.task as TaskId,
    draft,
    why: "",
    policyVersion: "v",
  });
  for (const bearer of [first.access_token, first.refresh_token]) {
    const answer = await fetch(`${house.writ.origin}/v1/approvals/${id}/answer`, {
      method: "POST",
      headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
      body: '{"verdict":"allow"}',
    });
    expect([401, 403]).toContain(answer.status);
  }
  expect(await house.writ.store.read((tx) => tx.approval(id))).toMatchObject({ state: "pending", answers: [] });
});

test("the record holds neither code nor token", async () => {
  const code = await codeFor();
  const first = await token({ code });
  const all = JSON.stringify(await house.writ.store.read((tx) => tx.ledgerTail(1_000)));
  for (const secret of [code, first.access_token, first.refresh_token, VERIFIER]) expect(all).not.toContain(secret);
});

test("programs do not register themselves where nobody said they may", async () => {
  const answer = await fetch(`${house.writ.origin}/oauth/register`, { method: "POST", body: "{}" });
  expect(answer.status).toBe(404);
  const about = (await (await fetch(`${house.writ.origin}/.well-known/oauth-authorization-server`)).json()) as object;
  expect(about).not.toHaveProperty("registration_endpoint");
});
