import { generateKeyPairSync } from "node:crypto";
import type { JWTPayload } from "jose";
import { afterEach, beforeAll, expect, test } from "vitest";
import { parseConfiguration } from "../../src/system/config.ts";
import { type House, openHouse } from "../house.ts";
import { type Pair, pair, type Served, serveProvider, tokenOf } from "./issuers.ts";

const AUDIENCE = "https://writ.example";
const KUBERNETES: JWTPayload = {
  sub: "system:serviceaccount:billing:clerk",
  "kubernetes.io": {
    namespace: "billing",
    pod: { name: "clerk-5d9", uid: "0f1e" },
    serviceaccount: { name: "clerk", uid: "7a7a" },
  },
};
const ACTIONS: JWTPayload = {
  sub: "repo:acme/shop:ref:refs/heads/main",
  repository: "acme/shop",
  repository_id: "420",
  ref: "refs/heads/main",
  event_name: "push",
  job_workflow_ref: "acme/shop/.github/workflows/deploy.yml@refs/heads/main",
  environment: "production",
};

let key: Pair;
const open: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  key = await pair("k1");
});
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

async function workload(claims: JWTPayload): Promise<Served> {
  const provider = await serveProvider(key, claims, AUDIENCE);
  open.push(provider);
  return provider;
}

async function gateway(provider: Served, agents: string): Promise<House> {
  const house = await openHouse(
    `issuers: { cluster: { issuer: "${provider.origin}", audience: "${AUDIENCE}" } }\nagents:\n${agents}`,
  );
  open.push(house);
  return house;
}

async function enrol(house: House, token: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const jwk = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" });
  const response = await fetch(new URL("/v1/enrol", house.writ.origin), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ kind: "oidc", token, key: jwk }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test("a pod becomes the agent whose namespace and service account it has, by a token of a real issuer", async () => {
  const provider = await workload(KUBERNETES);
  const house = await gateway(
    provider,
    "  clerk: { enrol: [{ kind: oidc, issuer: cluster, kubernetes: { namespace: billing, service_account: clerk } }] }\n  other: { enrol: [{ kind: oidc, issuer: cluster, kubernetes: { namespace: billing, service_account: other } }] }",
  );
  const token = await tokenOf(provider);
  expect(await enrol(house, token)).toMatchObject({ status: 201, body: { agent: "clerk" } });
  const [record] = await house.writ.store.read((tx) => tx.ledger({ after: 0, limit: 9, kind: "enrolment" }));
  expect(record?.body).toMatchObject({
    enrolledBy: "oidc",
    strength: 3,
    selectors: { "oidc:issuer": "cluster", "k8s:namespace": "billing", "k8s:service_account": "clerk" },
  });
  expect(JSON.stringify(record)).not.toContain(token.slice(-40));
});

test("a token that enrolled a process enrols no other, and its ECDSA twin does not either", async () => {
  const provider = await workload(KUBERNETES);
  const house = await gateway(
    provider,
    "  clerk: { enrol: [{ kind: oidc, issuer: cluster, kubernetes: { namespace: billing, service_account: clerk } }] }",
  );
  const token = await tokenOf(provider);
  const answers = await Promise.all(Array.from({ length: 10 }, () => enrol(house, token)));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(await enrol(house, twinOf(token))).toMatchObject({
    status: 401,
    body: { error: { code: "evidence_refused" } },
  });
  const items = await house.writ.store.read((tx) => tx.instances({ after: null, limit: 99 }));
  expect(items.items).toHaveLength(1);
});

test.each<[string, JWTPayload, number]>([
  ["the pinned workflow of the pinned repository", {}, 201],
  ["a fork, which has another id under the same name", { repository_id: "999" }, 403],
  ["a repository that took over the name", { repository_id: "421", repository: "acme/shop" }, 403],
  [
    "another workflow of the repository",
    { job_workflow_ref: "acme/shop/.github/workflows/x.yml@refs/heads/main" },
    403,
  ],
  ["the workflow on another branch", { job_workflow_ref: "acme/shop/.github/workflows/deploy.yml@refs/heads/x" }, 403],
  ["a pull request", { event_name: "pull_request" }, 403],
  ["a pull request that runs with the target's rights", { event_name: "pull_request_target" }, 403],
  ["a token that does not say its event", { event_name: undefined }, 403],
  ["an id that is a number and not a text", { repository_id: 420 }, 403],
])("of GitHub Actions, %s is answered as it should be", async (_, changes, status) => {
  const provider = await workload({ ...ACTIONS, ...changes });
  const house = await gateway(
    provider,
    `  deployer: { enrol: [{ kind: oidc, issuer: cluster, github: { repository_id: "420", job_workflow_ref: "${String(ACTIONS["job_workflow_ref"])}" } }] }`,
  );
  expect((await enrol(house, await tokenOf(provider))).status).toBe(status);
});

test.each([
  ['github: { repository_id: "420" }', "pin_missing", "https://token.actions.githubusercontent.com"],
  [
    "claims: { repository: acme/shop, ref: refs/heads/main }",
    "pin_by_name",
    "https://token.actions.githubusercontent.com",
  ],
  [
    "claims: { sub: 'repo:acme/shop:ref:refs/heads/main' }",
    "pin_by_name",
    "https://token.actions.githubusercontent.com",
  ],
  [
    "github: { repository_id: 420, ref: refs/heads/main }",
    "value_invalid",
    "https://token.actions.githubusercontent.com",
  ],
  ["claims: {}", "pin_missing", "https://id.example"],
  ["kubernetes: { namespace: billing }", "value_invalid", "https://id.example"],
  ["claims: { sub: x }", "issuer_unsafe", "http://id.example"],
  ["claims: { sub: x }, uid: 7", "pin_unused", "https://id.example"],
])("a registration with %s is a problem of the file (%s)", (pins, code, issuer) => {
  const parsed = parseConfiguration(
    `issuers: { one: { issuer: "${issuer}" } }\nagents: { a: { enrol: [{ kind: oidc, issuer: one, ${pins} }] } }`,
    "/srv/desk/writ.yaml",
  );
  expect(parsed).toMatchObject({ kind: "refused", problems: [{ code }] });
});

/** The other signature that verifies just as well: (r, n - s). */
function twinOf(token: string): string {
  const [header, payload, signature] = token.split(".");
  const bytes = Buffer.from(signature ?? "", "base64url");
  const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const s = BigInt(`0x${bytes.subarray(32).toString("hex")}`);
  const other = Buffer.from((n - s).toString(16).padStart(64, "0"), "hex");
  return `${header}.${payload}.${Buffer.concat([bytes.subarray(0, 32), other]).toString("base64url")}`;
}
