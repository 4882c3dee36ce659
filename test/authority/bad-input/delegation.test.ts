import { describe, expect, test } from "vitest";
import { endTask } from "../../../src/authority/tasks/end-task.ts";
import { revokeSubject } from "../../../src/authority/revocation/revoke.ts";
import { delegate } from "../../../src/authority/tasks/delegate.ts";
import { TOKEN_TYPE, createCredentials } from "../../../src/authority/tokens/credentials.ts";
import type { Constraint } from "../../../src/domain/constraint.ts";
import type { Wanted } from "../../../src/domain/delegation.ts";
import type { Json, JsonObject } from "../../../src/domain/json.ts";
import { generateSigningJwk, signingKey, signJwt } from "../../../src/wire/jose/sign.ts";
import { ringOf } from "../../../src/authority/tokens/key-ring.ts";
import { systemIds } from "../../../src/system/ids.ts";
import { handOver, HANDBOOK, principalOf, verified } from "../hand-over.ts";
import { createHouse, enrolClerk, type House, openClerkTask, ORIGIN } from "../house.ts";

const glob = (pattern: string): Constraint => ({ kind: "glob", argument: "path", pattern, base: "/srv/desk" });
const exact = (value: Json): Constraint => ({ kind: "exact", argument: "path", value });

describe("widening", () => {
  test.each<[string, Wanted]>([
    ["another tool", { ...HANDBOOK, tools: ["docs__write_file"] }],
    ["every tool of the server", { ...HANDBOOK, tools: ["docs__*"] }],
    ["the same tool and one more", { ...HANDBOOK, tools: ["docs__read_text_file", "shop__get_order"] }],
    ["no tool at all", { ...HANDBOOK, tools: [] }],
    ["no limit where the parent has one", { ...HANDBOOK, constraints: [] }],
    ["the folder above", { ...HANDBOOK, constraints: [glob("/srv/desk/**")] }],
    ["a folder that begins alike", { ...HANDBOOK, constraints: [glob("/srv/desk/sample2/**")] }],
    ["a path outside", { ...HANDBOOK, constraints: [exact("/etc/passwd")] }],
    ["a path that climbs out", { ...HANDBOOK, constraints: [exact("sample/../../../etc/passwd")] }],
    [
      "one path inside and one outside",
      { ...HANDBOOK, constraints: [{ kind: "one_of", argument: "path", values: ["sample/a", "/etc/b"] }] },
    ],
    ["a list with a path outside", { ...HANDBOOK, constraints: [exact(["sample/a", "/etc/b"])] }],
    [
      "a prefix, where paths are limited",
      { ...HANDBOOK, constraints: [{ kind: "prefix", argument: "path", prefix: "/srv/desk/sample/" }] },
    ],
    [
      "the limit on another argument",
      {
        ...HANDBOOK,
        constraints: [{ kind: "glob", argument: "target", pattern: "/srv/desk/sample/**", base: "/srv/desk" }],
      },
    ],
    [
      "a kind of limit nobody knows",
      { ...HANDBOOK, constraints: [{ kind: "regex", argument: "path", pattern: "^/srv/desk/sample/" } as never] },
    ],
    ["a limit called __proto__", { ...HANDBOOK, constraints: [{ kind: "__proto__", argument: "path" } as never] }],
    ["uses without number", { ...HANDBOOK, uses: null }],
    ["more uses than are left", { ...HANDBOOK, uses: 4 }],
    ["a negative number of uses", { ...HANDBOOK, uses: -1 }],
  ])("%s is refused, and the parent keeps what it had", async (_, wanted) => {
    const house = createHouse();
    const parent = await openClerkTask(house);
    await expect(handOver(house, parent, { agent: "other", grants: [wanted] })).rejects.toMatchObject({
      code: "delegation_widens",
      status: 403,
    });
    expect(await house.store.read((tx) => tx.grants(parent.task.id))).toMatchObject([{ used: 0 }]);
    expect(await house.store.read((tx) => tx.childTasks(parent.task.id))).toEqual([]);
  });

  test.each([
    ["more calls than are left", { calls: 11, writes: 0 }],
    ["more changing calls than are left", { calls: 1, writes: 3 }],
    ["no calls", { calls: 0, writes: 0 }],
    ["a negative budget", { calls: 1, writes: -5 }],
    ["half a call", { calls: 1.5, writes: 0 }],
    ["an endless budget", { calls: Number.POSITIVE_INFINITY, writes: 0 }],
  ])("a budget of %s is refused", async (_, budget) => {
    const house = createHouse();
    const parent = await openClerkTask(house);
    await expect(handOver(house, parent, { agent: "other", budget })).rejects.toMatchObject({ code: "budget_spent" });
    expect(await house.store.read((tx) => tx.task(parent.task.id))).toMatchObject({ used: { calls: 0, writes: 0 } });
  });

  test("a life longer than the parent's is cut to it", async () => {
    const house = createHouse();
    const parent = await openClerkTask(house);
    const child = await handOver(house, parent, { agent: "other", lifetimeMs: 99 * 3_600_000 });
    expect(child.task.deadline).toBe(parent.task.deadline);
    await expect(handOver(house, parent, { agent: "other", lifetimeMs: -1 })).rejects.toMatchObject({
      code: "lifetime_invalid",
    });
  });

  test("what was split off cannot be widened again one level further down", async () => {
    const house = createHouse();
    const parent = await openClerkTask(house);
    const narrow = { ...HANDBOOK, constraints: [glob("/srv/desk/sample/may/**")], uses: 2 };
    const child = await handOver(house, parent, { agent: "other", grants: [narrow] });
    await expect(handOver(house, child, { agent: "clerk", grants: [HANDBOOK] })).rejects.toMatchObject({
      code: "delegation_widens",
    });
  });
});

