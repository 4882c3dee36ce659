import { hash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TOKEN_TYPE, createCredentials } from "../../src/authority/tokens/credentials.ts";
import type { AccessRequest } from "../../src/domain/access-request.ts";
import type { Effects } from "../../src/domain/effect.ts";
import type { AgentName, Digest, InstanceId, PersonName, Sequence, SessionId, TaskId } from "../../src/domain/ids.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import type { Instance } from "../../src/domain/principal.ts";
import type { Task } from "../../src/domain/task.ts";
import type { Shown } from "../../src/ports/credentials.ts";
import { ringOf } from "../../src/authority/tokens/key-ring.ts";
import { systemIds } from "../../src/system/ids.ts";
import { importJwk } from "../../src/wire/jose/jwk.ts";
import { signJwt } from "../../src/wire/jose/sign.ts";
import { byKid, verifyJwt } from "../../src/wire/jose/verify.ts";
import { canonicalize } from "../../src/wire/json/canonical.ts";
import { aKey, hostile, signRaw, twin } from "../wire/jose/forge.ts";

const NOW = 1_800_000_000_000;
const IAT = NOW / 1000;
const ISSUER = "http://127.0.0.1:7420";
const GATEWAY = "http://127.0.0.1:7420/mcp";
const SHOP = "http://127.0.0.1:9001/mcp";
const epoch = 41 as Sequence;
const THUMBPRINT = "thumb-of-the-instance";
/** Shown by whoever holds the key it is bound to. */
const proved = (token: string): Shown => ({ token, proven: THUMBPRINT });
/** Shown by whoever got hold of it. */
const carried = (token: string): Shown => ({ token, proven: null });

const signing = aKey();
const settings = { issuer: ISSUER, trustDomain: "writ.example", keys: ringOf(signing), ids: systemIds };
const credentials = createCredentials(settings);

const instance: Instance = {
  id: "i_one" as InstanceId,
  agent: "clerk" as AgentName,
  owner: "olga" as PersonName,
  thumbprint: THUMBPRINT,
  binding: "proof-of-possession",
  enrolledBy: "launcher",
  strength: 2,
  evidence: null,
  scoped: false,
  enrolledAt: NOW,
  selectors: {},
};
const task: Task = {
  id: "t_one" as TaskId,
  objective: "sort the invoices",
  declaredBy: "owner",
  owner: instance.owner,
  agent: instance.agent,
  instance: instance.id,
  session: "s_one" as SessionId,
  parent: null,
  depth: 0,
  openedAt: NOW,
  deadline: NOW + 3_600_000,
  budget: { calls: 10, writes: 1 },
  used: { calls: 0, writes: 0 },
  state: { kind: "active" },
  version: 1,
};
const good = credentials.mintTask(task, instance, "profile-1", epoch, NOW);
const claims: JsonObject = payloadOf(good.token);
const forged = (change: JsonObject, without: string[] = []): string =>
  signJwt(
    signing,
    TOKEN_TYPE.task,
    Object.fromEntries(Object.entries({ ...claims, ...change }).filter(([name]) => !without.includes(name))),
  );
const codeOf = (token: string, now = NOW): string => {
  const verified = credentials.verifyTask(proved(token), now);
  return verified.kind === "refused" ? verified.reason.code : "verified";
};

