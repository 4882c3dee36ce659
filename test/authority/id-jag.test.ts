import { randomUUID } from "node:crypto";
import { calculateJwkThumbprint, SignJWT } from "jose";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type House, openHouse } from "../house.ts";
import { type Pair, pair, type Served, serveIssuer, sign } from "./issuers.ts";

let [idp, app]: Pair[] = [];
let issuer: Served;
let house: House;

beforeAll(async () => {
  [idp, app] = await Promise.all([pair("idp"), pair("app")]);
});
beforeEach(async () => {
  issuer = await serveIssuer({ keys: [idp?.jwk] });
  const { kid, alg: _, ...rest } = need(app).jwk;
  const jwk = JSON.stringify({ ...rest, kid });
  house = await openHouse(`people: { dana: { roles: [viewer] } }
clients:
  desk-app: { jwks: { keys: [${jwk}] } }
  other-app: { jwks: { keys: [${jwk}] } }
issuers:
  corp:
    issuer: "${issuer.origin}"
    max_life: 5m
    grants: [{ client: desk-app, agent: clerk, people: { "00u1": dana } }]
agents: { clerk: {} }`);
});
afterEach(async () => {
  await house.close();
  await issuer.close();
});

function need<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("not made");
  return value;
}
const now = () => Math.floor(Date.now() / 1000);
const jag = (changes: Record<string, unknown> = {}, header: object = {}, by = idp) =>
  sign(
    need(by),
    {
      iss: issuer.origin,
      sub: "00u1",
      aud: house.writ.origin,
      client_id: "desk-app",
      resource: `${house.writ.origin}/mcp`,
      jti: randomUUID(),
      iat: now(),
      exp: now() + 300,
      ...changes,
    },
    { typ: "oauth-id-jag+jwt", ...header },
  );
async function ask(
  assertion: string,
  more: Record<string, string> = {},
  client: string | null = "desk-app",
  holder: Pair | null = null,
  nonce?: string,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const proof =
    client === null
      ? {}
      : {
          client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
          client_assertion: await sign(need(app), {
            iss: client,
            sub: client,
            aud: house.writ.origin,
            jti: randomUUID(),
            iat: now(),
            exp: now() + 60,
          }),
        };
  const grant = { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion };
  const response = await fetch(new URL("/oauth/token", house.writ.origin), {
    method: "POST",
    headers: holder === null ? {} : { dpop: await proofOf(holder, nonce) },
    body: new URLSearchParams({ ...grant, ...proof, ...more }),
  });
  const body = (await response.json()) as Record<string, unknown>;
  if (body["error"] === "use_dpop_nonce" && nonce === undefined)
    return ask(assertion, more, client, holder, response.headers.get("dpop-nonce") ?? "");
  return { status: response.status, body };
}
function proofOf(holder: Pair, nonce: string | undefined): Promise<string> {
  const { kty, crv, x, y } = holder.jwk;
  const claims = { jti: randomUUID(), htm: "POST", htu: `${house.writ.origin}/oauth/token`, iat: now() };
  return new SignJWT({ ...claims, ...(nonce === undefined ? {} : { nonce }) })
    .setProtectedHeader({ typ: "dpop+jwt", alg: "ES256", jwk: { kty, crv, x, y } as never })
    .sign(holder.secret);
}
const tasks = () => house.writ.store.read(async (tx) => (await tx.tasks({ after: null, limit: 99 })).items);

test("an ID-JAG opens a task for the person its subject is, as the agent its client is", async () => {
  const { status, body } = await ask(await jag({ act: { sub: "desk-bot" } }));
  expect({ status, type: body["token_type"], refresh: body["refresh_token"] }).toEqual({
    status: 200,
    type: "Bearer",
    refresh: undefined,
  });
  expect(await tasks()).toMatchObject([{ id: body["task"], owner: "dana", agent: "clerk" }]);
  const [record] = await house.writ.store.read((tx) => tx.ledger({ after: 0, limit: 9, kind: "inbound_grant" }));
  expect(record?.body).toMatchObject({ issuer: issuer.origin, client: "desk-app", owner: "dana", actor: "desk-bot" });
  expect(JSON.stringify(record)).not.toContain("00u1");
});

