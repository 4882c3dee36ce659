import { generateKeyPairSync, verify } from "node:crypto";
import { expect, test } from "vitest";
import {
  authorizationServer,
  bearerOf,
  calls,
  type Came,
  guardedServer,
  listen,
  openDesk,
  type Place,
  until,
} from "./world.ts";

const KEY = "sk-live-0123456789abcdef";
const needs = (expected: string) => (came: Came) =>
  came.headers.authorization === expected ? null : { status: 401, headers: { "www-authenticate": "Bearer" } };
const ended = async (
  desk: { admin(m: string, p: string, b?: unknown): Promise<Response> },
  task: string,
): Promise<void> => {
  expect((await desk.admin("POST", `/v1/tasks/${task}/end`, {})).status).toBe(200);
};

test("a server that wants a static key gets it with every message, and the agent never does", async () => {
  const server = await guardedServer(needs(`Bearer ${KEY}`));
  const desk = await openDesk(server.url, "{ kind: header, secret: shop-key }");
  await desk.secret("shop-key", KEY, ["shop"]);
  await desk.meet();
  const agent = await desk.agent();
  const answer = await agent.call("echo", { text: "hello" });
  expect(answer.text).toContain("hello");
  const [admission] = await desk.records("admission");
  expect(admission?.body["credential"]).toMatchObject({
    kind: "header",
    remains: "static secret shop-key: the server could use it until it is rotated",
  });
  expect((await desk.records("outcome")).at(-1)?.body).toMatchObject({ given: "header", state: "completed" });
});

test("the doctor says which server lacks its secret, and says no more once it is there", async () => {
  const server = await guardedServer(needs(`Bearer ${KEY}`));
  const desk = await openDesk(server.url, "{ kind: header, secret: shop-key }");
  const lacks = async (): Promise<string> => {
    const { checks } = (await (await desk.admin("GET", "/v1/doctor")).json()) as {
      checks: { name: string; says: string }[];
    };
    return checks
      .filter(({ name }) => name === "credential of shop")
      .map(({ says }) => says)
      .join();
  };
  expect(await lacks()).toBe("the vault holds no secret `shop-key` of deployment");
  await desk.secret("shop-key", KEY, ["shop"]);
  expect(await lacks()).toBe("");
});

test("a header of the server's own carries the secret without a scheme", async () => {
  const server = await guardedServer((came) => (came.headers["x-api-key"] === KEY ? null : { status: 403 }));
  const desk = await openDesk(server.url, "{ kind: header, secret: shop-key, header: X-Api-Key }");
  await desk.secret("shop-key", KEY, ["shop"]);
  await desk.meet();
  expect((await (await desk.agent()).call("echo", { text: "hello" })).text).toContain("hello");
  expect(calls(server)[0]?.headers.authorization).toBeUndefined();
});

test("a person's secret serves that person's tasks, and nobody's where there is none", async () => {
  const server = await guardedServer((came) =>
    came.body.includes('"tools/call"') ? needs(`Bearer ${KEY}`)(came) : null,
  );
  const desk = await openDesk(server.url, "{ kind: header, secret: shop-key, of: owner }");
  await desk.secret("shop-key", `${KEY}-bob`, ["shop"], { owner: "bob" });
  await desk.meet();
  const refused = await (await desk.agent()).call("echo", { text: "hello" });
  expect(refused.code).toBe("credential_not_given");
  await desk.secret("shop-key", KEY, ["shop"], { owner: "ada" });
  expect((await (await desk.agent()).call("echo", { text: "hello" })).text).toContain("hello");
  expect(server.came.map(({ bytes }) => bytes).join()).not.toContain(`${KEY}-bob`);
});

