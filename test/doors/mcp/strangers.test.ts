import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { enrol } from "../../../src/authority/enrolment/enrol.ts";
import { endTask } from "../../../src/authority/tasks/end-task.ts";
import { revokeSubject } from "../../../src/authority/revocation/revoke.ts";
import type { JsonObject } from "../../../src/domain/json.ts";
import { signJwt } from "../../../src/wire/jose/sign.ts";
import { thumbprint } from "../../../src/wire/jose/jwk.ts";
import { aKey, hostile } from "../../wire/jose/forge.ts";
import { modern, post, raw, tool } from "./callers.ts";
import { type OddHouse, openOddHouse } from "./odd-house.ts";

let house: OddHouse;
let other: OddHouse;
beforeAll(async () => {
  [house, other] = await Promise.all([openOddHouse({ credential: "operation" }), openOddHouse()]);
});
afterAll(() => Promise.all([house.close(), other.close()]));

const LIST = { jsonrpc: "2.0", id: 1, method: "tools/list" };

async function counted(): Promise<number> {
  const key = house.writ.keys.admin;
  const status = await fetch(`${house.writ.origin}/v1/status`, { headers: { authorization: `Bearer ${key}` } });
  const { refused } = (await status.json()) as { refused: { mcp: Record<string, number> } };
  return Object.values(refused.mcp).reduce((sum, times) => sum + times, 0);
}

/** Shows `token` at the door in every way there is: refused each time, counted, and nothing recorded. */
async function refusedEverywhere(token: string | null, code: string): Promise<void> {
  const [size, before] = [await house.ledgerSize(), await counted()];
  const answers = [
    await post(house.url(), token, LIST),
    await post(house.url("far"), token, LIST, { "mcp-session-id": "any" }),
    await post(house.url("writ"), token, "no JSON at all", { "content-type": "text/plain" }),
  ];
  for (const answer of answers) {
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer realm="writ"/);
    expect((answer.json.error as unknown as { code: string }).code).toBe(code);
  }
  const authorization: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  for (const method of ["GET", "DELETE", "PUT"])
    expect((await raw(house.url("far"), method, authorization)).status).toBe(401);
  expect(await counted()).toBe(before + answers.length + 3);
  expect(await house.ledgerSize()).toBe(size);
}

test("a request without a token is challenged, counted and not recorded", () =>
  refusedEverywhere(null, "credential_missing"));

test("a token of another Writ opens nothing here", async () => {
  const { token } = await other.task("clerk");
  await refusedEverywhere(token, "credential_invalid");
});

test("a token that has expired opens nothing", async () => {
  const { task } = await house.task("clerk");
  const instance = await house.writ.store.read((tx) => tx.instance(task.instance));
  if (instance === null) throw new Error("it was just enrolled");
  const { credentials } = house.writ.authority;
  const old = credentials.mintTask(task, instance, "profile", 1 as never, Date.now() - 16 * 60_000);
  await refusedEverywhere(old.token, "credential_expired");
});

test("a token signed anew by another key opens nothing, whatever name the key gives itself", async () => {
  const { token } = await house.task("clerk");
  const [header = "", payload = ""] = token.split(".");
  const { typ, kid } = JSON.parse(Buffer.from(header, "base64url").toString()) as { typ: string; kid: string };
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as JsonObject;
  const forger = aKey();
  await refusedEverywhere(signJwt(forger, typ, claims), "credential_invalid");
  const renamed = { ...forger, kid, verification: { ...forger.verification, kid } };
  await refusedEverywhere(signJwt(renamed, typ, claims), "credential_invalid");
});

test("a token padded, truncated or spelt in another way opens nothing", async () => {
  const { token } = await house.task("clerk");
  const size = await house.ledgerSize();
  for (const [wrong, spelt] of hostile(token, house.writ.signingKeys.signing())) {
    // What no header can carry does not get here; a space at the end is none to HTTP.
    if (wrong === "a space after" || !/^[\x20-\x7e]*$/.test(spelt)) continue;
    const { status } = await raw(house.url("far"), "POST", {
      authorization: `Bearer ${spelt}`,
      "content-type": "application/json",
    });
    expect(status, wrong).toBe(401);
  }
  expect(await house.ledgerSize()).toBe(size);
});