describe("a task token", () => {
  test("says who acts, for whom, in which task, and what it is bound to", () => {
    expect(credentials.verifyTask(proved(good.token), NOW)).toEqual({
      kind: "verified",
      value: {
        owner: "olga",
        actor: "spiffe://writ.example/agent/clerk/i_one",
        agent: "clerk",
        instance: "i_one",
        session: "s_one",
        task: "t_one",
        thumbprint: THUMBPRINT,
        binding: "proof-of-possession",
        epoch: 41,
        profile: "profile-1",
        tokenId: good.id,
        keyId: signing.kid,
      },
    });
  });

  test("lives fifteen minutes, and not a second longer", () => {
    expect(good.expiresAt).toBe(NOW + 900_000);
    expect(codeOf(good.token, NOW + 899_999)).toBe("verified");
    expect(codeOf(good.token, NOW + 900_000)).toBe("credential_expired");
  });

  test("never outlives its task", () => {
    const short = credentials.mintTask({ ...task, deadline: NOW + 61_500 }, instance, "p", epoch, NOW);
    expect(short.expiresAt).toBe(NOW + 61_000);
    expect(() => credentials.mintTask({ ...task, deadline: NOW }, instance, "p", epoch, NOW)).toThrow(
      expect.objectContaining({ code: "task_expired" }),
    );
  });

  test.each(hostile(good.token, signing))("with %s is refused", (_, token) => {
    expect(codeOf(token)).toBe("credential_invalid");
  });

  test.each([
    ["no exp", forged({}, ["exp"])],
    ["exp as text", forged({ exp: String(IAT + 60) })],
    ["exp as a fraction", forged({ exp: IAT + 60.5 })],
    ["a negative exp", forged({ exp: -1 })],
    [
      "exp 1e400",
      signRaw(
        signing,
        JSON.stringify(headerOf(good.token)),
        JSON.stringify(claims).replace(/"exp":\d+/, '"exp":1e400'),
      ),
    ],
    ["exp null", forged({ exp: null })],
    ["no iat", forged({}, ["iat"])],
    ["iat as text", forged({ iat: String(IAT) })],
    ["iat 6 s ahead", forged({ iat: IAT + 6, exp: IAT + 60 })],
    ["nbf ahead", forged({ nbf: IAT + 60 })],
    ["nbf as text", forged({ nbf: "0" })],
    ["a life of more than fifteen minutes", forged({ exp: IAT + 901 })],
    ["exp before iat", forged({ iat: IAT, exp: IAT - 1 })],
    ["exp at iat", forged({ exp: IAT })],
    ["times in milliseconds", forged({ iat: NOW, exp: NOW + 60_000 })],
  ])("with %s is refused", (_, token) => {
    expect(codeOf(token)).toBe("credential_invalid");
  });

  test("of a clock just five seconds ahead is accepted, and of one set back further not", () => {
    expect(codeOf(forged({ iat: IAT + 5, exp: IAT + 60 }))).toBe("verified");
    expect(codeOf(good.token, NOW - 5_000)).toBe("verified");
    expect(codeOf(good.token, NOW - 5_001)).toBe("credential_invalid");
  });

  test.each([
    ["no audience", forged({}, ["aud"])],
    ["a list with a foreign audience in it", forged({ aud: [GATEWAY, "https://evil.example"] })],
    ["a list of the one audience", forged({ aud: [GATEWAY] })],
    ["an upstream as audience", forged({ aud: SHOP })],
    ["the issuer as audience", forged({ aud: ISSUER })],
    ["an audience with a slash more", forged({ aud: `${GATEWAY}/` })],
    ["an audience that goes on", forged({ aud: `${GATEWAY}/shop` })],
    ["an audience cut short", forged({ aud: GATEWAY.slice(0, -1) })],
    ["an audience in another case", forged({ aud: GATEWAY.toUpperCase() })],
    ["an audience on another port", forged({ aud: GATEWAY.replace("7420", "7421") })],
    ["no issuer", forged({}, ["iss"])],
    ["another issuer under our key", forged({ iss: "https://evil.example" })],
    ["an issuer with a slash more", forged({ iss: `${ISSUER}/` })],
    ["a list of issuers", forged({ iss: [ISSUER] })],
  ])("with %s is refused", (_, token) => {
    expect(codeOf(token)).toBe("credential_invalid");
  });

  test.each([
    ["no id", forged({}, ["jti"])],
    ["an empty id", forged({ jti: "" })],
    ["no owner", forged({}, ["sub"])],
    ["no task", forged({}, ["task"])],
    ["a task that is no text", forged({ task: { id: "t_one" } })],
    ["no session", forged({}, ["sid"])],
    ["a binding that says nothing", forged({ cnf: {} })],
    ["two bindings at once", forged({ cnf: { jkt: THUMBPRINT, kid: "k" } })],
    ["a binding to another kind of key", forged({ cnf: { "x5t#S256": "abc" } })],
    ["no profile", forged({}, ["cap"])],
    ["no epoch", forged({}, ["ep"])],
    ["an epoch as text", forged({ ep: "41" })],
    ["an actor of another agent", forged({ client_id: "spiffe://writ.example/agent/boss/i_one" })],
    ["an actor of another trust domain", forged({ client_id: "spiffe://evil.example/agent/clerk/i_one" })],
    ["an actor in another case", forged({ client_id: "spiffe://writ.example/agent/Clerk/i_one" })],
  ])("with %s is refused", (_, token) => {
    expect(codeOf(token)).toBe("credential_invalid");
  });

  test("that is bound to a key opens nothing without it, nor with another key", () => {
    expect(credentials.verifyTask(carried(good.token), NOW)).toMatchObject({ reason: { code: "proof_missing" } });
    const other = { token: good.token, proven: "thumb-of-another" };
    expect(credentials.verifyTask(other, NOW)).toMatchObject({ reason: { code: "proof_invalid" } });
  });

  test("of an instance that never proved its key is a bearer token, and says so", () => {
    const bearer = credentials.mintTask(task, { ...instance, binding: "bearer" }, "profile-1", epoch, NOW);
    expect(payloadOf(bearer.token)).not.toHaveProperty("cnf");
    expect(credentials.verifyTask(carried(bearer.token), NOW)).toMatchObject({
      value: { binding: "bearer", thumbprint: null },
    });
    expect(credentials.verifyTask(proved(bearer.token), NOW)).toMatchObject({ reason: { code: "proof_invalid" } });
  });

  test("signed by a key that is not ours is refused, whatever kid it names", () => {
    const thief = aKey();
    expect(codeOf(signJwt(thief, TOKEN_TYPE.task, claims))).toBe("credential_invalid");
    expect(codeOf(signRaw(thief, JSON.stringify(headerOf(good.token)), JSON.stringify(claims)))).toBe(
      "credential_invalid",
    );
  });

  test("a refusal tells its bearer nothing but that it is one", () => {
    for (const token of [forged({ aud: SHOP }), forged({ exp: IAT + 901 }), `${good.token}=`, "x"]) {
      expect(credentials.verifyTask(proved(token), NOW)).toEqual({
        kind: "refused",
        reason: { code: "credential_invalid", facts: {} },
      });
    }
  });

  test("and its twin (r, n−s) are one credential, by issuer and id", () => {
    expect(credentials.verifyTask(proved(twin(good.token)), NOW)).toEqual(
      credentials.verifyTask(proved(good.token), NOW),
    );
  });

  test("that was mutated never verifies, also right after the good one did (property)", () => {
    credentials.verifyTask(proved(good.token), NOW);
    fc.assert(
      fc.property(fc.nat(good.token.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, char) => {
        fc.pre(good.token[at] !== char);
        expect(codeOf(good.token.slice(0, at) + char + good.token.slice(at + 1))).toBe("credential_invalid");
      }),
      { numRuns: 200 },
    );
  });
});

