import { afterEach, describe, expect, test } from "vitest";
import { enrol } from "../../../src/authority/enrolment/enrol.ts";
import { enable } from "../../../src/authority/revocation/bars.ts";
import { finishSweeps, revokeSubject } from "../../../src/authority/revocation/revoke.ts";
import { endTask } from "../../../src/authority/tasks/end-task.ts";
import { openTask } from "../../../src/authority/tasks/open-task.ts";
import { profileOf } from "../../../src/authority/profile.ts";
import type { AgentConfiguration } from "../../../src/ports/configuration.ts";
import type { TaskId } from "../../../src/domain/ids.ts";
import type { SubjectKind } from "../../../src/domain/revocation.ts";
import { beforeNextWrite, type Box, type Held, openBox, soon } from "../../crash/box.ts";
import type { Answer } from "../../gate/client.ts";
import { stream } from "../../doors/mcp/callers.ts";
import { carried, createHouse, enrolClerk, openClerkTask } from "../house.ts";

let box: Box | undefined;
afterEach(async () => {
  await box?.close();
  box = undefined;
});

const KINDS: readonly SubjectKind[] = ["owner", "agent", "instance", "session", "task", "profile", "key", "all"];
const how = (answer: Answer): string => (answer.status === 200 ? (answer.code ?? "answered") : String(answer.status));
const REFUSED = ["401", "404", "task_ended", "credential_revoked"];

async function idOf({ writ }: Box, { task: id }: Held, kind: SubjectKind): Promise<string> {
  const task = await writ.store.read((tx) => tx.task(id as TaskId));
  const clerk = writ.configuration.agents.find((agent) => agent.name === task?.agent) as AgentConfiguration;
  if (task === null) throw new Error("no task");
  const { digests } = writ.authority;
  const key = writ.signingKeys.signing().kid;
  return { ...task, task: task.id, profile: profileOf(clerk, digests), key, all: "*" }[kind];
}

async function revoke(house: Box, held: Held, kind: SubjectKind): Promise<void> {
  const response = await fetch(`${house.writ.origin}/v1/revocations`, {
    method: "POST",
    headers: { authorization: `Bearer ${house.writ.keys.admin}`, "content-type": "application/json" },
    body: JSON.stringify({ kind, id: await idOf(house, held, kind), why: "now" }),
  });
  expect(response.status).toBe(201);
}