test("client credentials: one token for each task, used until it expires, and revoked when the task ends", async () => {
  const issuer = await authorizationServer({ clients: [{ client_id: "writ", client_secret: KEY }] });
  const server = await guardedServer(async (came) =>
    (await issuer.holds(bearerOf(came))) ? null : { status: 401, headers: { "www-authenticate": "Bearer" } },
  );
  const desk = await openDesk(
    server.url,
    `{ kind: oauth, issuer: "${issuer.issuer}", client_id: writ, secret: crm, scopes: [orders] }`,
  );
  await desk.secret("crm", KEY, [`POST ${issuer.issuer}/token`, `POST ${issuer.issuer}/token/revocation`], {
    kind: "client_secret",
  });
  await desk.meet();
  const [one, other] = [await desk.agent(), await desk.agent()];
  for (const text of ["a", "b"]) expect((await one.call("echo", { text })).text).toContain(`"${text}"`);
  await other.call("echo", { text: "c" });
  const [first, second, third] = calls(server).map(bearerOf);
  expect(first).toBe(second);
  expect(third).not.toBe(first);

  await ended(desk, one.task);
  await until(async () => !(await issuer.holds(first ?? "")));
  expect(await issuer.holds(third ?? "")).toBe(true);
  await until(async () => (await desk.records("lease")).some(({ body }) => body["how"] === "ended"));
  const leases = await desk.records("lease");
  expect(leases.filter(({ task }) => task === one.task).map(({ body }) => body["how"])).toEqual(["taken", "ended"]);
  expect(JSON.stringify(await desk.writ.store.read((tx) => tx.ledger({ after: 0, limit: 1_000 })))).not.toContain(
    first,
  );
});

test("a key of Writ's own authenticates it, with the issuer as the assertion's only audience", async () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issuer = await authorizationServer({
    clients: [
      {
        client_id: "writ",
        token_endpoint_auth_method: "private_key_jwt",
        jwks: { keys: [{ ...publicKey.export({ format: "jwk" }), alg: "ES256" }] },
      },
    ],
  });
  const server = await guardedServer(async (came) => ((await issuer.holds(bearerOf(came))) ? null : { status: 401 }));
  const desk = await openDesk(
    server.url,
    `{ kind: oauth, issuer: "${issuer.issuer}", client_id: writ, secret: own, client_auth: private_key_jwt }`,
  );
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  await desk.secret("own", pem, [`${issuer.issuer}/**`], { kind: "private_key" });
  await desk.meet();
  expect((await (await desk.agent()).call("echo", { text: "hello" })).text).toContain("hello");
  const [asked] = issuer.came.filter(({ path }) => path === "/token");
  const assertion = new URLSearchParams(asked?.body).get("client_assertion") ?? "";
  expect(JSON.parse(Buffer.from(assertion.split(".")[1] ?? "", "base64url").toString())).toMatchObject({
    aud: issuer.issuer,
  });
});

test("a token bound to a key goes with a fresh proof for each request", async () => {
  const issuer = await authorizationServer({ clients: [{ client_id: "writ", client_secret: KEY }] });
  const server = await guardedServer((came) =>
    came.headers.authorization?.startsWith("DPoP ") === true ? null : { status: 401 },
  );
  const desk = await openDesk(
    server.url,
    `{ kind: oauth, issuer: "${issuer.issuer}", client_id: writ, secret: crm, dpop: true }`,
  );
  await desk.secret("crm", KEY, [`${issuer.issuer}/**`], { kind: "client_secret" });
  await desk.meet();
  const agent = await desk.agent();
  await agent.call("echo", { text: "a" });
  await agent.call("echo", { text: "b" });
  const proofs = calls(server).map(
    ({ headers }) =>
      JSON.parse(Buffer.from(String(headers["dpop"]).split(".")[1] ?? "", "base64url").toString()) as Record<
        string,
        string
      >,
  );
  expect(proofs).toHaveLength(2);
  expect(proofs[0]).toMatchObject({ htm: "POST", htu: server.url });
  expect(proofs[0]?.["jti"]).not.toBe(proofs[1]?.["jti"]);
});

test("exchange: each call's own credential is exchanged for a token of its own, which is revoked after it", async () => {
  let writ = "";
  const issuer = await authorizationServer({ clients: [{ client_id: "writ", client_secret: KEY }], writ: () => writ });
  const server = await guardedServer(async (came) => ((await issuer.holds(bearerOf(came))) ? null : { status: 401 }));
  const desk = await openDesk(
    server.url,
    `{ kind: exchange, issuer: "${issuer.issuer}", client_id: writ, secret: crm, audience: shop, scopes: [orders] }`,
  );
  writ = desk.writ.origin;
  await desk.secret("crm", KEY, [`${issuer.issuer}/**`], { kind: "client_secret" });
  await desk.meet();
  const agent = await desk.agent();
  expect((await agent.call("echo", { text: "a" })).text).toContain('"a"');
  await agent.call("echo", { text: "b" });
  expect(issuer.exchanged).toHaveLength(2);
  expect(issuer.exchanged[0]).toMatchObject({
    subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
    audience: "shop",
    payload: {
      aud: issuer.issuer,
      sub: "ada",
      task: agent.task,
      authorization_details: [{ tool: "echo", max_uses: 1 }],
    },
  });
  const [first, second] = calls(server).map(bearerOf);
  expect(first).not.toBe(second);
  await until(async () => !(await issuer.holds(first ?? "")) && !(await issuer.holds(second ?? "")));
});