test("the instance's own credential opens no tool", async () => {
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = thumbprint(publicKey.export({ format: "jwk" }) as JsonObject) ?? "";
  const { credential } = await enrol(house.writ.authority, { agent: "clerk", thumbprint: key, selectors: {} });
  await refusedEverywhere(credential.token, "credential_invalid");
});

test("the credential made for one call, which its server saw, opens nothing here", async () => {
  const { token } = await house.task("clerk");
  await tool(house.url("far"), token, "look", { at: "x" });
  const seen = house.far.seen.findLast((one) => one.message.method === "tools/call");
  const operation = seen?.headers.authorization?.slice("Bearer ".length) ?? "";
  expect(operation.split(".")).toHaveLength(3);
  await refusedEverywhere(operation, "credential_invalid");
});

test("a server that says the credential of its call beside its answer is not passed on", async () => {
  const { token } = await house.task("clerk");
  const { before, text } = await tool(house.url("far"), token, "leaks");
  expect(house.far.seen.at(-1)?.headers.authorization).toMatch(/^Bearer ey/);
  expect(before.map((one) => (one["params"] as JsonObject)["data"])).toEqual(["all that is left"]);
  expect(text).toContain("leaked");
});

test("a token of a session that was revoked opens nothing", async () => {
  const { token, task } = await house.task("clerk");
  await revokeSubject(house.writ.authority, { subject: { kind: "agent", id: "nobody" }, by: "ada", why: "" });
  expect((await modern(house.url("far"), token, "tools/list")).status).toBe(200);
  // The task itself stays: what is revoked is what the token stands on.
  await house.writ.store.write((tx) => tx.revoke({ kind: "session", id: task.session }));
  await refusedEverywhere(token, "credential_revoked");
});

test("a task that has ended is told so, its call is recorded, and nothing else is begun for it", async () => {
  const { token, task } = await house.task("clerk");
  await endTask(house.writ.authority, { task: task.id, by: "ada", why: "done" });
  const before = house.nearSaw().length;
  const hello = {
    jsonrpc: "2.0",
    id: 1,
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "raw", version: "1" } },
  };
  for (const url of [house.url("near"), house.url()]) {
    const begun = await post(url, token, hello);
    expect([begun.code, begun.headers.get("mcp-session-id")]).toEqual(["task_ended", null]);
    for (const method of ["tools/list", "server/discover"])
      expect((await modern(url, token, method)).code, method).toBe("task_ended");
    const listen = await modern(url, token, "subscriptions/listen", { notifications: { toolsListChanged: true } });
    expect(listen.code).toBe("task_ended");
  }
  expect((await tool(house.url("near"), token, "look", { at: "x" })).code).toBe("task_ended");
  expect(house.nearSaw()).toHaveLength(before);
  expect((await house.records(task.id)).map((one) => one.kind)).toEqual(["task_opened", "task_ended", "denial"]);
});

test("a page elsewhere, or a name re-pointed at this machine, reaches nothing even with a token", async () => {
  const { token } = await house.task("clerk");
  const good = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  for (const headers of [
    { host: "evil.example" },
    { host: "127.0.0.1.evil.example:7420" },
    { origin: "https://evil.example" },
    { origin: "null" },
  ]) {
    const { status, text } = await raw(house.url("far"), "POST", { ...good, ...headers }, JSON.stringify(LIST));
    expect(status).toBe(403);
    expect(text).toMatch(/"code":"(host|origin)_refused"/);
  }
});

test("which servers there are is told to nobody without a token", async () => {
  const { token } = await house.task("clerk");
  for (const path of ["/mcp/far", "/mcp/nowhere", "/mcp/far/../writ", "/mcp/%66ar"])
    expect((await post(house.writ.origin + path, null, LIST)).status).toBe(401);
  for (const path of ["/mcp/nowhere", "/mcp/%66ar", "/mcp/far/", "/mcp//"]) {
    const answer = await post(house.writ.origin + path, token, LIST);
    expect([answer.status, answer.text]).toEqual([404, expect.stringContaining("server_unknown")]);
  }
});

test("a method that MCP does not use is refused with those it does", async () => {
  const { token } = await house.task("clerk");
  for (const method of ["PUT", "PATCH", "OPTIONS", "HEAD"]) {
    const response = await fetch(house.url("far"), { method, headers: { authorization: `Bearer ${token}` } });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST, GET, DELETE"]);
  }
});