describe("chains", () => {
  test("a fifth hand is one too many, and its refusal says so", async () => {
    const house = createHouse();
    let last = await openClerkTask(house);
    await house.store.write((tx) => tx.putTask({ ...last.task, budget: { calls: 1_000, writes: 0 } }));
    for (const agent of ["other", "clerk", "other"]) last = { ...last, ...(await handOver(house, last, { agent })) };
    expect(last.task.delegators).toHaveLength(3);
    expect(principalOf(house, last.token.token).delegators).toHaveLength(3);
    await expect(handOver(house, last, { agent: "clerk" })).rejects.toMatchObject({
      code: "delegation_too_deep",
      status: 409,
    });
  });

  test("a hand that stands in the chain already is a loop", async () => {
    const house = createHouse();
    const parent = await openClerkTask(house);
    const child = await handOver(house, parent, { agent: "other" });
    await expect(
      delegate(house, {
        subject: principalOf(house, child.token.token),
        actor: verified(house, parent.credential.token),
        objective: "",
        grants: [],
      }),
    ).rejects.toMatchObject({ code: "delegation_loop", status: 409 });
  });

  test("an instance of somebody else's is no hand of this owner's", async () => {
    const house = createHouse();
    const parent = await openClerkTask(house);
    const { instance, credential } = await enrolClerk(house, "other");
    await house.store.write((tx) => tx.putInstance({ ...instance, owner: "eve" as never }));
    await expect(
      delegate(house, {
        subject: principalOf(house, parent.token.token),
        actor: verified(house, credential.token),
        objective: "",
        grants: [],
      }),
    ).rejects.toMatchObject({ code: "delegation_foreign", status: 403 });
  });
});

