import { expect, test } from "vitest";
import { endTask } from "../../src/authority/tasks/end-task.ts";
import { authenticateInstance, renewInstance } from "../../src/authority/enrolment/enrol.ts";
import { issueGrant, revokeGrant } from "../../src/authority/tasks/grants.ts";
import { openTask } from "../../src/authority/tasks/open-task.ts";
import { profileOf } from "../../src/authority/profile.ts";
import { renewTask } from "../../src/authority/tasks/renew-task.ts";
import { enable } from "../../src/authority/revocation/bars.ts";
import { EVERYTHING, readSubject, revokeSubject } from "../../src/authority/revocation/revoke.ts";
import type { GrantId, TaskId } from "../../src/domain/ids.ts";
import { standsOn } from "../../src/domain/revocation.ts";
import { createHouse, enrolClerk, openClerkTask, carried } from "./house.ts";

const BY_ADA = { by: "ada", why: "enough" };

test("an agent that the configuration does not name is not enrolled, and nothing is recorded", async () => {
  const house = createHouse();
  await expect(enrolClerk(house, "stranger")).rejects.toMatchObject({ code: "agent_unknown", status: 404 });
  expect(await house.records()).toEqual([]);
});

test("an enrolled instance holds a credential that says which it is, and the record says who vouched", async () => {
  const house = createHouse();
  const { instance, credential } = await enrolClerk(house);
  await expect(authenticateInstance(house, carried(credential.token))).resolves.toMatchObject({
    instance: { id: instance.id, owner: "ada" },
  });
  expect(await house.records("enrolment")).toMatchObject([
    { body: { instance: instance.id, enrolledBy: "launcher", selectors: { pid: "7" } } },
  ]);
});

test("a task that the launcher opens for the owner holds the agent's scope, until its deadline", async () => {
  const house = createHouse();
  const { task, grants, token } = await openClerkTask(house);
  expect(task).toMatchObject({
    declaredBy: "owner",
    owner: "ada",
    budget: { calls: 10, writes: 2 },
    deadline: house.clock.at + 30 * 60_000,
  });
  expect(grants).toMatchObject([
    { tools: ["docs__read_text_file"], uses: 3, origin: "plan", expiresAt: task.deadline },
  ]);
  expect(house.credentials.verifyTask(carried(token.token), house.clock.at)).toMatchObject({
    kind: "verified",
    value: { task: task.id, session: task.session, binding: "bearer" },
  });
  expect(token.expiresAt - house.clock.at).toBeLessThanOrEqual(15 * 60_000);
  expect(await house.records("task_opened")).toHaveLength(1);
});

test("a task that an agent opens by itself is labelled as its own claim, and holds nothing", async () => {
  const house = createHouse();
  const { instance } = await enrolClerk(house);
  const opened = await openTask(house, {
    instance,
    objective: "I am allowed everything",
    declaredBy: "agent-claimed",
    parent: null,
  });
  expect(opened.task.declaredBy).toBe("agent-claimed");
  expect(opened.grants).toEqual([]);
});

test("a child task takes half of what its parent has left, inherits its labels, and gives back what it did not use", async () => {
  const house = createHouse();
  const { task, session, instance } = await openClerkTask(house);
  await house.store.write(async (tx) => {
    await tx.putSession({ ...session, readPrivate: true, denials: 2 });
    await tx.putTask({ ...task, used: { calls: 3, writes: 1 } });
  });
  const child = await openTask(house, { instance, objective: "a part", declaredBy: "agent-claimed", parent: task.id });
  expect(child.session).toMatchObject({ readPrivate: true, denials: 2 });
  expect(child.task).toMatchObject({
    parent: task.id,
    depth: 1,
    budget: { calls: 3, writes: 0 },
    deadline: task.deadline,
  });
  expect(await house.store.read((tx) => tx.task(task.id))).toMatchObject({ used: { calls: 6, writes: 1 } });
  await endTask(house, { task: child.task.id, ...BY_ADA });
  expect(await house.store.read((tx) => tx.task(task.id))).toMatchObject({ used: { calls: 3, writes: 1 } });
});

