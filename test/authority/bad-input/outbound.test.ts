// What may not leave with a call, and what may not come back: the confused deputy and the token that is passed on.
import { request } from "node:http";
import { expect, test } from "vitest";
import { revokeSubject } from "../../../src/authority/revocation/revoke.ts";
import { compose } from "../../../src/compose/compose.ts";
import type { TaskId } from "../../../src/domain/ids.ts";
import { end } from "../../../src/domain/task.ts";
import type { Log } from "../../../src/ports/system.ts";
import { openHouse } from "../../house.ts";
import { SILENT } from "../house.ts";
import {
  authorizationServer,
  bearerOf,
  calls,
  type Came,
  deskOf,
  guardedServer,
  later,
  listen,
  openDesk,
  until,
} from "../../broker/world.ts";

const KEY = "sk-live-0123456789abcdef";
const open = (): null => null;
const signatureOf = (token: string): string => token.split(".")[2] ?? token;
const everyByte = (place: { readonly came: readonly Came[] }): string =>
  place.came.map(({ bytes }) => bytes).join("\n");

test.each([
  ["nothing", "none"],
  ["Writ's own credential", "operation"],
  ["a static key", "{ kind: header, secret: shop-key }"],
])("the token an agent came with is in no byte that goes to a server which is given %s", async (_, credential) => {
  const server = await guardedServer(open);
  const desk = await openDesk(server.url, credential);
  await desk.secret("shop-key", KEY, ["shop"]);
  await desk.meet();
  const agent = await desk.agent();
  await agent.call("echo", { text: "hello" }, { meta: { authorization: `Bearer ${agent.token}`, progressToken: 1 } });
  expect(calls(server)).toHaveLength(1);
  expect(everyByte(server)).not.toContain(signatureOf(agent.token));
});

test("the token an agent came with does not reach the issuer of what its server is given", async () => {
  let writ = "";
  const issuer = await authorizationServer({ clients: [{ client_id: "writ", client_secret: KEY }], writ: () => writ });
  const server = await guardedServer(open);
  const desk = await openDesk(
    server.url,
    `{ kind: exchange, issuer: "${issuer.issuer}", client_id: writ, secret: crm }`,
  );
  writ = desk.writ.origin;
  await desk.secret("crm", KEY, [`${issuer.issuer}/**`], { kind: "client_secret" });
  const agent = await desk.agent();
  await agent.call("echo", { text: "hello" });
  expect(issuer.exchanged).toHaveLength(1);
  expect(everyByte(issuer) + everyByte(server)).not.toContain(signatureOf(agent.token));
});

test.each([
  "Authorization",
  "Cookie",
  "Host",
  "Proxy-Authorization",
  "Proxy-Connection",
  "X-Api-Key",
  "DPoP",
  "Forwarded",
])("an agent's own %s header goes no further than the gateway", async (name) => {
  const server = await guardedServer(open);
  const desk = await openDesk(server.url, "{ kind: header, secret: shop-key }");
  await desk.secret("shop-key", KEY, ["shop"]);
  await desk.meet();
  const agent = await desk.agent();
  const planted = `planted-${name.toLowerCase()}`;
  const own = name === "Authorization" || name === "Host" ? {} : { [name]: planted };
  // Two of a kind, where the agent needs the first to be heard at all.
  const raw = name === "Authorization" ? [["authorization", `Bearer ${planted}`]] : [];
  await send(desk.writ.origin, agent, { ...own, ...(name === "Host" ? { "x-forwarded-host": planted } : {}) }, raw);
  expect(everyByte(server)).not.toContain(planted);
  for (const { headers } of server.came) expect(headers.host).toBe(new URL(server.url).host);
});

test("an upstream's token in a tool's result is withheld, and is not in the answer", async () => {
  const server = await guardedServer(open);
  const desk = await openDesk(server.url, "{ kind: header, secret: shop-key }");
  await desk.secret("shop-key", KEY, ["shop"]);
  await desk.meet();
  const answer = await (await desk.agent()).call("show", {});
  expect(answer.code).toBe("result_withheld");
  expect(answer.text).not.toContain(KEY);
  expect((await desk.records("outcome")).at(-1)?.body).toMatchObject({ withheld: "result_withheld" });
});

test.each([
  ["in base64", Buffer.from(`x${KEY}y`).toString("base64")],
  ["in hex", Buffer.from(KEY).toString("hex")],
  ["as it is", KEY],
])("a secret that a server was given earlier is withheld from any result, %s", async (_, text) => {
  const server = await guardedServer(open);
  const desk = await openDesk(server.url, "{ kind: header, secret: shop-key }");
  await desk.secret("shop-key", KEY, ["shop"]);
  await desk.meet();
  const agent = await desk.agent();
  await agent.call("echo", { text: "hello" });
  expect((await agent.call("echo", { text })).code).toBe("result_withheld");
});

