import * as oauth from "oauth4webapi";
import * as client from "openid-client";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AccessRequest } from "../../../src/domain/access-request.ts";
import type { Principal } from "../../../src/domain/principal.ts";
import type { Task } from "../../../src/domain/task.ts";
import { form, keyedInstance, type KeyedInstance } from "./agent.ts";
import { type ClientDesk, openClientDesk } from "./client.ts";

const SHOP = "http://127.0.0.1:9001/mcp";
const ACTIVE = { active: true };
const INACTIVE = { active: false };

let office: ClientDesk;
let instance: KeyedInstance;
let taskToken: string;
let principal: Principal;

beforeEach(async () => {
  office = await openClientDesk();
  instance = await keyedInstance(office.desk);
  taskToken = String((await instance.exchange()).json["access_token"]);
  const { house } = office.desk;
  const verified = house.credentials.inspectTask(taskToken, house.clock.at);
  if (verified.kind === "refused") throw new Error(verified.reason.code);
  principal = verified.value;
});
afterEach(() => office.desk.close());

/** A call that is under way, and the credential made for it. */
async function underWay(): Promise<{ readonly token: string; end(): Promise<void> }> {
  const { house } = office.desk;
  const id = house.ids.mint("call");
  const call = { id, server: "shop", tool: "order", method: "tools/call", definition: null, paramsHash: "sha-256:x" };
  const request = { principal, call, effects: { kinds: ["spend"] } } as unknown as AccessRequest;
  const put = (state: "admitted" | "completed"): Promise<void> =>
    house.store.write((tx) =>
      tx.putCall({
        id,
        task: principal.task,
        session: principal.session,
        gateway: "g_1" as never,
        clientKey: null,
        digest: "sha-256:x" as never,
        grant: null,
        changes: true,
        tool: "shop__order",
        admittedAt: house.clock.at,
        state,
      }),
    );
  await put("admitted");
  const epoch = await house.store.read((tx) => tx.sequence());
  const { token } = house.credentials.mintOperation(request, SHOP, "v1", epoch, house.clock.at);
  return { token, end: () => put("completed") };
}
const taskOf = (): Promise<Task | null> => office.desk.house.store.read((tx) => tx.task(principal.task));

describe("introspection", () => {
  test("tells a server what a credential made for it is, while its call is under way", async () => {
    const { token, end } = await underWay();
    const { json } = await office.introspect(token);
    expect(json).toMatchObject({ ...ACTIVE, aud: SHOP, sub: "ada", task: principal.task, client_id: principal.actor });
    await end();
    expect((await office.introspect(token)).json).toEqual(INACTIVE);
  });

  test.each(["task", "session", "instance", "agent", "owner"] as const)(
    "tells of a credential whose %s was revoked since that it is not active",
    async (kind) => {
      const { token } = await underWay();
      await office.desk.house.store.write((tx) => tx.revoke({ kind, id: principal[kind] }));
      expect((await office.introspect(token)).json).toEqual(INACTIVE);
    },
  );

  test("tells of one whose key was killed that it is not active", async () => {
    const { token } = await underWay();
    await office.desk.signingKeys.kill(office.desk.signingKeys.signing().kid, "otto", "");
    expect((await office.introspect(token)).json).toEqual(INACTIVE);
  });

  test("tells of a credential that is over, was cut short, or is none of ours, the same", async () => {
    const { token } = await underWay();
    for (const other of [token.slice(0, -1), `${token}=`, "x", taskToken, instance.credential])
      expect((await office.introspect(other)).json).toEqual(INACTIVE);
    office.desk.house.clock.at += 30_000;
    expect((await office.introspect(token)).json).toEqual(INACTIVE);
  });

  test("tells a server that it was not made for nothing but that it is not active", async () => {
    const { token } = await underWay();
    const foreign = office.assertion({ iss: "docs-api", sub: "docs-api" }, [], office.other);
    expect((await office.introspect(token, foreign)).json).toEqual(INACTIVE);
  });

  test("answers nobody who does not prove itself, and no client without the right", async () => {
    const { token } = await underWay();
    const answer = await form(office.desk, "/oauth/introspect", { token, client_id: "shop-api" });
    expect([answer.status, answer.json["error"]]).toEqual([401, "invalid_client"]);
    const mute = office.assertion({ iss: "mute", sub: "mute" }, [], office.other);
    expect((await office.introspect(token, mute)).json["error"]).toBe("unauthorized_client");
  });

  test("openid-client asks with private_key_jwt", async () => {
    const { token } = await underWay();
    const { jwk } = office.shop;
    const algorithm = { name: "ECDSA", namedCurve: "P-256" };
    const key = await crypto.subtle.importKey("jwk", { ...jwk } as object, algorithm, false, ["sign"]);
    const config = await client.discovery(
      new URL(office.desk.origin),
      "shop-api",
      undefined,
      client.PrivateKeyJwt({ key, kid: office.shop.kid }),
      { algorithm: "oauth2", execute: [client.allowInsecureRequests] },
    );
    expect(await client.tokenIntrospection(config, token)).toMatchObject({ ...ACTIVE, aud: SHOP });
    await client.tokenRevocation(config, token);
    expect(await client.tokenIntrospection(config, token)).toMatchObject(ACTIVE);
  });

  test("oauth4webapi accepts the credential as an independent resource server, for its own audience alone", async () => {
    const { token } = await underWay();
    const insecure = { [oauth.allowInsecureRequests]: true };
    const issuer = new URL(office.desk.origin);
    const found = await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...insecure });
    const server = await oauth.processDiscoveryResponse(issuer, found);
    const asked = (): Request => new Request(SHOP, { headers: { authorization: `Bearer ${token}` } });
    const claims = await oauth.validateJwtAccessToken(server, asked(), SHOP, insecure);
    expect(claims).toMatchObject({ sub: "ada", client_id: principal.actor, aud: SHOP });
    await expect(oauth.validateJwtAccessToken(server, asked(), "urn:other", insecure)).rejects.toThrow();
    const bound = new Request(SHOP, { headers: { authorization: `Bearer ${taskToken}` } });
    await expect(oauth.validateJwtAccessToken(server, bound, SHOP, insecure)).rejects.toThrow();
  });
});

describe("revocation by the holder", () => {
  const revoke = (token: string, headers: Record<string, string> = {}) =>
    form(office.desk, "/oauth/revoke", { token }, headers);
  const proven = (by: KeyedInstance): Record<string, string> => ({
    dpop: by.proof({ url: `${office.desk.origin}/oauth/revoke` }),
  });

  test("of a task token ends its task", async () => {
    expect((await revoke(taskToken, proven(instance))).status).toBe(200);
    expect((await taskOf())?.state).toMatchObject({ kind: "ended", by: principal.actor });
  });

  test("of an instance credential ends the instance and its tasks", async () => {
    await revoke(instance.credential, proven(instance));
    expect((await instance.exchange()).json["code"]).toBe("credential_revoked");
    expect((await taskOf())?.state.kind).toBe("ended");
  });

  test("by somebody else is answered the same, and nothing happens", async () => {
    const other = await keyedInstance(office.desk);
    const answers = await Promise.all([
      revoke(taskToken),
      revoke(taskToken, proven(other)),
      revoke("unknown"),
      revoke(`${taskToken}=`),
    ]);
    expect(answers.map(({ status, text }) => [status, text])).toEqual(answers.map(() => [200, "{}"]));
    expect((await taskOf())?.state.kind).toBe("active");
    expect(await office.desk.house.records("revocation")).toEqual([]);
  });
});
