import { expect, test } from "vitest";
import { renewTask } from "../../src/authority/tasks/renew-task.ts";
import { delegate } from "../../src/authority/tasks/delegate.ts";
import { endTask } from "../../src/authority/tasks/end-task.ts";
import { revokeGrant } from "../../src/authority/tasks/grants.ts";
import { openTask } from "../../src/authority/tasks/open-task.ts";
import { revokeSubject } from "../../src/authority/revocation/revoke.ts";
import { standsOn } from "../../src/domain/revocation.ts";
import { standing } from "../../src/domain/task.ts";
import { enrolClerk, openClerkTask, createHouse } from "./house.ts";
import { handOver, HANDBOOK, principalOf, verified } from "./hand-over.ts";

const BY_ADA = { by: "ada", why: "enough" };

test("a sub-agent gets a task of its own, with a part of what its parent holds and nothing of its own scope", async () => {
  const house = createHouse();
  const parent = await openClerkTask(house);
  const child = await handOver(house, parent, { agent: "other", grants: [{ ...HANDBOOK, uses: 2 }] });
  expect(child.task).toMatchObject({
    parent: parent.task.id,
    agent: "other",
    owner: "ada",
    depth: 1,
    declaredBy: "agent-claimed",
    deadline: parent.task.deadline,
    delegators: [{ agent: "clerk", instance: parent.instance.id }],
    budget: { calls: 5, writes: 1 },
  });
  expect(child.grants).toMatchObject([
    { tools: ["docs__read_text_file"], uses: 2, origin: "delegation", from: parent.grants[0]?.id },
  ]);
  expect(await house.store.read((tx) => tx.grants(parent.task.id))).toMatchObject([{ uses: 3, used: 2 }]);
  expect(await house.store.read((tx) => tx.task(parent.task.id))).toMatchObject({ used: { calls: 5, writes: 1 } });
  expect((await house.records("task_opened")).at(-1)?.body).toMatchObject({
    delegators: [{ agent: "clerk", instance: parent.instance.id }],
    grants: [{ origin: "delegation", from: parent.grants[0]?.id }],
  });
});

test("the child's token names who acts outermost and who handed it down inside, and is bound to the child's own key", async () => {
  const house = createHouse();
  const parent = await openClerkTask(house);
  const child = await handOver(house, parent, { agent: "other" });
  const claims = JSON.parse(Buffer.from(child.token.token.split(".")[1] ?? "", "base64url").toString());
  expect(claims).toMatchObject({
    sub: "ada",
    client_id: `spiffe://writ.local/agent/other/${child.instance.id}`,
    act: {
      sub: `spiffe://writ.local/agent/other/${child.instance.id}`,
      act: { sub: `spiffe://writ.local/agent/clerk/${parent.instance.id}` },
    },
    cnf: { jkt: child.instance.thumbprint },
  });
  expect(principalOf(house, child.token.token)).toMatchObject({
    agent: "other",
    instance: child.instance.id,
    delegators: [{ agent: "clerk", instance: parent.instance.id }],
  });
});

test("a child inherits the labels and denials of its parent's session", async () => {
  const house = createHouse();
  const parent = await openClerkTask(house);
  await house.store.write((tx) =>
    tx.putSession({ ...parent.session, readPrivate: true, readUntrusted: true, denials: 4 }),
  );
  const child = await handOver(house, parent, { agent: "other" });
  expect(child.session).toMatchObject({ readPrivate: true, readUntrusted: true, sent: false, denials: 4 });
});

test("what a child did not use goes back to its parent, uses and budget, once", async () => {
  const house = createHouse();
  const parent = await openClerkTask(house);
  const child = await handOver(house, parent, { agent: "other", grants: [{ ...HANDBOOK, uses: 2 }] });
  await house.store.write(async (tx) => {
    for (const grant of await tx.grants(child.task.id)) await tx.putGrant({ ...grant, used: 1 });
    await tx.putTask({ ...child.task, used: { calls: 1, writes: 0 } });
  });
  await endTask(house, { task: child.task.id, ...BY_ADA });
  await endTask(house, { task: child.task.id, ...BY_ADA });
  expect(await house.store.read((tx) => tx.grants(parent.task.id))).toMatchObject([{ uses: 3, used: 1 }]);
  expect(await house.store.read((tx) => tx.task(parent.task.id))).toMatchObject({ used: { calls: 1, writes: 0 } });
});

test("however much is handed down, all hands together have no more calls, writes or uses than the owner gave", async () => {
  const house = createHouse();
  const parent = await openClerkTask(house);
  const children = [];
  for (const uses of [1, 1, 1, 1]) {
    const child = await handOver(house, parent, {
      agent: "other",
      grants: [{ ...HANDBOOK, uses }],
      budget: { calls: 3, writes: 0 },
    }).catch((cause: unknown) => cause as { readonly code: string });
    children.push(child);
  }
  expect(children.map((one) => ("code" in one ? one.code : one.task.budget.calls))).toEqual([3, 3, 3, "budget_spent"]);
  expect(await house.store.read((tx) => tx.grants(parent.task.id))).toMatchObject([{ used: 3 }]);
});

test("two hand-overs that race for the last uses do not both get them", async () => {
  const house = createHouse();
  const parent = await openClerkTask(house);
  const both = await Promise.allSettled([
    handOver(house, parent, { agent: "other", grants: [{ ...HANDBOOK, uses: 2 }] }),
    handOver(house, parent, { agent: "other", grants: [{ ...HANDBOOK, uses: 2 }] }),
  ]);
  expect(both.map((one) => one.status).toSorted()).toEqual(["fulfilled", "rejected"]);
});