/** GitHub, as far as an App sees it. */
async function gitHub(
  publicKey: string,
  answer: (asked: { repositories: string[]; permissions: object }) => object = (asked) => asked,
): Promise<Place & { readonly live: Set<string> }> {
  const live = new Set<string>();
  const place = await listen((_, response, { method, path, headers, body }) => {
    const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1] ?? "";
    const reply = (status: number, value?: object): unknown =>
      response
        .writeHead(status, { "content-type": "application/json" })
        .end(value === undefined ? "" : JSON.stringify(value));
    if (method === "DELETE" && path === "/installation/token") return reply(live.delete(bearer) ? 204 : 401);
    const [head = "", claims = "", signature = ""] = bearer.split(".");
    const signed = verify("sha256", Buffer.from(`${head}.${claims}`), publicKey, Buffer.from(signature, "base64url"));
    if (method !== "POST" || path !== "/app/installations/42/access_tokens" || !signed)
      return reply(401, { message: "no" });
    const token = `ghs_1234_${Buffer.from(String(live.size)).toString("hex")}.${"x".repeat(40)}`;
    live.add(token);
    const asked = JSON.parse(body) as { repositories: string[]; permissions: object };
    return reply(201, { token, expires_at: new Date(Date.now() + 3_600_000).toISOString(), ...answer(asked) });
  });
  return { ...place, live };
}

function appKey(): { readonly pem: string; readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    pem: privateKey.export({ type: "pkcs1", format: "pem" }).toString(),
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}

const gitHubRule = (api: string): string =>
  `{ kind: github, secret: app, app_id: "7", installation_id: "42", repositories: [site], permissions: { contents: read }, api: "${api}" }`;

test("a GitHub App's token is for these repositories and permissions alone, and is deleted with the task", async () => {
  const { pem, publicKey } = appKey();
  const hub = await gitHub(publicKey);
  const server = await guardedServer((came) => (hub.live.has(bearerOf(came)) ? null : { status: 401 }));
  const desk = await openDesk(server.url, gitHubRule(hub.origin));
  await desk.secret("app", pem, [`POST ${hub.origin}/app/installations/42/access_tokens`], { kind: "github_app" });
  await desk.meet();
  const agent = await desk.agent();
  expect((await agent.call("echo", { text: "hello" })).text).toContain("hello");
  const token = bearerOf(calls(server)[0]);
  const asked = hub.came.filter(({ method }) => method === "POST").map(({ body }) => JSON.parse(body) as object);
  expect(asked).toContainEqual({ repositories: ["site"], permissions: { contents: "read" } });
  await ended(desk, agent.task);
  await until(() => !hub.live.has(token));
});

test.each([
  ["another permission", { permissions: { contents: "read", administration: "write" } }],
  ["a higher level", { permissions: { contents: "write" } }],
  ["every repository", { repository_selection: "all" }],
])("a GitHub token for %s than was asked for is deleted, and not used", async (_, wider) => {
  const { pem, publicKey } = appKey();
  const hub = await gitHub(publicKey, () => wider);
  const server = await guardedServer((came) => (came.body.includes('"tools/call"') ? { status: 401 } : null));
  const desk = await openDesk(server.url, gitHubRule(hub.origin));
  await desk.secret("app", pem, [`POST ${hub.origin}/**`], { kind: "github_app" });
  await desk.meet();
  expect((await (await desk.agent()).call("echo", { text: "hello" })).code).toBe("credential_not_given");
  expect(calls(server)).toEqual([]);
  expect(hub.live.size).toBe(0);
});
