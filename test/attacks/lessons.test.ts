import { afterEach, expect, test } from "vitest";
import { answerApproval } from "../../src/authority/tasks/answer-approval.ts";
import type { PersonName, TaskId } from "../../src/domain/ids.ts";
import { type Box, openBox, soon } from "../crash/box.ts";

let box: Box | undefined;
afterEach(() => box?.close());

const DANA = { name: "dana" as PersonName, roles: ["approver"] };

// March 2026: an agent that an engineer had asked something published flawed advice on permissions, in the engineer's
// name and with nobody's approval; somebody followed it, and data stood open for two hours. Every identity check passed.
test("an agent publishes nothing on its owner's word: a yes is for one call with these arguments, and the record names both", async () => {
  const house = (box = await openBox("approvals: { timeout: 30s, hold: 0s }"));
  const agent = await house.agent();
  expect((await agent.call("pay", { n: "what dana reads" })).code).toBe("approval_pending");
  const open = () => house.writ.store.read((tx) => tx.openApprovals(agent.task as TaskId));
  const [asked] = await open();
  if (asked === undefined) throw new Error("nobody was asked");
  expect(asked.summary).toMatchObject({
    agent: "clerk",
    owner: "ada",
    arguments: expect.stringContaining("what dana reads"),
  });

  // Nothing that the agent holds answers, though it works for the owner.
  const answer = await fetch(`${house.writ.origin}/v1/approvals/${asked.id}/answer`, {
    method: "POST",
    headers: { authorization: `Bearer ${agent.token}`, "content-type": "application/json" },
    body: JSON.stringify({ verdict: "allow" }),
  });
  expect(answer.status).toBe(403);

  await answerApproval(house.writ.authority, { approval: asked.id, person: DANA, verdict: "allow", note: "" });
  expect((await agent.call("pay", { n: "what dana never saw" })).code).toBe("approval_pending");
  expect((await agent.call("pay", { n: "what dana reads" })).code).toBeNull();
  expect((await agent.call("pay", { n: "what dana reads" })).code).toBe("approval_pending");
  expect(house.ran()).toEqual(["what dana reads"]);

  await soon(async () => (await house.records("outcome")).length).toBe(1);
  const [admitted] = await house.records("admission");
  expect(admitted?.body).toMatchObject({
    owner: "ada",
    actor: expect.stringMatching(/^spiffe:\/\/writ\.local\/agent\/clerk\/i_/),
    approval: { by: ["dana"] },
  });
});