test("an ID-JAG is good once: of ten at the same time, one opens a task", async () => {
  const assertion = await jag();
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask(assertion)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(await tasks()).toHaveLength(1);
});

test.each<[string, () => Record<string, unknown>, object]>([
  ["a subject that nobody mapped", () => ({ sub: "00u2" }), {}],
  ["a subject that every object has", () => ({ sub: "constructor" }), {}],
  ["no subject", () => ({ sub: undefined }), {}],
  ["another client's name", () => ({ client_id: "other-app" }), {}],
  ["no client", () => ({ client_id: undefined }), {}],
  ["the gateway as audience, and not the issuer", () => ({ aud: `${house.writ.origin}/mcp` }), {}],
  ["the token endpoint as audience", () => ({ aud: `${house.writ.origin}/oauth/token` }), {}],
  ["another audience beside us", () => ({ aud: [house.writ.origin, "https://other.example"] }), {}],
  ["another resource", () => ({ resource: "https://other.example/mcp" }), {}],
  ["several resources", () => ({ resource: [`${house.writ.origin}/mcp`] }), {}],
  ["no id", () => ({ jti: undefined }), {}],
  ["a longer life than the issuer's may have", () => ({ exp: now() + 301 }), {}],
  ["an expiry that has passed", () => ({ iat: now() - 100, exp: now() - 1 }), {}],
  ["limits of its own, which would be ignored", () => ({ authorization_details: [{ type: "mcp_tool_call" }] }), {}],
  ["a key that nothing proved", () => ({ cnf: { jkt: "K7o1sXrU2NUXNbTzxYvmyjVGvcZsxJ1YhrpWU3RCvXY" } }), {}],
  ["a key in a form nobody can prove", () => ({ cnf: {} }), {}],
  ["the type of an ID token", () => ({}), { typ: "JWT" }],
  ["the type of an access token", () => ({}), { typ: "at+jwt" }],
  ["no type", () => ({}), { typ: undefined }],
  ["an issuer nobody configured", () => ({ iss: "https://other.example" }), {}],
])("an ID-JAG with %s is refused, and nothing is opened", async (_, changes, header) => {
  expect(await ask(await jag(changes(), header))).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
  expect(await tasks()).toEqual([]);
});

test("an ID-JAG is of no use to whoever does not prove to be its client", async () => {
  const assertion = await jag();
  expect(await ask(assertion, {}, null)).toMatchObject({ status: 401, body: { error: "invalid_client" } });
  expect(await ask(assertion, { client_id: "desk-app" }, null)).toMatchObject({ status: 401 });
  expect(await ask(assertion, {}, "other-app")).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
  // None of these used it up.
  expect((await ask(assertion)).status).toBe(200);
});

test("the request may repeat what the assertion is for, and not change it", async () => {
  expect((await ask(await jag(), { resource: `${house.writ.origin}/mcp` })).status).toBe(200);
  expect((await ask(await jag(), { resource: "https://other.example/mcp" })).status).toBe(400);
  expect((await ask(await jag(), { scope: "admin" })).status).toBe(400);
});

test("a key that signs for another issuer is no key of this one", async () => {
  const stranger = await pair("idp");
  expect(await ask(await jag({}, {}, stranger))).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
});

test("an ID-JAG that names a key is good with a proof of that key, and the token is bound to it", async () => {
  const [holder, thief] = await Promise.all([pair("holder"), pair("thief")]);
  const cnf = { jkt: await calculateJwkThumbprint(holder.jwk) };
  const assertion = await jag({ cnf });
  expect(await ask(assertion, {}, "desk-app", thief)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
  expect(await ask(assertion, {}, "desk-app", holder)).toMatchObject({ status: 200, body: { token_type: "DPoP" } });
});

test("the metadata names the grant", async () => {
  const response = await fetch(new URL("/.well-known/oauth-authorization-server", house.writ.origin));
  expect(((await response.json()) as { grant_types_supported: string[] }).grant_types_supported).toContain(
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
  );
});