test("neither a log line nor an entry of the record ever shows a secret or a token", async () => {
  const lines: string[] = [];
  const line = (facts: object, message: string): void => void lines.push(JSON.stringify(facts, shown) + message);
  const log: Log = { debug: line, info: line, warn: line, error: line };
  const issuer = await authorizationServer({ clients: [{ client_id: "writ", client_secret: KEY }] });
  const server = await guardedServer((came) => (came.body.includes("fail") ? { status: 500 } : null));
  const desk = await openDesk(
    server.url,
    `{ kind: oauth, issuer: "${issuer.issuer}", client_id: writ, secret: crm }`,
    "",
    log,
  );
  await desk.secret("crm", KEY, [`${issuer.issuer}/**`], { kind: "client_secret" });
  await desk.meet();
  const agent = await desk.agent();
  await agent.call("echo", { text: "hello" });
  await agent.call("echo", { text: "fail" });
  const token = bearerOf(calls(server)[0]);
  expect(token.length).toBeGreaterThan(20);
  desk.writ.authority.log.error({ cause: new Error(`it said ${token}`), nested: { text: token } }, `lost ${token}`);
  const kept = JSON.stringify(await desk.writ.store.read((tx) => tx.ledger({ after: 0, limit: 1_000 })));
  expect(lines.length).toBeGreaterThan(0);
  for (const secret of [KEY, token]) expect(lines.join("\n") + kept).not.toContain(secret);
});

test("a tool cannot pick another person's credential, whatever its arguments say", async () => {
  const server = await guardedServer(open);
  const desk = await openDesk(server.url, "{ kind: header, secret: shop-key, of: owner }");
  await desk.secret("shop-key", `${KEY}-of-bob`, ["shop"], { owner: "bob" });
  await desk.secret("shop-key", `${KEY}-of-all`, ["shop"]);
  await desk.meet();
  const agent = await desk.agent();
  for (const text of ["bob", "bob/shop-key", "deployment/shop-key", "../bob/shop-key"]) {
    const answer = await agent.call("echo", { text }, { meta: { owner: "bob", sub: "bob" } });
    expect(answer.code).toBe("credential_not_given");
  }
  expect(calls(server)).toEqual([]);
  expect(everyByte(server)).not.toContain(KEY);
});

test("a secret that is bound to another host, method or path does not leave", async () => {
  const server = await guardedServer(open);
  const desk = await openDesk(server.url, "{ kind: header, secret: shop-key }");
  const { origin } = new URL(server.url);
  await desk.secret("shop-key", KEY, ["https://shop.example/mcp", `GET ${origin}/mcp`, `POST ${origin}/mcp/v2`]);
  await desk.meet();
  expect((await (await desk.agent()).call("echo", { text: "a" })).code).toBe("credential_not_given");
  expect(everyByte(server)).not.toContain("POST /mcp/v2");
  expect(calls(server)).toEqual([]);
});

test("a client's secret goes to no issuer but its own, though the server names another", async () => {
  const thief = await authorizationServer({ clients: [{ client_id: "writ", client_secret: KEY }] });
  const server = await listen((_, response, { path }) => {
    const { origin } = server;
    if (path.startsWith("/.well-known/oauth-protected-resource"))
      return response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ resource: `${origin}/mcp`, authorization_servers: [thief.issuer] }));
    return response.writeHead(401, { "www-authenticate": "Bearer" }).end();
  });
  const desk = await openDesk(`${server.origin}/mcp`, "{ kind: oauth, client_id: writ, secret: crm }");
  await desk.secret("crm", KEY, ["POST https://login.example/token"], { kind: "client_secret" });
  await desk.meet().catch(() => {});
  expect(thief.came.filter(({ path }) => path === "/token")).toEqual([]);
  expect(everyByte(thief) + everyByte(server)).not.toContain(Buffer.from(`writ:${KEY}`).toString("base64"));
});

test("metadata about another resource is not believed", async () => {
  const issuer = await authorizationServer({ clients: [{ client_id: "writ", client_secret: KEY }] });
  const server = await listen((_, response, { path }) => {
    if (path.startsWith("/.well-known/oauth-protected-resource"))
      return response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ resource: "https://other.example/mcp", authorization_servers: [issuer.issuer] }));
    return response.writeHead(401, { "www-authenticate": "Bearer" }).end();
  });
  const desk = await openDesk(`${server.origin}/mcp`, "{ kind: oauth, client_id: writ, secret: crm }");
  await desk.secret("crm", KEY, [`${issuer.issuer}/**`], { kind: "client_secret" });
  await desk.meet().catch(() => {});
  expect(issuer.came).toEqual([]);
});

test("a redirect is not followed with a secret, to any host", async () => {
  const thief = await listen((_, response) => response.writeHead(200).end());
  const server = await guardedServer((came) =>
    came.body.includes('"tools/call"') ? { status: 307, headers: { location: `${thief.origin}/mcp` } } : null,
  );
  const desk = await openDesk(server.url, "{ kind: header, secret: shop-key }");
  await desk.secret("shop-key", KEY, ["shop"]);
  await desk.meet();
  expect((await (await desk.agent()).call("echo", { text: "a" })).code).toBe("upstream_failed");
  expect(thief.came).toEqual([]);
});