describe("a parent that is over", () => {
  test("ended: nothing is handed down, though its token has not expired", async () => {
    const house = createHouse();
    const parent = await openClerkTask(house);
    await endTask(house, { task: parent.task.id, by: "ada", why: "" });
    await expect(handOver(house, parent, { agent: "other" })).rejects.toMatchObject({ code: "task_ended" });
  });

  test("expired: nothing is handed down, though nobody has swept it", async () => {
    const house = createHouse();
    const parent = await openClerkTask(house);
    const subject = principalOf(house, parent.token.token);
    const { credential } = await enrolClerk(house, "other");
    const actor = verified(house, credential.token);
    house.clock.at = parent.task.deadline;
    await expect(delegate(house, { subject, actor, objective: "", grants: [] })).rejects.toMatchObject({
      code: "task_expired",
    });
  });

  test.each(["key", "profile", "owner", "session"] as const)("its %s revoked: nothing is handed down", async (kind) => {
    const house = createHouse();
    const parent = await openClerkTask(house);
    const subject = principalOf(house, parent.token.token);
    const id = { key: subject.keyId, profile: subject.profile, owner: "ada", session: subject.session }[kind];
    await house.store.write((tx) => tx.revoke({ kind, id }));
    const { credential } = await enrolClerk(house, "other");
    const actor = verified(house, credential.token);
    await expect(delegate(house, { subject, actor, objective: "", grants: [] })).rejects.toMatchObject({
      code: "credential_revoked",
      status: 401,
    });
  });

  test("an actor whose credential was revoked gets nothing", async () => {
    const house = createHouse();
    const parent = await openClerkTask(house);
    const { instance, credential } = await enrolClerk(house, "other");
    const actor = verified(house, credential.token);
    await revokeSubject(house, { subject: { kind: "instance", id: instance.id }, by: "ada", why: "" });
    await expect(
      delegate(house, { subject: principalOf(house, parent.token.token), actor, objective: "", grants: [] }),
    ).rejects.toMatchObject({ code: "credential_revoked" });
  });
});

describe("an `act` that a token of ours would never have", () => {
  async function refused(house: House, act: Json): Promise<unknown> {
    const signing = signingKey(generateSigningJwk());
    if (signing === null) throw new Error("no key");
    const credentials = createCredentials({
      issuer: ORIGIN,
      trustDomain: "writ.local",
      keys: ringOf(signing),
      ids: systemIds,
    });
    const { task, instance } = await openClerkTask(house);
    const good = credentials.mintTask(task, instance, "p", 1 as never, house.clock.at);
    const claims = JSON.parse(Buffer.from(good.token.split(".")[1] ?? "", "base64url").toString()) as JsonObject;
    expect(credentials.inspectTask(good.token, house.clock.at).kind).toBe("verified");
    return credentials.inspectTask(signJwt(signing, TOKEN_TYPE.task, { ...claims, act }), house.clock.at).kind;
  }
  const other = "spiffe://writ.local/agent/other/i_2";
  const deep = (levels: number): JsonObject => (levels === 0 ? { sub: other } : { sub: other, act: deep(levels - 1) });

  test.each<[string, Json]>([
    ["another actor outermost", { sub: other }],
    ["no actor at all", {}],
    ["text for an actor", other],
    ["a list of actors", [{ sub: other }]],
    ["an actor of another trust domain", { sub: "spiffe://evil.example/agent/clerk/i_1" }],
    ["an actor with dot segments", { sub: "spiffe://writ.local/agent/clerk/../clerk/i_1" }],
    ["more hands than a chain has", deep(9)],
  ])("%s is refused", async (_, act) => expect(await refused(createHouse(), act)).toBe("refused"));

  test("a chain of the right actor with one hand too many, or with more said of it, is refused", async () => {
    const house = createHouse();
    const signing = signingKey(generateSigningJwk());
    if (signing === null) throw new Error("no key");
    const credentials = createCredentials({
      issuer: ORIGIN,
      trustDomain: "writ.local",
      keys: ringOf(signing),
      ids: systemIds,
    });
    const { task, instance } = await openClerkTask(house);
    const good = credentials.mintTask(task, instance, "p", 1 as never, house.clock.at);
    const claims = JSON.parse(Buffer.from(good.token.split(".")[1] ?? "", "base64url").toString()) as JsonObject;
    const own = claims["act"] as JsonObject;
    const kind = (act: Json) =>
      credentials.inspectTask(signJwt(signing, TOKEN_TYPE.task, { ...claims, act }), house.clock.at).kind;
    expect(kind({ ...own, act: deep(2) })).toBe("verified");
    expect(kind({ ...own, act: deep(3) })).toBe("refused");
    expect(kind({ ...own, role: "admin" })).toBe("refused");
    expect(kind({ ...own, act: { sub: "root" } })).toBe("refused");
    expect(kind({ ...own, act: null })).toBe("refused");
  });
});
