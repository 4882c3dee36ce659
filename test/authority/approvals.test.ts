import { expect, test } from "vitest";
import { answerApproval } from "../../src/authority/tasks/answer-approval.ts";
import { readDraft } from "../../src/authority/rules/draft.ts";
import { endTask } from "../../src/authority/tasks/end-task.ts";
import { ADMIN } from "../../src/authority/people/people.ts";
import { type GrantRequest, requestGrant } from "../../src/authority/tasks/request-grant.ts";
import type { ApprovalId, PersonName } from "../../src/domain/ids.ts";
import type { Json } from "../../src/domain/json.ts";
import { createHouse, type House, openClerkTask } from "./house.ts";

const DANA = { name: "dana" as PersonName, roles: ["approver"] };
const VERA = { name: "vera" as PersonName, roles: ["viewer"] };

function draft(
  house: House,
  written: Json = { tools: ["shop__refund_order"], where: { amount: { range: { max: 20 } } }, uses: 1 },
): GrantRequest["draft"] {
  return readDraft(written, "approval", "clerk", house.configuration);
}

async function asked(
  house: House,
): Promise<{ request: GrantRequest; approval: Awaited<ReturnType<typeof requestGrant>> }> {
  const { task, instance } = await openClerkTask(house);
  const request: GrantRequest = {
    instance,
    task: task.id,
    draft: draft(house),
    why: "the customer asked",
    policyVersion: "v1",
  };
  return { request, approval: await requestGrant(house, request) };
}

test("an agent's request for more issues nothing: a person is asked", async () => {
  const house = createHouse();
  const { request, approval } = await asked(house);
  expect(approval).toMatchObject({
    state: "pending",
    asks: [{ role: "approver" }],
    summary: { effects: ["delegate"] },
  });
  expect(await house.store.read((tx) => tx.grants(request.task))).toHaveLength(1);
  expect(await house.records("grant_requested")).toMatchObject([
    { body: { approval: approval.id, claimed: "the customer asked" } },
  ]);
});

test("a granted request becomes exactly the grant that was shown, once", async () => {
  const house = createHouse();
  const { approval } = await asked(house);
  const { grant, approval: after } = await answerApproval(house, {
    approval: approval.id,
    person: DANA,
    verdict: "allow",
    note: "",
  });
  expect(grant).toMatchObject({
    tools: ["shop__refund_order"],
    constraints: [{ kind: "range", argument: "amount", max: 20 }],
    uses: 1,
    used: 0,
    origin: "approval",
    issuedBy: "dana",
  });
  expect(after.state).toBe("spent");
  await expect(
    answerApproval(house, { approval: approval.id, person: DANA, verdict: "allow", note: "" }),
  ).rejects.toMatchObject({ code: "approval_closed", status: 409 });
  expect(await house.records("grant_issued")).toHaveLength(1);
});

test("of two answers that race, one counts", async () => {
  const house = createHouse();
  const { approval, request } = await asked(house);
  const answers = await Promise.allSettled(
    [DANA, ADMIN].map((person) => answerApproval(house, { approval: approval.id, person, verdict: "allow", note: "" })),
  );
  expect(answers.map((one) => one.status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect(await house.store.read((tx) => tx.grants(request.task))).toHaveLength(2);
});

test("the same request is the same question, and a refusal of it sticks for the task", async () => {
  const house = createHouse();
  const { approval, request } = await asked(house);
  expect((await requestGrant(house, { ...request, why: "please" })).id).toBe(approval.id);
  await answerApproval(house, { approval: approval.id, person: DANA, verdict: "deny", note: "no" });
  await expect(requestGrant(house, request)).rejects.toMatchObject({ code: "approval_refused", status: 403 });
});

test("a person without the role cannot answer, and the question stays open", async () => {
  const house = createHouse();
  const { approval } = await asked(house);
  await expect(
    answerApproval(house, { approval: approval.id, person: VERA, verdict: "allow", note: "" }),
  ).rejects.toMatchObject({ code: "role_missing", status: 403 });
  expect(await house.store.read((tx) => tx.approval(approval.id))).toMatchObject({ state: "pending", answers: [] });
  expect(await house.records("answer")).toEqual([]);
});

test("an answer after the deadline, or after the task ended, is refused", async () => {
  const house = createHouse();
  const first = await asked(house);
  const second = await asked(house);
  await endTask(house, { task: second.request.task, by: "ada", why: "" });
  await expect(
    answerApproval(house, { approval: second.approval.id, person: DANA, verdict: "allow", note: "" }),
  ).rejects.toMatchObject({ code: "approval_closed" });
  house.clock.at = first.approval.deadline;
  await expect(
    answerApproval(house, { approval: first.approval.id, person: DANA, verdict: "allow", note: "" }),
  ).rejects.toMatchObject({ code: "approval_closed" });
  await expect(
    answerApproval(house, { approval: "a_none" as ApprovalId, person: DANA, verdict: "allow", note: "" }),
  ).rejects.toMatchObject({ code: "approval_unknown" });
});

test("an agent cannot ask for every tool of a server, nor flood people with requests", async () => {
  const house = createHouse();
  const { request } = await asked(house);
  await expect(requestGrant(house, { ...request, draft: draft(house, { tools: ["shop__*"] }) })).rejects.toMatchObject({
    code: "grant_too_wide",
  });
  for (const uses of [2, 3, 4, 5])
    await requestGrant(house, { ...request, draft: draft(house, { tools: ["shop__get_order"], uses }) });
  await expect(
    requestGrant(house, { ...request, draft: draft(house, { tools: ["shop__get_order"], uses: 6 }) }),
  ).rejects.toMatchObject({ code: "too_many_requests", status: 429 });
});

test.each<[string, Json, string]>([
  ["no tools", {}, "grant_invalid"],
  ["a wildcard over servers", { tools: ["*"] }, "grant_invalid"],
  ["a tool of an unknown server", { tools: ["bank__pay"] }, "server_unknown"],
  ["an unknown limit", { tools: ["shop__x"], where: { a: { regex: ".*" } } }, "grant_invalid"],
  ["two limits in one", { tools: ["shop__x"], where: { a: { exact: 1, prefix: "x" } } }, "grant_invalid"],
  ["no uses at all", { tools: ["shop__x"], uses: 0 }, "grant_invalid"],
  ["half a use", { tools: ["shop__x"], uses: 1.5 }, "grant_invalid"],
  ["a member that means nothing", { tools: ["shop__x"], expires: "never" }, "grant_invalid"],
])("a grant written with %s is refused", (_, written, code) => {
  const house = createHouse();
  expect(() => draft(house, written)).toThrow(expect.objectContaining({ code }));
});
