import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { answerApproval } from "../../src/authority/tasks/answer-approval.ts";
import { enable } from "../../src/authority/revocation/bars.ts";
import { revokeSubject } from "../../src/authority/revocation/revoke.ts";
import type { ApprovalId, PersonName, ServerName } from "../../src/domain/ids.ts";
import type { SubjectKind } from "../../src/domain/revocation.ts";
import type { Answer } from "../gate/client.ts";
import { beforeNextWrite, type Box, type Held, openBox, soon } from "./box.ts";

const COUNT = "count" as ServerName;
const DANA = { name: "dana" as PersonName, roles: ["approver"] };
const ERIK = { name: "erik" as PersonName, roles: ["security"] };
const CUT = ["credential_revoked", "outcome_unknown"];

let box: Box | undefined;
afterEach(() => box?.close());

async function opened(...given: Parameters<typeof openBox>): Promise<Box> {
  box = await openBox(...given);
  return box;
}

/** How a call ended for its caller; a gate that knows nobody any more answers 401. */
const how = (answer: Answer): string => (answer.status === 200 ? (answer.code ?? "answered") : String(answer.status));

const SUBJECTS: readonly SubjectKind[] = ["task", "instance", "agent", "key", "all"];
test.each(SUBJECTS)(
  "a revoked %s cuts its 64 calls in flight, and none of its calls is admitted after that is on the record",
  async (kind) => {
    const house = await opened();
    const [clerk, other] = [await house.agent(), await house.agent()];
    const hanging = Array.from({ length: 64 }, (_, n) => clerk.call("hang", { n: `h${n}` }));
    await soon(() => house.ran().length).toBe(64);
    expect(house.writ.held().calls).toBe(64);

    // While it is revoked, calls keep coming.
    const stop = new AbortController();
    const lanes = Array.from({ length: 4 }, async (_, lane) => {
      const told: string[] = [];
      for (let n = 0; !stop.signal.aborted; n++) told.push(how(await clerk.call("see", { n: `s${lane}.${n}` })));
      return told;
    });
    await soon(async () => (await house.records("admission")).length).toBeGreaterThan(80);
    await revokeSubject(house.writ.authority, { subject: await subject(house, clerk, kind), by: "ada", why: "now" });
    const after = await Promise.all(Array.from({ length: 8 }, (_, n) => clerk.call("see", { n: `after${n}` })));
    const cut = await Promise.all(hanging);
    stop.abort();
    await Promise.all(lanes);

    for (const answer of cut) expect(CUT).toContain(how(answer));
    for (const answer of after) expect(["401", "task_ended"]).toContain(how(answer));
    const [revocation] = await house.records("revocation");
    const late = (await house.records("admission")).filter((one) => one.number > (revocation?.number ?? 0));
    expect(late.filter((one) => one.task === clerk.task)).toEqual([]);
    expect(house.ran().filter((n) => n.startsWith("after"))).toEqual([]);

    const reached = ["agent", "key", "all"].includes(kind);
    expect(how(await other.call("see", { n: "other" })) === "answered").toBe(!reached);
    // An agent or everybody stays out until an admin says otherwise; what was revoked stays dead.
    if (kind === "agent" || kind === "all") {
      await expect(house.agent()).rejects.toThrow();
      const barred = await subject(house, clerk, kind);
      await enable(house.writ.authority, { subject: barred, by: "ada", why: "looked into" });
      expect(["401", "task_ended"]).toContain(how(await clerk.call("see", { n: "after-lift" })));
    }
    expect(how(await (await house.agent()).call("see", { n: "new" }))).toBe("answered");
    await soon(() => house.writ.held().calls).toBe(0);
    await soon(() => statesOf(house, hanging.length)).toEqual({ outcome_unknown: 64 });
  },
);