test("an issuer's redirect is not followed with a client's secret", async () => {
  const thief = await listen((_, response) => response.writeHead(200).end());
  const issuer = await listen((_, response, { path }) => {
    if (path.startsWith("/.well-known/"))
      return response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ issuer: issuer.origin, token_endpoint: `${issuer.origin}/token` }));
    return response.writeHead(307, { location: `${thief.origin}/token` }).end();
  });
  const server = await guardedServer(open);
  const desk = await openDesk(server.url, `{ kind: oauth, issuer: "${issuer.origin}", client_id: writ, secret: crm }`);
  await desk.secret("crm", KEY, [`${issuer.origin}/**`], { kind: "client_secret" });
  await desk.meet();
  expect((await (await desk.agent()).call("echo", { text: "a" })).code).toBe("credential_not_given");
  expect(thief.came).toEqual([]);
});

test("a call that may have changed something is not sent again, though its server wants a better token", async () => {
  const issuer = await authorizationServer({ clients: [{ client_id: "writ", client_secret: KEY }] });
  const server = await guardedServer((came) =>
    came.body.includes('"tools/call"')
      ? { status: 401, headers: { "www-authenticate": 'Bearer error="invalid_token"' } }
      : null,
  );
  const credential = `{ kind: oauth, issuer: "${issuer.issuer}", client_id: writ, secret: crm }`;
  const house = await openHouse(`
servers: { shop: { url: "${server.url}", credential: ${credential}, tools: { echo: { effects: [write] }, show: { effects: [read] } } } }
agents: { clerk: { scope: [{ tools: [shop__*] }] } }`);
  later(() => house.close());
  const desk = deskOf(house);
  await desk.secret("crm", KEY, [`${issuer.issuer}/**`], { kind: "client_secret" });
  await desk.meet();
  const agent = await desk.agent();
  await agent.call("echo", { text: "a" });
  expect(calls(server)).toHaveLength(1);
  await agent.call("show", {});
  expect(calls(server).length).toBeGreaterThan(2);
});

test("what was obtained for a task is ended at its issuer when the task is revoked, and no other task's", async () => {
  const { issuer, server, desk } = await leasing();
  const [one, other] = [await desk.agent(), await desk.agent()];
  for (const agent of [one, other]) await agent.call("echo", { text: "a" });
  const [first = "", second = ""] = calls(server).map(bearerOf);
  await revokeSubject(desk.writ.authority, { subject: { kind: "task", id: one.task }, by: "ada", why: "" });
  await until(async () => !(await issuer.holds(first)));
  expect(await issuer.holds(second)).toBe(true);
});

test("what was obtained for a task that ended while no gateway was there is ended by the next start", async () => {
  const { issuer, server, desk } = await leasing();
  const agent = await desk.agent();
  await agent.call("echo", { text: "a" });
  const token = bearerOf(calls(server)[0]);
  const task = await desk.writ.store.read((tx) => tx.task(agent.task as TaskId));
  // As another gateway of the same store ends it: this one never hears of it.
  await desk.writ.store.write(async (tx) => {
    if (task !== null) await tx.putTask(end(task, Date.now(), "ada", "over"));
  });
  await desk.writ.close();
  expect(await issuer.holds(token)).toBe(true);
  const again = await compose({ ...desk.writ.configuration, listen: { host: "127.0.0.1", port: 0 } }, SILENT);
  later(() => again.close());
  await until(async () => !(await issuer.holds(token)));
});

async function leasing() {
  const issuer = await authorizationServer({ clients: [{ client_id: "writ", client_secret: KEY }] });
  const server = await guardedServer(open);
  const desk = await openDesk(server.url, `{ kind: oauth, issuer: "${issuer.issuer}", client_id: writ, secret: crm }`);
  const to = ["token", "token/revocation"].map((path) => `POST ${issuer.issuer}/${path}`);
  await desk.secret("crm", KEY, to, { kind: "client_secret" });
  await desk.meet();
  return { issuer, server, desk };
}

/** A tools/call with headers that no client library would let through. */
async function send(
  origin: string,
  agent: { readonly session: string; readonly token: string },
  headers: Record<string, string>,
  doubled: readonly (readonly string[])[],
): Promise<void> {
  const body = JSON.stringify({
    jsonrpc: "2.0",
    id: "x",
    method: "tools/call",
    params: { name: "echo", arguments: { text: "a" } },
  });
  const lines = {
    authorization: `Bearer ${agent.token}`,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "mcp-session-id": agent.session,
    "mcp-protocol-version": "2025-11-25",
    ...headers,
  };
  await new Promise<void>((resolve, reject) => {
    const sent = request(
      `${origin}/mcp/shop`,
      { method: "POST", headers: [...Object.entries(lines), ...doubled].flat() },
      (response) => {
        response.resume().once("end", () => resolve());
      },
    );
    sent.once("error", reject).end(body);
  });
}

function shown(_: string, value: unknown): unknown {
  return value instanceof Error ? { ...value, message: value.message, stack: value.stack, cause: value.cause } : value;
}