describe("the cache of verified tokens", () => {
  test("never lets a token live longer, nor earlier", () => {
    const fresh = createCredentials(settings);
    const minted = fresh.mintTask(task, instance, "p", epoch, NOW);
    expect(fresh.verifyTask(proved(minted.token), NOW).kind).toBe("verified");
    expect(fresh.verifyTask(proved(minted.token), minted.expiresAt)).toMatchObject({
      reason: { code: "credential_expired" },
    });
    expect(fresh.verifyTask(proved(minted.token), NOW - 6_000)).toMatchObject({
      reason: { code: "credential_invalid" },
    });
    expect(fresh.verifyTask(proved(minted.token), NOW + 1).kind).toBe("verified");
  });

  test("of one kind answers nothing about another", () => {
    const minted = credentials.mintInstance(instance, epoch, NOW);
    expect(credentials.verifyInstance(proved(minted.token), NOW).kind).toBe("verified");
    expect(codeOf(minted.token)).toBe("credential_invalid");
  });

  test("stays bounded, and what fell out still verifies", () => {
    const fresh = createCredentials(settings);
    const first = fresh.mintTask(task, instance, "p", epoch, NOW).token;
    expect(fresh.verifyTask(proved(first), NOW).kind).toBe("verified");
    for (let i = 0; i < 4_200; i++)
      fresh.verifyTask(proved(fresh.mintTask(task, instance, "p", epoch, NOW).token), NOW);
    expect(fresh.verifyTask(proved(first), NOW).kind).toBe("verified");
  }, 60_000);
});

describe("an instance credential", () => {
  const minted = credentials.mintInstance(instance, epoch, NOW);

  test("lives an hour and names its instance, epoch and key", () => {
    expect(minted.expiresAt).toBe(NOW + 3_600_000);
    expect(credentials.verifyInstance(proved(minted.token), NOW)).toEqual({
      kind: "verified",
      value: { instance: "i_one", epoch: 41, keyId: signing.kid, thumbprint: THUMBPRINT },
    });
    expect(payloadOf(minted.token)).toMatchObject({
      iss: ISSUER,
      aud: ISSUER,
      sub: "spiffe://writ.example/agent/clerk/i_one",
      cnf: { jkt: instance.thumbprint },
    });
    expect(credentials.verifyInstance(proved(minted.token), NOW + 3_600_000)).toMatchObject({
      reason: { code: "credential_expired" },
    });
  });

  test("with a subject that is not its instance is refused", () => {
    const token = signJwt(signing, TOKEN_TYPE.instance, {
      ...payloadOf(minted.token),
      sub: "spiffe://writ.example/agent/clerk/i_two",
    });
    expect(credentials.verifyInstance(proved(token), NOW).kind).toBe("refused");
  });
});