describe.each(KINDS)("a revoked %s", (kind) => {
  test("cuts the call in flight, refuses the next, and ends what listens", async () => {
    const house = (box = await openBox());
    const clerk = await house.agent();
    const headers = {
      authorization: `Bearer ${clerk.token}`,
      accept: "text/event-stream",
      "mcp-session-id": clerk.session,
      "mcp-protocol-version": "2025-11-25",
    };
    const listening = await stream(`${house.writ.origin}/mcp/count`, { headers });
    expect(listening.status).toBe(200);
    const hanging = clerk.call("hang", { n: "h" });
    await soon(() => house.ran()).toContain("h");
    await revoke(house, clerk, kind);
    expect(["credential_revoked", "outcome_unknown"]).toContain(how(await hanging));
    expect(REFUSED).toContain(how(await clerk.call("see", { n: "after" })));
    // It may hear that it sees no tools any more, and then nothing.
    const heard = [];
    for (let next = await listening.next(); next !== null; next = await listening.next()) heard.push(next["method"]);
    expect(heard.filter((method) => method !== "notifications/tools/list_changed")).toEqual([]);
    expect(house.ran()).not.toContain("after");
    await soon(() => house.writ.held().calls).toBe(0);
  });

  test("between a credential's making and its use: the call does not leave", async () => {
    const house = (box = await openBox());
    const clerk = await house.agent();
    await clerk.call("see", { n: "warm" });
    await soon(async () => (await house.records("outcome")).length).toBe(1);
    const { store } = house.writ;
    const { write } = store;
    // After the admission is durable and before the last look.
    store.write = async (body) => {
      store.write = write;
      const admitted = await write(body);
      await revoke(house, clerk, kind);
      return admitted;
    };
    const answer = await clerk.call("add", { n: "late" });
    expect(["credential_revoked", "401"]).toContain(how(answer));
    expect(house.ran()).toEqual(["warm"]);
    await soon(async () => (await house.records("outcome")).at(-1)?.body["state"]).toBe("not_run");
  });

  test("between the decision and the credential: none is made", async () => {
    const house = (box = await openBox());
    const clerk = await house.agent();
    beforeNextWrite(house, () => revoke(house, clerk, kind));
    expect(REFUSED).toContain(how(await clerk.call("add", { n: "late" })));
    expect(await house.records("admission")).toEqual([]);
    expect(house.ran()).toEqual([]);
  });

  test("withdraws what waits for a person, and wakes the call that waits", async () => {
    const house = (box = await openBox("approvals: { timeout: 60s, hold: 50s }"));
    const clerk = await house.agent();
    const waiting = clerk.call("pay", { n: "p" });
    const open = () => house.writ.store.read((tx) => tx.openApprovals(clerk.task as TaskId));
    await soon(async () => (await open()).length).toBe(1);
    await revoke(house, clerk, kind);
    expect(REFUSED).toContain(how(await waiting));
    // A key comes and goes under a task: its question stays, for whoever asks again under a new one.
    if (kind !== "key") expect(await open()).toEqual([]);
    expect(house.ran()).toEqual([]);
  });

  test("makes no fresh token: neither for the task nor, where it holds for the instance, for that", async () => {
    const house = createHouse();
    const { task, instance, session } = await openClerkTask(house);
    const profile = profileOf(house.configuration.agents[0] as AgentConfiguration, house.digests);
    const id = { ...task, task: task.id, session: session.id, instance: instance.id, profile, key: "k", all: "*" }[
      kind
    ];
    await revokeSubject(house, { subject: { kind, id }, by: "ada", why: "" });
    const again = openTask(house, { instance, objective: "", declaredBy: "owner", parent: task.id });
    if (kind === "key") await expect(again).resolves.toBeDefined();
    else await expect(again).rejects.toMatchObject({ code: "task_ended" });
  });
});

describe.each(["agent", "owner", "all"] as const)("nothing is ever un-revoked: %s", (kind) => {
  const id = { agent: "clerk", owner: "ada", all: "*" }[kind];
  const code = { agent: "agent_disabled", owner: "owner_disabled", all: "panic" }[kind];

  test("new ones are refused until an admin lets them, and what was revoked stays dead after that", async () => {
    const house = createHouse();
    const old = await openClerkTask(house);
    const subject = { kind, id };
    await revokeSubject(house, { subject, by: "otto", why: "odd calls" });
    await expect(enrolClerk(house)).rejects.toMatchObject({ code, status: 403 });
    await expect(
      openTask(house, { instance: old.instance, objective: "", declaredBy: "owner", parent: null }),
    ).rejects.toMatchObject({ code });
    const bar = await enable(house, { subject, by: "ada", why: "looked into" });
    expect(bar).toMatchObject({ by: "otto", why: "odd calls" });
    await expect(openClerkTask(house)).resolves.toBeDefined();
    const dead = house.credentials.verifyTask(carried(old.token.token), house.clock.at);
    expect(dead.kind).toBe("verified");
    expect(await house.store.read((tx) => tx.task(old.task.id))).toMatchObject({ state: { kind: "ended" } });
    expect(await house.records("enabled")).toMatchObject([
      { body: { subject: kind, id, by: "ada", revokedBy: "otto" } },
    ]);
    await expect(enable(house, { subject, by: "ada", why: "" })).rejects.toMatchObject({ code: "not_revoked" });
  });

  test("revoking once more while it is barred kills what slipped in, and stays one bar", async () => {
    const house = createHouse();
    const subject = { kind, id };
    const first = await revokeSubject(house, { subject, by: "otto", why: "" });
    const second = await revokeSubject(house, { subject, by: "otto", why: "" });
    expect(second).toBeGreaterThan(first);
    expect(await house.store.read((tx) => tx.documents("bar"))).toHaveLength(1);
  });
});

