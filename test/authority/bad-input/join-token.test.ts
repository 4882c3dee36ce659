import { generateKeyPairSync } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { issueJoinToken } from "../../../src/authority/enrolment/join-token.ts";
import { type House, openHouse } from "../../house.ts";

let house: House;

beforeEach(async () => {
  house = await openHouse("agents: { clerk: { enrol: [{ kind: join-token }] }, plain: {} }");
});
afterEach(() => house.close());

const key = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" });
const token = async () => (await issueJoinToken(house.writ.authority, { agent: "clerk", by: "otto" })).token;
async function show(body: object, path = "/v1/enrol"): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(new URL(path, house.writ.origin), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const instances = () =>
  house.writ.store.read(async (tx) => (await tx.instances({ after: null, limit: 100 })).items.length);

test("a join token that was used enrols nobody, not even with the same key", async () => {
  const secret = await token();
  const jwk = key();
  expect((await show({ kind: "join-token", token: secret, key: jwk })).status).toBe(201);
  for (const again of [jwk, key()]) {
    expect(await show({ kind: "join-token", token: secret, key: again })).toMatchObject({
      status: 401,
      body: { error: { code: "evidence_refused" } },
    });
  }
  expect(await instances()).toBe(1);
});

test("of twenty that show one join token at the same time, one is enrolled", async () => {
  const secret = await token();
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => show({ kind: "join-token", token: secret, key: key() })),
  );
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
    201,
    ...Array.from({ length: 19 }, () => 401),
  ]);
  expect(await instances()).toBe(1);
});

test("a wrong, a malformed and a used join token are told apart by nobody outside", async () => {
  const used = await token();
  await show({ kind: "join-token", token: used, key: key() });
  const wrong = `wj_${"A".repeat(44)}`;
  const answers = await Promise.all(
    [used, wrong, "", "wj_", `${used} `, `${used}\n`, used.toUpperCase(), "wj_..%2f"].map((one) =>
      show({ kind: "join-token", token: one, key: key() }),
    ),
  );
  expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1);
  expect(answers[0]?.status).toBe(401);
});

test("a join token with a private key, a symmetric key, or a key of another curve is not used up", async () => {
  const secret = await token();
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const bad = [
    pair.privateKey.export({ format: "jwk" }),
    { kty: "oct", k: "AAAA" },
    generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey.export({ format: "jwk" }),
    {},
  ];
  for (const jwk of bad) {
    expect(await show({ kind: "join-token", token: secret, key: jwk })).toMatchObject({
      status: 400,
      body: { error: { code: "key_invalid" } },
    });
  }
  expect((await show({ kind: "join-token", token: secret, key: key() })).status).toBe(201);
});

test("a join token is made by an operator only: the launcher, an instance and a stranger are refused", async () => {
  const enrolled = await show({ kind: "join-token", token: await token(), key: key() });
  for (const bearer of [house.writ.keys.launcher, String(enrolled.body["credential"]), ""]) {
    const response = await fetch(new URL("/v1/agents/clerk/join", house.writ.origin), {
      method: "POST",
      headers: { authorization: `Bearer ${bearer}` },
    });
    expect([401, 403]).toContain(response.status);
  }
  expect(await instances()).toBe(1);
});

test("the caller does not choose its agent: a member that names one is refused", async () => {
  const secret = await token();
  expect(await show({ kind: "join-token", token: secret, key: key(), agent: "plain" })).toMatchObject({
    status: 400,
    body: { error: { code: "request_invalid" } },
  });
});