test("however many children a task opens, it and they never have more calls than it was given", async () => {
  const house = createHouse();
  const { task, instance } = await openClerkTask(house);
  const children = [];
  for (;;) {
    const opened = await openTask(house, {
      instance,
      objective: "a part",
      declaredBy: "agent-claimed",
      parent: task.id,
    }).catch((cause: unknown) => cause as { readonly code: string });
    if ("code" in opened) {
      expect(opened.code).toBe("budget_spent");
      break;
    }
    children.push(opened.task);
  }
  const parent = await house.store.read((tx) => tx.task(task.id));
  const left = (parent?.budget.calls ?? 0) - (parent?.used.calls ?? 0);
  expect(left).toBe(1);
  expect(children.reduce((sum, child) => sum + child.budget.calls, left)).toBe(task.budget.calls);
});

test("a child of another instance's task is refused as if that task did not exist", async () => {
  const house = createHouse();
  const { task } = await openClerkTask(house);
  const { instance } = await enrolClerk(house);
  await expect(
    openTask(house, { instance, objective: "", declaredBy: "agent-claimed", parent: task.id }),
  ).rejects.toMatchObject({ code: "task_unknown" });
});

test("an objective that hides control characters is refused", async () => {
  const house = createHouse();
  const { instance } = await enrolClerk(house);
  await expect(
    openTask(house, { instance, objective: "a\u001b[2Jb", declaredBy: "owner", parent: null }),
  ).rejects.toMatchObject({ code: "objective_invalid" });
});

test("ending a task ends everything below it: grants revoked, credentials dead, one record each", async () => {
  const house = createHouse();
  const { task, instance, token } = await openClerkTask(house);
  const child = await openTask(house, { instance, objective: "", declaredBy: "agent-claimed", parent: task.id });
  const principal = house.credentials.verifyTask(carried(token.token), house.clock.at);
  expect(await endTask(house, { task: task.id, ...BY_ADA })).toEqual([task.id, child.task.id]);
  expect(await house.store.read((tx) => tx.grants(task.id))).toMatchObject([{ revoked: true }]);
  if (principal.kind !== "verified") throw new Error("the token verifies");
  expect(await house.store.read((tx) => tx.revokedAt(standsOn(principal.value)))).toBeGreaterThan(
    principal.value.epoch,
  );
  expect(await house.records("task_ended")).toMatchObject([
    { task: task.id, body: { by: "ada", why: "enough" } },
    { task: child.task.id },
  ]);
});

test("ending a task twice changes nothing, and its first ending stays", async () => {
  const house = createHouse();
  const { task } = await openClerkTask(house);
  await endTask(house, { task: task.id, ...BY_ADA });
  expect(await endTask(house, { task: task.id, by: "eve", why: "again" })).toEqual([]);
  expect(await house.store.read((tx) => tx.task(task.id))).toMatchObject({ state: { by: "ada" } });
  await expect(endTask(house, { task: "t_none" as TaskId, ...BY_ADA })).rejects.toMatchObject({
    code: "task_unknown",
    status: 404,
  });
});

test("a task token is renewed for its own instance only, and while the task may act", async () => {
  const house = createHouse();
  const { task, instance } = await openClerkTask(house);
  const stranger = await enrolClerk(house);
  await expect(renewTask(house, { instance: stranger.instance, task: task.id })).rejects.toMatchObject({
    code: "task_unknown",
  });
  house.clock.at += 60_000;
  expect((await renewTask(house, { instance, task: task.id })).expiresAt).toBeGreaterThan(house.clock.at);
  house.clock.at = task.deadline;
  await expect(renewTask(house, { instance, task: task.id })).rejects.toMatchObject({
    code: "task_expired",
    status: 409,
  });
});

test.each(["task", "session", "instance", "agent", "owner", "all"] as const)(
  "a task whose %s was revoked has ended, and gets no fresh token, ever",
  async (kind) => {
    const house = createHouse();
    const { task, session, instance } = await openClerkTask(house);
    const id = { task: task.id, session: session.id, instance: instance.id, agent: "clerk", owner: "ada", all: "*" }[
      kind
    ];
    await revokeSubject(house, { subject: { kind, id }, ...BY_ADA });
    expect(await house.store.read((tx) => tx.grants(task.id))).toMatchObject([{ revoked: true }]);
    await expect(renewTask(house, { instance, task: task.id })).rejects.toMatchObject({ code: "task_ended" });
    expect((await house.records()).slice(-2)).toMatchObject([{ kind: "revocation" }, { kind: "task_ended" }]);
  },
);

