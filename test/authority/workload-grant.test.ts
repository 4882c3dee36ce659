import type { JWTPayload } from "jose";
import {
  allowInsecureRequests,
  type Configuration,
  discovery,
  genericGrantRequest,
  getDPoPHandle,
  None,
  randomDPoPKeyPair,
  type ResponseBodyError,
} from "openid-client";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { TaskId } from "../../src/domain/ids.ts";
import { type House, openHouse } from "../house.ts";
import { type Pair, pair, type Served, serveProvider, sign, tokenOf } from "./issuers.ts";

const AUDIENCE = "https://writ.example";
const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const CLAIMS: JWTPayload = {
  sub: "system:serviceaccount:billing:clerk",
  "kubernetes.io": { namespace: "billing", serviceaccount: { name: "clerk", uid: "7a7a" } },
};

let key: Pair;
let provider: Served;
let house: House;
let client: Configuration;

beforeEach(async () => {
  key = await pair("k1");
  provider = await serveProvider(key, CLAIMS, AUDIENCE);
  house = await openHouse(`people: { dana: { roles: [viewer] } }
issuers: { cluster: { issuer: "${provider.origin}", audience: "${AUDIENCE}", max_life: 10m } }
servers: { docs: { url: "http://127.0.0.1:9/mcp" } }
agents:
  clerk:
    scope: [{ tools: [docs__read, docs__list], uses: 3 }]
    enrol: [{ kind: oidc, issuer: cluster, owner: dana, scope: true, kubernetes: { namespace: billing, service_account: clerk } }]
  other:
    enrol: [{ kind: oidc, issuer: cluster, kubernetes: { namespace: billing, service_account: other } }]`);
  client = await discovery(new URL(house.writ.origin), "pod", undefined, None(), {
    algorithm: "oauth2",
    execute: [allowInsecureRequests],
  });
});
afterEach(async () => {
  await house.close();
  await provider.close();
});

const now = () => Math.floor(Date.now() / 1000);
const assertion = (changes: JWTPayload = {}, header: object = {}, by = key) =>
  sign(
    by,
    {
      iss: provider.origin,
      aud: AUDIENCE,
      jti: crypto.randomUUID(),
      iat: now(),
      exp: now() + 300,
      ...CLAIMS,
      ...changes,
    },
    header,
  );
const ask = (token: string, more: Record<string, string> = {}) =>
  genericGrantRequest(client, JWT_BEARER, { assertion: token, ...more });
/** The status, and OAuth's word for what was refused. */
async function refusal(token: string, more: Record<string, string> = {}): Promise<string> {
  try {
    await ask(token, more);
  } catch (cause) {
    const { error, status } = cause as ResponseBodyError;
    return `${status} ${error}`;
  }
  return "given";
}
const tasks = () => house.writ.store.read(async (tx) => (await tx.tasks({ after: null, limit: 99 })).items);

test("a pod's token of a real issuer becomes a task token of the agent that is registered for it", async () => {
  const answer = await ask(await tokenOf(provider), { objective: "read the mail" });
  expect(answer).toMatchObject({
    token_type: "bearer",
    issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
  });
  expect(answer.refresh_token).toBeUndefined();
  expect(await tasks()).toMatchObject([
    { id: answer["task"], agent: "clerk", owner: "dana", objective: "read the mail", declaredBy: "agent-claimed" },
  ]);
  const [record] = await house.writ.store.read((tx) => tx.ledger({ after: 0, limit: 9, kind: "enrolment" }));
  expect(record?.body).toMatchObject({ agent: "clerk", owner: "dana", enrolledBy: "oidc", strength: 3 });
  expect(answer["authorization_details"]).toMatchObject([{ type: "mcp_tool_call" }]);
});

test("with a proof of a key the token is bound to it", async () => {
  const dpop = getDPoPHandle(client, await randomDPoPKeyPair("ES256"));
  const answer = await genericGrantRequest(client, JWT_BEARER, { assertion: await tokenOf(provider) }, { DPoP: dpop });
  expect(answer.token_type).toBe("dpop");
  const task = await house.writ.store.read((tx) => tx.task(answer["task"] as TaskId));
  const instance = await house.writ.store.read((tx) => tx.instance(task?.instance ?? ("" as never)));
  expect(instance).toMatchObject({ binding: "proof-of-possession", thumbprint: await dpop.calculateThumbprint() });
});

test("an assertion is good once: of ten at the same time one opens a task, and it enrols nobody afterwards", async () => {
  const token = await assertion();
  const answers = await Promise.all(Array.from({ length: 10 }, () => refusal(token)));
  expect(answers.filter((one) => one === "given")).toHaveLength(1);
  expect(answers.filter((one) => one === "400 invalid_grant")).toHaveLength(9);
  expect(await tasks()).toHaveLength(1);
  const enrolled = await fetch(new URL("/v1/enrol", house.writ.origin), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ kind: "oidc", token, key: key.jwk }),
  });
  expect(enrolled.status).toBe(401);
});

test("a wish beyond what the agent starts with opens nothing, and does not use the assertion up", async () => {
  const token = await assertion();
  const wish = (tool: string) => ({
    authorization_details: JSON.stringify([{ type: "mcp_tool_call", tools: [tool], uses: 1 }]),
  });
  expect(await refusal(token, wish("docs__erase"))).toBe("400 invalid_authorization_details");
  expect(await refusal(token, { scope: "admin" })).toBe("400 invalid_scope");
  expect(await refusal(token, { resource: "https://other.example/mcp" })).toBe("400 invalid_target");
  expect(await tasks()).toEqual([]);
  expect(await refusal(token, wish("docs__read"))).toBe("given");
});

test.each<[string, () => Promise<string>]>([
  ["another audience", () => assertion({ aud: "https://other.example" })],
  ["another audience beside us", () => assertion({ aud: [AUDIENCE, "https://other.example"] })],
  ["an issuer nobody configured", () => assertion({ iss: "https://other.example" })],
  ["a longer life than its issuer's may have", () => assertion({ exp: now() + 3_600 })],
  ["an end that has passed", () => assertion({ iat: now() - 100, exp: now() - 1 })],
  ["no time of issue", () => assertion({ iat: undefined as never })],
  ["the type of an access token", () => assertion({}, { typ: "at+jwt" })],
  ["another's key under its kid", async () => assertion({}, {}, await pair("k1"))],
  ["a workload nobody registered", () => assertion({ "kubernetes.io": { namespace: "other" } })],
  ["no more than a name", () => Promise.resolve("clerk")],
])("an assertion with %s is refused, and nothing is opened", async (_, make) => {
  expect(await refusal(await make())).toBe("400 invalid_grant");
  expect(await tasks()).toEqual([]);
});

test("an ID-JAG from whoever does not prove to be its client is no token of a workload", async () => {
  await expect(ask(await assertion({}, { typ: "oauth-id-jag+jwt" }))).rejects.toMatchObject({ status: 401 });
  expect(await tasks()).toEqual([]);
});

test("while the agent is disabled it gets nothing, and its assertion is good again when it is not", async () => {
  const revoke = (path: string) =>
    fetch(new URL(path, house.writ.origin), {
      method: "POST",
      headers: { authorization: `Bearer ${house.writ.keys.admin}`, "content-type": "application/json" },
      body: JSON.stringify({ kind: "agent", id: "clerk" }),
    });
  const token = await assertion();
  await revoke("/v1/revocations");
  expect(await refusal(token)).toBe("400 invalid_grant");
  await revoke("/v1/revocations/lift");
  expect(await refusal(token)).toBe("given");
});