test("evidence that comes during a panic is not used up by being refused", async () => {
  const house = createHouse();
  await revokeSubject(house, { subject: { kind: "all", id: "*" }, by: "ada", why: "" });
  await expect(enrol(house, { agent: "clerk", thumbprint: "k", selectors: {} })).rejects.toMatchObject({
    code: "panic",
  });
  expect(await house.records("enrolment")).toEqual([]);
});

describe("a revocation of very many", () => {
  async function many(count: number) {
    const house = createHouse();
    const { instance } = await enrolClerk(house);
    const asked = { instance, objective: "", declaredBy: "owner", parent: null } as const;
    for (let i = 0; i < count; i++) await openTask(house, asked);
    const spared = await openTask(house, { ...asked, instance: (await enrolClerk(house, "other")).instance });
    return { house, instance, spared };
  }

  test("ends every one of them in pages, and nobody else's", async () => {
    const { house, spared } = await many(130);
    let writes = 0;
    const { write } = house.store;
    house.store.write = (body) => (writes++, write(body));
    await revokeSubject(house, { subject: { kind: "agent", id: "clerk" }, by: "ada", why: "" });
    house.store.write = write;
    expect(writes).toBeGreaterThan(4);
    const left = await house.store.read((tx) => tx.tasks({ active: true, after: null, limit: 200 }));
    expect(left.items.map((task) => task.id)).toEqual([spared.task.id]);
    expect(await house.records("task_ended")).toHaveLength(130);
    expect(await house.store.read((tx) => tx.documents("sweep"))).toEqual([]);
  });

  test("that is interrupted has killed them all already, and goes on where it stopped", async () => {
    const { house } = await many(60);
    const { write } = house.store;
    let writes = 0;
    house.store.write = (body) => (++writes === 2 ? Promise.reject(new Error("the power went")) : write(body));
    const subject = { kind: "agent", id: "clerk" } as const;
    await expect(revokeSubject(house, { subject, by: "ada", why: "" })).rejects.toThrow("the power went");
    house.store.write = write;
    const left = (await house.store.read((tx) => tx.tasks({ active: true, after: null, limit: 200 }))).items;
    const clerks = left.filter((task) => String(task.agent) === "clerk");
    expect(clerks.length).toBeGreaterThan(20);
    const [one] = clerks;
    const instance = one === undefined ? null : await house.store.read((tx) => tx.instance(one.instance));
    if (one === undefined || instance === null) throw new Error("none is left");
    await expect(
      openTask(house, { instance, objective: "", declaredBy: "agent-claimed", parent: one.id }),
    ).rejects.toMatchObject({ code: "credential_revoked" });
    await enable(house, { subject, by: "ada", why: "" });
    const fresh = await openClerkTask(house);
    await finishSweeps(house);
    const after = (await house.store.read((tx) => tx.tasks({ active: true, after: null, limit: 200 }))).items;
    expect(after.filter((task) => String(task.agent) === "clerk").map((task) => task.id)).toEqual([fresh.task.id]);
  });
});

test("an instance cannot end, and so not revoke, a task that is not its own", async () => {
  const house = (box = await openBox());
  const [clerk, other] = [await house.agent(), await house.agent()];
  const asked = await fetch(`${house.writ.origin}/v1/tasks/${clerk.task}/end`, {
    method: "POST",
    headers: { authorization: `Bearer ${other.token}`, "content-type": "application/json" },
    body: "{}",
  });
  expect(asked.status).toBe(403);
  expect(how(await clerk.call("see", { n: "on" }))).toBe("answered");
  await endTask(house.writ.authority, { task: clerk.task as TaskId, by: "ada", why: "" });
});

test.each([
  ["an agent's own token", (house: Box, held: Held) => [held.token, house]],
  ["no key", (house: Box) => ["", house]],
] as const)("%s revokes nothing and lifts nothing", async (_, keyOf) => {
  const house = (box = await openBox());
  const clerk = await house.agent();
  const [key] = keyOf(house, clerk);
  for (const path of ["/v1/revocations", "/v1/revocations/lift"]) {
    const answer = await fetch(`${house.writ.origin}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ kind: "all", id: "*" }),
    });
    expect([401, 403]).toContain(answer.status);
  }
  expect(await house.records("revocation")).toEqual([]);
  expect(how(await clerk.call("see", { n: "on" }))).toBe("answered");
});