test("a revocation ends nobody else's task", async () => {
  const house = createHouse();
  const [mine, other] = [await openClerkTask(house), await openClerkTask(house)];
  await revokeSubject(house, { subject: { kind: "instance", id: mine.instance.id }, ...BY_ADA });
  await expect(renewTask(house, { instance: other.instance, task: other.task.id })).resolves.toBeDefined();
});

test("a task made under a profile that was revoked has ended, and gets no fresh token", async () => {
  const house = createHouse();
  const { task, instance } = await openClerkTask(house);
  const agent = house.configuration.agents[0];
  if (agent === undefined) throw new Error("the clerk is configured");
  await revokeSubject(house, { subject: { kind: "profile", id: profileOf(agent, house.digests) }, ...BY_ADA });
  await expect(renewTask(house, { instance, task: task.id })).rejects.toMatchObject({ code: "task_ended" });
});

test("panic kills every instance credential; it can be neither used nor renewed", async () => {
  const house = createHouse();
  const { credential } = await enrolClerk(house);
  await revokeSubject(house, { subject: EVERYTHING, ...BY_ADA });
  await expect(authenticateInstance(house, carried(credential.token))).rejects.toMatchObject({
    code: "credential_revoked",
  });
  await expect(renewInstance(house, carried(credential.token))).rejects.toMatchObject({ code: "credential_revoked" });
  await expect(enrolClerk(house)).rejects.toMatchObject({ code: "panic", status: 403 });
  await enable(house, { subject: EVERYTHING, by: "ada", why: "over" });
  await expect(
    enrolClerk(house).then(({ credential: next }) => authenticateInstance(house, carried(next.token))),
  ).resolves.toBeDefined();
  await expect(authenticateInstance(house, carried(credential.token))).rejects.toMatchObject({
    code: "credential_revoked",
  });
  expect(await house.records("revocation")).toMatchObject([{ body: { subject: "all", id: "*", by: "ada" } }]);
});

test("an instance credential is refused after its hour, and renewed before it", async () => {
  const house = createHouse();
  const { credential } = await enrolClerk(house);
  house.clock.at += 50 * 60_000;
  const renewed = await renewInstance(house, carried(credential.token));
  house.clock.at += 20 * 60_000;
  await expect(authenticateInstance(house, carried(credential.token))).rejects.toMatchObject({
    code: "credential_expired",
  });
  await expect(authenticateInstance(house, carried(renewed.credential.token))).resolves.toBeDefined();
});

test("a task token is no instance credential", async () => {
  const house = createHouse();
  const { token } = await openClerkTask(house);
  await expect(authenticateInstance(house, carried(token.token))).rejects.toMatchObject({ code: "credential_invalid" });
});

test("an operator's grant ends with its task, and a revoked one stays revoked", async () => {
  const house = createHouse();
  const { task } = await openClerkTask(house);
  const draft = {
    tools: ["shop__get_order"],
    constraints: [],
    uses: null,
    origin: "approval",
    issuedBy: "otto",
  } as const;
  const grant = await issueGrant(house, { task: task.id, draft });
  expect(grant.expiresAt).toBe(task.deadline);
  await revokeGrant(house, { grant: grant.id, ...BY_ADA });
  await revokeGrant(house, { grant: grant.id, ...BY_ADA });
  expect(await house.records("grant_revoked")).toHaveLength(1);
  await expect(revokeGrant(house, { grant: "g_none" as GrantId, ...BY_ADA })).rejects.toMatchObject({
    code: "grant_unknown",
  });
  await endTask(house, { task: task.id, ...BY_ADA });
  await expect(issueGrant(house, { task: task.id, draft })).rejects.toMatchObject({ code: "task_ended" });
});

test("only known kinds of subject can be revoked, and everything only as everything", () => {
  expect(() => readSubject("tasks", "t_1")).toThrow(/nothing that can be revoked/);
  expect(() => readSubject("all", "t_1")).toThrow();
  expect(() => readSubject("task", "*")).toThrow();
  expect(readSubject("agent", "clerk")).toEqual({ kind: "agent", id: "clerk" });
});
