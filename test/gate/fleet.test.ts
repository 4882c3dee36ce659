import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { joinFleet } from "../../src/authority/fleet.ts";
import { revokeSubject } from "../../src/authority/revocation/revoke.ts";
import { answerApproval } from "../../src/authority/tasks/answer-approval.ts";
import { endTask } from "../../src/authority/tasks/end-task.ts";
import type { GatewayId } from "../../src/domain/gateway.ts";
import type { PersonName } from "../../src/domain/ids.ts";
import { verifyLedger } from "../../src/ledger/verify.ts";
import { aCall, anEntry, id } from "../../src/store/conformance/values.ts";
import { systemClock } from "../../src/system/clock.ts";
import { readKey } from "../../src/system/keys.ts";
import { createLog } from "../../src/system/log.ts";
import { proofMaker } from "../../src/wire/jose/dpop-proof.ts";
import { type House, openHouse } from "../house.ts";
import { type CutProxy, cutProxy } from "../store/cut-proxy.ts";
import { realPostgres } from "../store/real-postgres.ts";
import { aKey } from "../wire/jose/forge.ts";
import { rawClient } from "./client.ts";

const SERVER = join(import.meta.dirname, "fixture-server.ts");
const DANA = { name: "dana" as PersonName, roles: ["approver"] };
const server = realPostgres();
const shared = mkdtempSync(join(tmpdir(), "writ-fleet-"));
let one: House;
let two: House;
let line: CutProxy;

const yaml = (variable: string): string => `
origin: http://127.0.0.1:7999
store: { url_env: ${variable} }
approvals: { timeout: 20s, hold: 20s }
people: { dana: { roles: [approver] } }
servers:
  box:
    command: node
    args: [${SERVER}, ${join(shared, "did.txt")}]
    cwd: ${shared}
    timeout: 30s
    tools: { look: { effects: [read] }, change: { effects: [write] }, pay: { effects: [write] }, big: { effects: [write] }, hang: { effects: [write] } }
agents:
  clerk:
    scope: [ { tools: [box__look, box__big, box__hang] }, { tools: [box__change], uses: 3 } ]
    budget: { calls: 500, writes: 100 }
`;