async function subject(house: Box, held: Held, kind: SubjectKind): Promise<{ kind: SubjectKind; id: string }> {
  const task = await house.writ.store.read((tx) => tx.task(held.task as never));
  if (task === null) throw new Error("the task is gone");
  const id = {
    task: task.id,
    instance: task.instance,
    agent: task.agent,
    key: house.writ.signingKeys.signing().kid,
    all: "*",
  };
  return { kind, id: id[kind as keyof typeof id] };
}

/** How the first calls ended, by the record. */
async function statesOf(house: Box, first: number): Promise<Record<string, number>> {
  const outcomes = new Map((await house.records("outcome")).map((one) => [one.call, String(one.body["state"])]));
  const admitted = (await house.records("admission")).filter((one) => one.body["tool"] === "count__hang");
  const states = admitted.slice(0, first).map((one) => outcomes.get(one.call) ?? "open");
  return Object.fromEntries([...Map.groupBy(states, (one) => one)].map(([state, all]) => [state, all.length]));
}

const question = async (house: Box, held: Held): Promise<ApprovalId> => {
  const asked = async (): Promise<ApprovalId | undefined> =>
    (await house.writ.store.read((tx) => tx.openApprovals(held.task as never))).find((one) => one.state === "pending")
      ?.id;
  await soon(asked).toBeDefined();
  return (await asked()) as ApprovalId;
};
const allow = (house: Box, approval: ApprovalId, person: typeof DANA, verdict: "allow" | "deny" = "allow") =>
  answerApproval(house.writ.authority, { approval, person, verdict, note: "" }).then(
    (answered) => answered.approval.state,
    (error: { code: string }) => error.code,
  );

test("of a yes and a no given at once to one question the first holds, and the other is told that it is closed", async () => {
  const house = await opened("approvals: { timeout: 5s, hold: 5s }");
  for (let round = 0; round < 8; round++) {
    const clerk = await house.agent();
    const call = clerk.call("pay", { n: `p${round}` });
    const id = await question(house, clerk);
    const verdicts = round % 2 === 0 ? (["allow", "deny"] as const) : (["deny", "allow"] as const);
    const other = { ...DANA, name: "finn" as PersonName };
    const given = await Promise.all([allow(house, id, DANA, verdicts[0]), allow(house, id, other, verdicts[1])]);
    expect(given).toEqual([verdicts[0] === "allow" ? "allowed" : "denied", "approval_closed"]);
    expect(how(await call)).toBe(verdicts[0] === "allow" ? "answered" : "approval_refused");
    expect(house.ran().includes(`p${round}`)).toBe(verdicts[0] === "allow");
  }
});

const TWO_ROLES = `@id("two-pairs-of-eyes") @ask("security") @reason("it spends")
forbid (principal, action == Writ::Action::"count__pay", resource);`;

test("two roles that answer at once make one call admissible, and of two same calls that wait for it one runs", async () => {
  const house = await opened("approvals: { timeout: 3s, hold: 3s }\npolicies: ./rules", {
    "rules/two.cedar": TWO_ROLES,
  });
  const clerk = await house.agent();
  const same = [clerk.call("pay", { n: "1" }), clerk.call("pay", { n: "1" })];
  const id = await question(house, clerk);
  expect((await Promise.all([allow(house, id, DANA), allow(house, id, ERIK)])).toSorted()).toEqual([
    "allowed",
    "pending",
  ]);
  // The second one asks anew, and nobody answers.
  expect((await Promise.all(same)).map(how).toSorted()).toEqual(["answered", "approval_timeout"]);
  expect(house.ran()).toEqual(["1"]);
});

const FORBIDDEN = `@id("no-adding") @reason("nobody adds today")
forbid (principal, action == Writ::Action::"count__add", resource);`;

test("a policy that is applied between decide and admit decides", async () => {
  const house = await opened("policies: ./rules", { "rules/none.cedar": "" });
  const clerk = await house.agent();
  await clerk.call("see", { n: "warm" });
  await soon(async () => (await house.records("outcome")).length).toBe(1);
  beforeNextWrite(house, async () => {
    writeFileSync(join(house.folder, "rules/none.cedar"), FORBIDDEN);
    await house.writ.policies.apply("ada");
  });
  expect(how(await clerk.call("add", { n: "1" }))).toBe("policy_forbidden");
  expect([house.ran(), (await house.records("admission")).length]).toEqual([["warm"], 1]);
});

