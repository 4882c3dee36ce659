import { expect, test } from "vitest";
import { refreshGrant } from "../../../src/authority/people/refresh-grant.ts";
import { namedBy, offerStepUp } from "../../../src/authority/people/step-up.ts";
import { type Begun, beginSignIn, endSignIn } from "../../../src/authority/people/sign-ins.ts";
import type { JsonObject } from "../../../src/domain/json.ts";
import type { PersonName } from "../../../src/domain/ids.ts";
import type { AuthorizationCode } from "../../../src/domain/sign-in.ts";
import { carried, createHouse, type House } from "../house.ts";

const GATEWAY = "http://127.0.0.1:7420/mcp";
const CLIENT = { id: "app", name: "app", redirectUris: ["http://127.0.0.1/cb"], agent: "clerk" as never };

function houseWith(clients = `[{ id: app, redirect_uris: ["http://127.0.0.1/cb"] }]`): House {
  return createHouse(`
owner: ada
people: { dana: { roles: [viewer] } }
servers: { shop: { url: "http://127.0.0.1:9/mcp" }, docs: { command: docs } }
agents: { clerk: { scope: [{ tools: [shop__get_order, docs__read] }], clients: ${clients} } }
`);
}

function signIn(
  house: House,
  changes: { owner?: string; client?: string; resource?: string; proven?: string } = {},
): Promise<Begun> {
  const code: AuthorizationCode = {
    request: {
      id: "r",
      client: { ...CLIENT, id: changes.client ?? "app" },
      redirectUri: "http://127.0.0.1/cb",
      state: null,
      challenge: "",
      resource: changes.resource ?? GATEWAY,
      scope: null,
      stepUp: null,
      until: house.clock.at + 1_000,
    },
    owner: (changes.owner ?? "dana") as PersonName,
    objective: "",
    until: house.clock.at + 1_000,
  };
  const more = { gateway: GATEWAY, proven: changes.proven ?? null };
  return house.store.write((tx) => beginSignIn(house, tx, code, more));
}

async function refresh(house: House, { signIn: { id } }: Begun, proven: string | null = null): Promise<string> {
  const token = "wr_token-of-this-test";
  const key = house.digests.keyed(token);
  await house.store.write((tx) =>
    tx.putDocument("sign_in_token", key, { signIn: id, used: false }, house.clock.at + 1e6),
  );
  const params = new Map([["refresh_token", token]]);
  const asked = { params, client: { kind: "public", id: "app" } as const, proven, vouched: false };
  return refreshGrant.run(house.tokens, asked).then(
    (answer) => answer.token_type,
    (error: { code: string }) => error.code,
  );
}

test("a sign-in for one server's address starts with that server's tools only", async () => {
  const { opened } = await signIn(houseWith(), { resource: `${GATEWAY}/shop` });
  expect(opened.grants.map((grant) => grant.tools)).toEqual([["shop__get_order"]]);
});

test("while an earlier task of the same client and person runs, a new session has its labels; nobody else's has", async () => {
  const house = houseWith();
  const { opened } = await signIn(house);
  await house.store.write((tx) => tx.putSession({ ...opened.session, readPrivate: true, denials: 3 }));
  expect((await signIn(house)).opened.session).toMatchObject({ readPrivate: true, readUntrusted: false, denials: 3 });
  expect((await signIn(house, { owner: "ada" })).opened.session).toMatchObject({ readPrivate: false, denials: 0 });
  expect((await signIn(house, { client: "other" })).opened.session).toMatchObject({ readPrivate: false, denials: 0 });
});

test("a refresh token of a bound sign-in is refused without its key, and with another", async () => {
  const house = houseWith();
  const begun = await signIn(house, { proven: "its-key" });
  expect(await refresh(house, begun)).toBe("invalid_grant");
  expect(await refresh(house, begun, "another-key")).toBe("invalid_grant");
  expect(await refresh(house, begun, "its-key")).toBe("DPoP");
});

test("a refresh token of a bearer sign-in is refused with a key: a sign-in does not change how it is held", async () => {
  const house = houseWith();
  expect(await refresh(house, await signIn(house), "a-key")).toBe("invalid_grant");
});

test("a client or a person that was taken out of the configuration is not served on", async () => {
  const house = houseWith();
  const begun = await signIn(house);
  const tokens = { ...house.tokens, configuration: houseWith("[]").configuration };
  expect(await refresh({ ...house, tokens }, begun)).toBe("invalid_grant");
  const without = { ...house.tokens, configuration: { ...house.configuration, people: [] } };
  expect(await refresh({ ...house, tokens: without }, begun)).toBe("invalid_grant");
  expect(await refresh(house, begun)).toBe("Bearer");
});

test("a sign-in is ended once, with its instance and its task", async () => {
  const house = houseWith();
  const begun = await signIn(house);
  const asked = { by: "writ", why: "a test" };
  await Promise.all([endSignIn(house, begun.signIn.id, asked), endSignIn(house, begun.signIn.id, asked)]);
  expect(await house.records("sign_in_revoked")).toHaveLength(1);
  expect(await house.records("revocation")).toHaveLength(1);
  expect((await house.store.read((tx) => tx.task(begun.signIn.task)))?.state.kind).toBe("ended");
  expect(await refresh(house, begun)).toBe("invalid_grant");
});

function offer(house: House, { opened }: Begun, args: JsonObject): Promise<string | null> {
  const verified = house.credentials.verifyTask(carried(opened.token.token), house.clock.at);
  if (verified.kind === "refused") throw new Error(verified.reason.code);
  const draft = {
    server: "shop" as never,
    tool: "get_order" as never,
    method: "tools/call",
    params: { name: "get_order", arguments: args },
    clientKey: null,
    door: "mcp",
    protocol: "2025-11-25",
  } as const;
  return offerStepUp(house, { principal: verified.value, draft, resource: GATEWAY, policyVersion: "v1" });
}

test("a denied call is offered once in ten minutes, and what was offered is good for no longer", async () => {
  const house = houseWith();
  const begun = await signIn(house);
  const scope = (await offer(house, begun, { id: 1 })) ?? "";
  const asked = { scope, client: "app", resource: GATEWAY };
  expect(await namedBy(house, asked)).toMatchObject({ tool: "shop__get_order", arguments: { id: 1 } });
  expect(await offer(house, begun, { id: 1 })).toBeNull();
  house.clock.at += 10 * 60_000;
  expect(await namedBy(house, asked)).toBeNull();
  expect(await offer(house, begun, { id: 1 })).toMatch(/^call:/);
});

test("an agent that is denied again and again does not fill the store, and nobody is asked about what they cannot read", async () => {
  const house = houseWith();
  const begun = await signIn(house);
  expect(await offer(house, begun, { note: "x".repeat(5_000) })).toBeNull();
  for (let id = 0; id < 30; id++) await offer(house, begun, { id });
  expect(await house.store.read((tx) => tx.documents("step_up"))).toHaveLength(20);
});

test("a client that was taken out of the configuration is not sent back with a call", async () => {
  const house = houseWith();
  const begun = await signIn(house);
  expect(await offer({ ...house, configuration: houseWith("[]").configuration }, begun, { id: 1 })).toBeNull();
});