test("ending the parent ends every hand below it in one transaction: their tokens are dead, and not renewed", async () => {
  const house = createHouse();
  const parent = await openClerkTask(house);
  const child = await handOver(house, parent, { agent: "other" });
  const grandchild = await handOver(house, child, { agent: "clerk" });
  const ended = await endTask(house, { task: parent.task.id, ...BY_ADA });
  expect(ended).toEqual([parent.task.id, child.task.id, grandchild.task.id]);
  for (const one of [child, grandchild]) {
    const principal = principalOf(house, one.token.token);
    expect(await house.store.read((tx) => tx.revokedAt(standsOn(principal)))).toBeGreaterThan(principal.epoch);
    await expect(renewTask(house, { instance: one.instance, task: one.task.id })).rejects.toMatchObject({
      code: "task_ended",
    });
  }
});

test("revoking the parent's instance or agent reaches the hands below by their very tokens", async () => {
  for (const kind of ["instance", "agent"] as const) {
    const house = createHouse();
    const parent = await openClerkTask(house);
    const child = await handOver(house, parent, { agent: "other" });
    const principal = principalOf(house, child.token.token);
    // The watermark alone, before any task is ended for it.
    await house.store.write((tx) => tx.revoke({ kind, id: kind === "agent" ? "clerk" : parent.instance.id }));
    expect(await house.store.read((tx) => tx.revokedAt(standsOn(principal)))).toBeGreaterThan(principal.epoch);
    await expect(renewTask(house, { instance: child.instance, task: child.task.id })).rejects.toMatchObject({
      code: "credential_revoked",
    });
  }
});

test("revoking the sub-agent leaves its parent at work", async () => {
  const house = createHouse();
  const parent = await openClerkTask(house);
  const child = await handOver(house, parent, { agent: "other" });
  await revokeSubject(house, { subject: { kind: "instance", id: child.instance.id }, ...BY_ADA });
  const now = await house.store.read(async (tx) => [await tx.task(parent.task.id), await tx.task(child.task.id)]);
  expect(now.map((task) => task?.state.kind)).toEqual(["active", "ended"]);
  await expect(renewTask(house, { instance: parent.instance, task: parent.task.id })).resolves.toBeDefined();
});

test("a child is over at the instant its parent is", async () => {
  const house = createHouse();
  const parent = await openClerkTask(house);
  house.clock.at += 60_000;
  const child = await handOver(house, parent, { agent: "other" });
  expect(standing(child.task, parent.task.deadline - 1)).toBe("active");
  expect(standing(child.task, parent.task.deadline)).toBe("expired");
});

test("a grant that is taken back from the parent is gone from every hand below", async () => {
  const house = createHouse();
  const parent = await openClerkTask(house);
  const child = await handOver(house, parent, { agent: "other", grants: [{ ...HANDBOOK, uses: 2 }] });
  const grandchild = await handOver(house, child, { agent: "clerk", grants: [{ ...HANDBOOK, uses: 1 }] });
  const [grant] = parent.grants;
  if (grant === undefined) throw new Error("the parent holds a grant");
  await revokeGrant(house, { grant: grant.id, ...BY_ADA });
  for (const task of [parent.task, child.task, grandchild.task])
    expect(await house.store.read((tx) => tx.grants(task.id))).toMatchObject([{ revoked: true }]);
  expect(await house.records("grant_revoked")).toHaveLength(3);
});

test("an instance may split off a part of its own work; nobody new acts in it", async () => {
  const house = createHouse();
  const parent = await openClerkTask(house);
  const part = await delegate(house, {
    subject: principalOf(house, parent.token.token),
    actor: verified(house, parent.credential.token),
    objective: "the first half",
    grants: [{ ...HANDBOOK, uses: 1 }],
  });
  expect(part.task.delegators).toBeUndefined();
  expect(part.task).toMatchObject({ parent: parent.task.id, instance: parent.instance.id });
});

test("a task that a sub-agent opens below its own carries the whole chain", async () => {
  const house = createHouse();
  const parent = await openClerkTask(house);
  const child = await handOver(house, parent, { agent: "other" });
  const below = await openTask(house, {
    instance: child.instance,
    objective: "a part",
    declaredBy: "agent-claimed",
    parent: child.task.id,
  });
  expect(below.task).toMatchObject({ owner: "ada", delegators: [{ agent: "clerk", instance: parent.instance.id }] });
});

test("a hand-over that is refused leaves nothing behind", async () => {
  const house = createHouse();
  const parent = await openClerkTask(house);
  const before = await house.store.read(async (tx) => [await tx.task(parent.task.id), await tx.grants(parent.task.id)]);
  const { instance } = await enrolClerk(house, "other");
  const records = (await house.records()).length;
  await expect(
    handOver(house, parent, {
      agent: "other",
      instance,
      grants: [
        { ...HANDBOOK, uses: 1 },
        { ...HANDBOOK, uses: 3 },
      ],
    }),
  ).rejects.toMatchObject({ code: "delegation_widens" });
  expect(
    await house.store.read(async (tx) => [await tx.task(parent.task.id), await tx.grants(parent.task.id)]),
  ).toEqual(before);
  expect((await house.records()).length).toBe(records + 1);
});