describe("an operation credential", () => {
  const canonical = canonicalize({ arguments: { amount: 5, to: "x" }, name: "refund" });
  const request = accessRequest(canonical, { kinds: ["read", "spend"] } as unknown as Effects);
  const minted = credentials.mintOperation(request, SHOP, "policy-9", epoch, NOW);
  const said = payloadOf(minted.token);

  test("is for one call of one tool of one upstream, for thirty seconds", () => {
    expect(said).toEqual({
      iss: ISSUER,
      aud: SHOP,
      iat: IAT,
      exp: IAT + 30,
      jti: minted.id,
      sub: "olga",
      act: { sub: "spiffe://writ.example/agent/clerk/i_one" },
      client_id: "spiffe://writ.example/agent/clerk/i_one",
      authorization_details: [
        {
          type: "mcp_tool_call",
          server: "shop",
          method: "tools/call",
          tool: "refund",
          definition_hash: "sha-256:def",
          params_hash: `sha-256:${hash("sha256", canonical, "base64url")}`,
          effect: "spend",
          max_uses: 1,
        },
      ],
      task: "t_one",
      sid: "s_one",
      dec: "c_one",
      pol: "policy-9",
      cap: "profile-1",
      ep: 41,
    });
    expect(headerOf(minted.token)).toEqual({ alg: "ES256", kid: signing.kid, typ: "at+jwt" });
  });

  test("verifies for its upstream with nothing but the published keys", () => {
    const published = (credentials.jwks()["keys"] as readonly JsonObject[])
      .map((jwk) => importJwk(jwk))
      .filter((key) => typeof key !== "string");
    expect(verifyJwt(minted.token, { typ: "at+jwt", key: byKid(published) }).kind).toBe("verified");
  });

  test.each([
    ["the gateway", GATEWAY],
    ["the issuer", ISSUER],
    ["nobody", ""],
  ])("is never made for %s", (_, audience) => {
    expect(() => credentials.mintOperation(request, audience, "p", epoch, NOW)).toThrow(
      expect.objectContaining({ code: "audience_invalid" }),
    );
  });

  test("has an id of its own each time", () => {
    const ids = new Set(
      Array.from({ length: 100 }, () => credentials.mintOperation(request, SHOP, "p", epoch, NOW).id),
    );
    expect(ids.size).toBe(100);
  });
});

test("no kind of credential is accepted as another", () => {
  const operation = credentials.mintOperation(
    accessRequest("{}", { kinds: ["read"] } as unknown as Effects),
    SHOP,
    "p",
    epoch,
    NOW,
  ).token;
  const ofInstance = credentials.mintInstance(instance, epoch, NOW).token;
  for (const token of [operation, good.token])
    expect(credentials.verifyInstance(proved(token), NOW).kind).toBe("refused");
  for (const token of [operation, ofInstance]) expect(credentials.verifyTask(proved(token), NOW).kind).toBe("refused");
  // Also where every claim is right and only the kind is another.
  for (const typ of ["at+jwt", "agent-instance+jwt", "dpop+jwt", "JWT", "writ-task+JWT"])
    expect(codeOf(signJwt(signing, typ, claims))).toBe("credential_invalid");
});

describe("rotation", () => {
  test("what a retired key signed holds until it expires, and new tokens come from the new key", () => {
    const next = aKey();
    const rotated = createCredentials({ ...settings, keys: ringOf(next, [signing.verification]) });
    expect(rotated.verifyTask(proved(good.token), NOW)).toMatchObject({
      kind: "verified",
      value: { keyId: signing.kid },
    });
    expect(headerOf(rotated.mintTask(task, instance, "p", epoch, NOW).token)).toMatchObject({ kid: next.kid });
    expect((rotated.jwks()["keys"] as readonly JsonObject[]).map((key) => key["kid"])).toEqual([next.kid, signing.kid]);
  });

  test("what a dropped key signed is refused", () => {
    expect(createCredentials({ ...settings, keys: ringOf(aKey()) }).verifyTask(proved(good.token), NOW).kind).toBe(
      "refused",
    );
  });
});

test("every refusal is counted with its reason, and told to nobody else", () => {
  const seen: string[] = [];
  const counting = createCredentials({ ...settings, onRefused: (kind, why) => seen.push(`${kind} ${why}`) });
  counting.verifyTask(proved("x"), NOW);
  counting.verifyTask(proved(forged({ aud: SHOP })), NOW);
  counting.verifyInstance(proved(good.token), NOW);
  counting.verifyTask(proved(good.token), NOW + 900_000);
  expect(seen).toEqual(["task token_not_three_segments", "task audience", "instance header_type", "task expired"]);
});

function payloadOf(token: string): JsonObject {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as JsonObject;
}

function headerOf(token: string): JsonObject {
  return JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()) as JsonObject;
}

function accessRequest(canonical: string, effects: Effects): AccessRequest {
  const verified = credentials.verifyTask(proved(good.token), NOW);
  if (verified.kind === "refused") throw new Error("the token must verify");
  return {
    principal: verified.value,
    effects,
    call: {
      id: "c_one",
      server: "shop",
      method: "tools/call",
      tool: "refund",
      canonical,
      paramsHash: `sha-256:${hash("sha256", canonical, "base64url")}` as Digest,
      definition: { hash: "sha-256:def" },
    },
  } as unknown as AccessRequest;
}