beforeAll(async () => {
  writeFileSync(join(shared, "did.txt"), "");
  const url = await server.database();
  line = await cutProxy(server.port);
  process.env["WRIT_TEST_STORE_ONE"] = url;
  process.env["WRIT_TEST_STORE_TWO"] = url.replace(/:\d+\//, `:${line.port}/`);
  one = await openHouse(yaml("WRIT_TEST_STORE_ONE"));
  // The keys of the first are the keys of all.
  const folder = mkdtempSync(join(tmpdir(), "writ-house-"));
  mkdirSync(join(folder, ".writ"), { mode: 0o700 });
  cpSync(join(one.folder, ".writ", "keys"), join(folder, ".writ", "keys"), { recursive: true });
  chmodSync(join(folder, ".writ", "keys"), 0o700);
  two = await openHouse(yaml("WRIT_TEST_STORE_TWO"), {}, folder);
}, 90_000);
afterAll(async () => {
  await one?.close();
  await two?.close();
  rmSync(shared, { recursive: true, force: true });
}, 60_000);

const done = (): string[] => readFileSync(join(shared, "did.txt"), "utf8").split("\n").filter(Boolean);
const box = (house: House, token: string) => rawClient(`${house.writ.origin}/mcp/box`, token);

async function soon(holds: () => unknown, ms = 10_000): Promise<void> {
  await expect.poll(async () => Boolean(await holds()), { timeout: ms, interval: 20 }).toBe(true);
}

test("a token that one gateway gave is good at the other, and a grant has its uses once over both", async () => {
  const { token } = await one.task("clerk");
  const clients = await Promise.all([box(one, token), box(two, token)]);
  const before = done().length;
  const answers = await Promise.all(
    Array.from({ length: 24 }, (_, n) => (clients[n % 2] as (typeof clients)[0]).call("change", { to: String(n) })),
  );
  expect(answers.filter((answer) => answer.code === null)).toHaveLength(3);
  expect(answers.filter((answer) => answer.code === "outside_grant")).toHaveLength(21);
  expect(done().length - before).toBe(3);
}, 30_000);

test("a person's yes on one gateway lets the call go on that the other holds", async () => {
  const { token, task } = await one.task("clerk");
  const clerk = await box(one, token);
  const held = clerk.call("pay", { to: "bob", amount: 1 });
  const open = async () => (await two.writ.store.read((tx) => tx.openApprovals(task.id)))[0];
  await soon(open);
  const asked = await open();
  await answerApproval(two.writ.authority, { approval: asked?.id as never, person: DANA, verdict: "allow", note: "" });
  expect((await held).code).toBeNull();
}, 30_000);

test("a task that ends on one gateway is cut off on the other, also in the middle of a call", async () => {
  const { token, task } = await one.task("clerk");
  const clerk = await box(two, token);
  const hanging = clerk.call("hang", {});
  await soon(() => two.writ.held().calls === 1);
  const endedAt = performance.now();
  await endTask(one.writ.authority, { task: task.id, by: "ada", why: "done" });
  expect((await hanging).code).toBe("credential_revoked");
  expect(performance.now() - endedAt).toBeLessThan(5_000);
  expect((await box(one, token).catch(() => null)) === null).toBe(true);
}, 30_000);

test("a gateway that no longer hears of revocations lets only reads through, then nothing, and comes back", async () => {
  const { token } = await one.task("clerk");
  const clerk = await box(two, token);
  expect((await clerk.call("look", { at: "x" })).code).toBeNull();

  line.cut("writ feed");
  const cutAt = performance.now();
  while ((await clerk.call("big", {})).code !== "feed_stale") {
    expect(performance.now() - cutAt).toBeLessThan(5_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect((await clerk.call("look", { at: "x" })).code).toBeNull();
  const ready = async (house: House) => (await fetch(`${house.writ.origin}/readyz`)).status;
  expect([await ready(one), await ready(two)]).toEqual([200, 503]);
  await soon(() => two.writ.store.feed() === "lost", 15_000);
  expect((await clerk.call("look", { at: "x" })).code).toBe("feed_stale");
  // What is revoked meanwhile is revoked here as well: the tables are asked.
  expect(one.writ.store.feed()).toBe("live");

  line.mend();
  await soon(() => two.writ.store.feed() === "live");
  expect((await clerk.call("look", { at: "x" })).code).toBeNull();
}, 60_000);

test("a gateway whose database is gone denies everything, and does not wait long to do so", async () => {
  const { token } = await one.task("clerk");
  const clerk = await box(two, token);
  line.cut();
  const answer = await clerk.call("look", { at: "x" });
  expect([answer.json.result, answer.status >= 500 || answer.code !== null]).toEqual([undefined, true]);
  line.mend();
  await soon(async () => (await clerk.call("look", { at: "x" })).code === null, 20_000);
}, 60_000);

/** An instance with a key of its own, which knows the fleet by the name that all its gateways have. */
function proving() {
  const key = aKey();
  const make = proofMaker(key);
  const nonces = new Map<House, string>();
  const proof = (at: House, path: string): string =>
    make(
      { method: "POST", url: `http://127.0.0.1:7999${path}`, nonce: nonces.get(at) ?? null, token: null },
      Date.now(),
    );
  async function send(at: House, path: string, body: string | URLSearchParams, headers: Record<string, string>) {
    const response = await fetch(`${at.writ.origin}${path}`, { method: "POST", headers, body });
    nonces.set(at, response.headers.get("dpop-nonce") ?? nonces.get(at) ?? "");
    return { ok: response.ok, json: (await response.json()) as { credential?: string; error?: unknown } };
  }
  return {
    proof,
    async enrol(at: House): Promise<string> {
      const authorization = `Bearer ${readKey(join(at.folder, ".writ"), "launcher")}`;
      const body = JSON.stringify({ agent: "clerk", key: key.verification.jwk });
      const once = () => {
        const dpop = proof(at, "/v1/instances");
        return send(at, "/v1/instances", body, { authorization, dpop, "content-type": "application/json" });
      };
      const first = await once();
      return (first.ok ? first : await once()).json.credential ?? "";
    },
    async exchange(at: House, credential: string, dpop: string): Promise<unknown> {
      const grant_type = "urn:ietf:params:oauth:grant-type:token-exchange";
      const subject_token_type = "urn:ietf:params:oauth:token-type:jwt";
      const form = new URLSearchParams({ grant_type, subject_token_type, subject_token: credential });
      const { ok, json } = await send(at, "/oauth/token", form, { dpop });
      return ok ? "accepted" : json.error;
    },
  };
}

test("a proof that one gateway took is refused there and by the other, though both answer to its address", async () => {
  const { enrol, exchange, proof } = proving();
  const credential = await enrol(one);
  const taken = proof(one, "/oauth/token");
  expect(await exchange(one, credential, taken)).toBe("accepted");
  expect(await exchange(one, credential, taken)).toBe("invalid_dpop_proof");
  expect(await exchange(two, credential, taken)).toBe("use_dpop_nonce");
  // The same holder at the other gateway, with that one's nonce.
  const own = proof(two, "/oauth/token");
  expect(await exchange(two, credential, own)).toBe("accepted");
  expect(await exchange(one, credential, own)).toBe("use_dpop_nonce");
});

const kidOf = (token: string): unknown =>
  (JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()) as { kid?: unknown }).kid;

test("a signing key that is turned on one gateway is turned on the other, and one that is killed is believed by none", async () => {
  const before = await two.task("clerk");
  const [signing, next] = ["signing", "next"].map(
    (state) => async () => (await one.writ.signingKeys.list()).find((key) => key.state === state)?.kid ?? "",
  );
  const [old, coming] = [(await signing?.()) ?? "", (await next?.()) ?? ""];
  expect(kidOf(before.token)).toBe(old);
  // It was published long enough ago.
  await one.writ.store.write(async (tx) => {
    const key = await tx.document("signing_key", coming);
    if (key !== null) await tx.putDocument("signing_key", coming, { ...key, since: key.since - 120_000 }, null);
  });
  await one.writ.signingKeys.rotate("ada");
  await soon(() => two.writ.signingKeys.signing().kid === coming);
  const after = await two.task("clerk");
  expect(kidOf(after.token)).toBe(coming);
  await Promise.all([box(one, before.token), box(one, after.token), box(two, before.token)]);

  await one.writ.signingKeys.kill(coming, "ada", "it got out");
  await soon(() => two.writ.signingKeys.find(coming) === null);
  for (const house of [one, two]) await expect(box(house, after.token)).rejects.toThrow(/no session/);
  const published = await (await fetch(`${two.writ.origin}/.well-known/jwks.json`)).text();
  expect(published).not.toContain(coming);
  expect(kidOf((await two.task("clerk")).token)).toBe(one.writ.signingKeys.signing().kid);
});

test("a gateway with a copy of another's name does not start, and the other goes on", async () => {
  const folder = mkdtempSync(join(tmpdir(), "writ-house-"));
  mkdirSync(join(folder, ".writ"), { mode: 0o700 });
  for (const name of ["keys", "gateway.id"])
    cpSync(join(one.folder, ".writ", name), join(folder, ".writ", name), { recursive: true });
  chmodSync(join(folder, ".writ", "keys"), 0o700);
  const { token, task } = await one.task("clerk");
  const clerk = await box(one, token);
  const hanging = clerk.call("hang", {});
  await soon(() => one.writ.held().calls === 1);
  await expect(openHouse(yaml("WRIT_TEST_STORE_ONE"), {}, folder)).rejects.toMatchObject({
    code: "gateway_twin",
    facts: { origin: one.writ.origin },
  });
  // What the first has under way was not closed as that of a gateway that is gone.
  const page = await one.writ.store.read((tx) => tx.callsIn("admitted", { after: null, limit: 9 }));
  expect(page.items.filter((call) => call.task === task.id)).toHaveLength(1);
  await endTask(one.writ.authority, { task: task.id, by: "ada", why: "done" });
  await hanging;
  rmSync(folder, { recursive: true, force: true });
}, 30_000);

test("everything that one gateway revokes is refused by the other", async () => {
  const tokens = await Promise.all([one.task("clerk"), two.task("clerk")]);
  await revokeSubject(one.writ.authority, { subject: { kind: "agent", id: "clerk" }, by: "ada", why: "test" });
  for (const house of [one, two]) {
    for (const { token } of tokens) await expect(box(house, token)).rejects.toThrow(/no session/);
  }
});

test("calls of a gateway that is gone are closed by the others, and nobody else's", async () => {
  const { store } = one.writ;
  const parts = { store, clock: systemClock, log: createLog({ level: "silent", file: null }) };
  const gone = "gw_gone_gone_1" as GatewayId;
  await store.write(async (tx) => {
    await tx.putDocument("gateway", gone, { id: gone, origin: "x", version: "1", startedAt: 1, beats: 7 }, null);
    const live = "gw_live_live_1" as GatewayId;
    for (const call of [
      aCall("c_gone_read", { gateway: gone }),
      aCall("c_gone_write", { gateway: gone, changes: true }),
      aCall("c_live", { gateway: live, changes: true }),
    ]) {
      await tx.putCall(call);
      await tx.append(anEntry({ call: call.id }));
    }
  });
  const fleet = await joinFleet(parts, { id: "gw_look_look_1" as GatewayId, origin: "y", version: "1" }, true, {
    beatMs: 50,
    leaseMs: 400,
  });
  const state = async (call: string) => (await store.read((tx) => tx.call(id(call))))?.state;
  await soon(async () => (await state("c_gone_write")) === "outcome_unknown");
  expect([await state("c_gone_read"), await state("c_live")]).toEqual(["failed", "admitted"]);
  await soon(async () => (await store.read((tx) => tx.document("gateway", gone))) === null);
  await fleet.leave();
  expect((await store.read((tx) => tx.documents("gateway"))).map((each) => each.id)).not.toContain("gw_look_look_1");
}, 30_000);

test("both gateways have written one chain", async () => {
  const digests = one.writ.authority.digests;
  expect(await verifyLedger(two.writ.store, digests)).toMatchObject({ kind: "intact" });
  const starts = await two.writ.store.read((tx) => tx.ledger({ after: 0, limit: 9, kind: "start" }));
  expect(new Set(starts.map((record) => record.body["gateway"])).size).toBe(2);
});
