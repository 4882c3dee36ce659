import { expect, test } from "vitest";
import { answerApproval } from "../../src/authority/tasks/answer-approval.ts";
import { readDraft } from "../../src/authority/rules/draft.ts";
import { ADMIN } from "../../src/authority/people/people.ts";
import { requestGrant } from "../../src/authority/tasks/request-grant.ts";
import { answeringRule } from "../../src/domain/answering.ts";
import type { Approval, Ask } from "../../src/domain/approval.ts";
import type { EffectKind } from "../../src/domain/effect.ts";
import type { PersonName } from "../../src/domain/ids.ts";
import { type Person, seesContent, speaksFor } from "../../src/domain/person.ts";
import { createHouse, type House, openClerkTask } from "./house.ts";

const person = (name: string, roles: readonly string[], groups: readonly string[] = []): Person => ({
  name: name as PersonName,
  roles,
  groups,
});
const ADA = person("ada", ["approver"]); // the owner
const DANA = person("dana", ["approver"]);

function houseWith(approvals: string): House {
  return createHouse(`
owner: ada
people: { dana: { roles: [approver], groups: [payments] } }
approvals: ${approvals}
servers: { shop: { url: "http://127.0.0.1:9001/mcp" } }
agents: { clerk: {} }
`);
}

/** A question of ada's task, with these effects and for these roles. */
async function asked(house: House, effects: readonly EffectKind[] = ["send"], roles = ["approver"]): Promise<Approval> {
  const { task, instance } = await openClerkTask(house);
  const draft = readDraft({ tools: ["shop__refund_order"] }, "approval", "clerk", house.configuration);
  const approval = await requestGrant(house, { instance, task: task.id, draft, why: "", policyVersion: "v1" });
  const asks = roles.map((role): Ask => ({ policy: `p-${role}`, role, why: "" }));
  const question = { ...approval, asks, summary: { ...approval.summary, effects } };
  await house.store.write((tx) => tx.putApproval(question));
  return question;
}

async function says(house: House, to: Approval, who: Person, verdict: "allow" | "deny" = "allow"): Promise<string> {
  return answerApproval(house, { approval: to.id, person: who, verdict, note: "" }).then(
    ({ approval }) => approval.state,
    (error: { code: string; status: number }) => `${error.status} ${error.code}`,
  );
}

test("on a machine of one's own, the owner allows what their own task asks", async () => {
  const house = houseWith("{}");
  expect(await says(house, await asked(house), ADA)).toBe("allowed");
});

test("where `self_confirm` is off, the owner does not allow what their own task asks, and nothing is recorded", async () => {
  const house = houseWith("{ self_confirm: false }");
  const approval = await asked(house);
  expect(await says(house, approval, ADA)).toBe("403 owner_answers");
  expect(await house.records("answer")).toEqual([]);
  expect(await says(house, approval, DANA)).toBe("allowed");
});

test("where `self_confirm` is off, the owner may still refuse it", async () => {
  const house = houseWith("{ self_confirm: false }");
  expect(await says(house, await asked(house), ADA, "deny")).toBe("denied");
});

test("where `self_confirm` is off, the admin key, which may be the owner's, does not allow it either", async () => {
  const house = houseWith("{ self_confirm: false }");
  expect(await says(house, await asked(house), ADMIN)).toBe("403 owner_answers");
});

test("with `four_eyes` the owner's yes is not enough, and somebody else's is", async () => {
  const house = houseWith("{ four_eyes: true }");
  const approval = await asked(house);
  expect(await says(house, approval, ADA)).toBe("pending");
  expect(await says(house, approval, ADA)).toBe("409 answered_already");
  expect(await says(house, approval, DANA)).toBe("allowed");
  expect(await says(house, await asked(house), DANA)).toBe("allowed");
});

test("with `four_eyes` the owner and the admin key together are two eyes", async () => {
  const house = houseWith("{ four_eyes: true }");
  const approval = await asked(house);
  expect(await says(house, approval, ADMIN)).toBe("pending");
  expect(await says(house, approval, ADA)).toBe("pending");
});

test("a rule for an effect holds for the calls that have it, and the strictest of several holds", async () => {
  const house = houseWith("{ effects: { spend: { four_eyes: true }, delete: { self_confirm: false } } }");
  expect(await says(house, await asked(house, ["send"]), ADA)).toBe("allowed");
  expect(await says(house, await asked(house, ["read", "spend"]), ADA)).toBe("pending");
  expect(await says(house, await asked(house, ["write", "delete"]), ADA)).toBe("403 owner_answers");
});

test("a rule for an effect may be milder than the one for the rest", () => {
  const { approvals } = houseWith("{ self_confirm: false, effects: { read: { self_confirm: true } } }").configuration;
  expect(answeringRule(approvals, ["read"])).toEqual({ selfConfirm: true, fourEyes: false });
  expect(answeringRule(approvals, ["read", "write"])).toEqual({ selfConfirm: false, fourEyes: false });
  expect(answeringRule(approvals, [])).toEqual({ selfConfirm: false, fourEyes: false });
});

test("somebody who is called like the agent does not answer for it, not even with a no", async () => {
  const house = houseWith("{}");
  const clerk = person("clerk", ["admin"]);
  const approval = await asked(house);
  expect(await says(house, approval, clerk)).toBe("403 actor_answers");
  expect(await says(house, approval, clerk, "deny")).toBe("403 actor_answers");
  expect(await house.records("answer")).toEqual([]);
});

test("a question for a group is answered by its approvers, and by nobody else", async () => {
  const house = houseWith("{}");
  const approval = await asked(house, ["spend"], ["payments"]);
  expect(await says(house, approval, person("erik", ["approver"]))).toBe("403 role_missing");
  expect(await says(house, approval, person("vera", ["viewer"], ["payments"]))).toBe("403 role_missing");
  expect(await says(house, approval, person("otto", ["operator"], ["payments"]))).toBe("403 role_missing");
  expect(await says(house, approval, ADMIN)).toBe("403 role_missing");
  expect(await says(house, approval, person("dana", ["approver"], ["payments"]))).toBe("allowed");
});

test("a question for a role and a group needs both", async () => {
  const house = houseWith("{}");
  const approval = await asked(house, ["spend"], ["approver", "payments"]);
  expect(await says(house, approval, DANA)).toBe("pending");
  expect(await says(house, approval, person("erik", ["approver"], ["payments"]))).toBe("allowed");
});

test("a group that is called like a role gives no role", () => {
  expect(speaksFor(person("erik", ["approver"], ["admin", "operator", "payments"]))).toEqual(["approver", "payments"]);
});

test("a viewer sees that calls are made, and not what they hold", () => {
  expect(seesContent(person("vera", ["viewer"]), ["approver"])).toBe(false);
  expect(seesContent(person("vera", ["viewer"], ["payments"]), ["payments"])).toBe(false);
  expect(seesContent(person("dana", ["approver"]), ["approver"])).toBe(true);
  expect(seesContent(person("dana", ["approver"]), ["payments"])).toBe(false);
  expect(seesContent(person("otto", ["operator"]), ["payments"])).toBe(true);
});