test("no call is admitted under the old policy once the new one is applied, however many are on their way", async () => {
  const house = await opened("policies: ./rules", { "rules/none.cedar": "" });
  const clerk = await house.agent();
  let applied = false;
  const late: string[] = [];
  const lanes = Array.from({ length: 16 }, async (_, lane) => {
    for (let n = 0; n < 12; n++) {
      const before = applied;
      const said = how(await clerk.call("add", { n: `${lane}.${n}` }));
      if (before) late.push(said);
    }
  });
  await soon(() => house.ran().length).toBeGreaterThan(20);
  writeFileSync(join(house.folder, "rules/none.cedar"), FORBIDDEN);
  await house.writ.policies.apply("ada");
  applied = true;
  await Promise.all(lanes);
  expect(late.length).toBeGreaterThan(0);
  expect(new Set(late)).toEqual(new Set(["policy_forbidden"]));
});

async function redefined(house: Box): Promise<void> {
  const [tool] = house.writ.catalogue.tools(COUNT).filter((one) => String(one.name) === "add");
  const body = { ...tool?.definition?.body, description: "Adds, and sends a copy elsewhere." };
  await house.writ.catalogue.observe(COUNT, [body]);
}

async function accept(house: Box): Promise<void> {
  const response = await fetch(`${house.writ.origin}/v1/tools/pin`, {
    method: "POST",
    headers: { authorization: `Bearer ${house.writ.keys.admin}`, "content-type": "application/json" },
    body: JSON.stringify({ server: "count", tool: "add" }),
  });
  expect(await response.json()).toEqual({ accepted: ["add"] });
  await house.writ.catalogue.settled(COUNT);
}

test("a tool that changes between decide and admit is not called", async () => {
  const house = await opened();
  const clerk = await house.agent();
  beforeNextWrite(house, () => redefined(house));
  expect(how(await clerk.call("add", { n: "1" }))).toBe("definition_drifted");
  expect(house.ran()).toEqual([]);
});

test("a tool that changes and is accepted between decide and admit runs under its new definition, at the next call", async () => {
  const house = await opened();
  const clerk = await house.agent();
  beforeNextWrite(house, async () => {
    await redefined(house);
    await accept(house);
  });
  expect(how(await clerk.call("add", { n: "1" }))).toBe("contention");
  expect(how(await clerk.call("add", { n: "2" }))).toBe("answered");
  const current = house.writ.catalogue.tools(COUNT).find((one) => String(one.name) === "add")?.definition?.hash;
  expect((await house.records("admission")).map((one) => one.body["definition"])).toEqual([current]);
  expect(house.ran()).toEqual(["2"]);
});

test("a grant that is used up or revoked between decide and admit covers nothing", async () => {
  const house = await opened();
  const clerk = await house.agent();
  const grants = await house.writ.store.read((tx) => tx.grants(clerk.task as never));
  const grant = grants.find((one) => one.uses !== null);
  if (grant === undefined) throw new Error("there is no such grant");
  beforeNextWrite(house, () => house.writ.store.write((tx) => tx.putGrant({ ...grant, used: 500 })));
  expect(how(await clerk.call("add", { n: "1" }))).toBe("outside_grant");
  beforeNextWrite(house, () =>
    house.writ.store.write((tx) => tx.putGrant({ ...grant, revoked: true, version: grant.version + 1 })),
  );
  const asked = clerk.call("add", { n: "2" });
  await question(house, clerk);
  expect(house.ran()).toEqual([]);
  await revokeSubject(house.writ.authority, { subject: { kind: "all", id: "*" }, by: "ada", why: "over" });
  expect(how(await asked)).not.toBe("answered");
});
