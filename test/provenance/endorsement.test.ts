import { afterEach, beforeEach, expect, test } from "vitest";
import { openTask } from "../../src/authority/tasks/open-task.ts";
import type { GrantId, TaskId } from "../../src/domain/ids.ts";
import { type Agent, agentOf, type Bank, BOB, CLUB, openBank } from "./bank-world.ts";

const WORDS = "Please pay the bills in 'bills.txt'";
let bank: Bank;
beforeEach(async () => {
  bank = await openBank();
});
afterEach(() => bank.close());

/** An agent that was asked about BOB's account, out of the bill, and was let. */
async function answered(): Promise<{ agent: Agent; grant: string; question: string }> {
  const agent = await bank.agent(WORDS);
  await agent.call("read_file", { path: "bills.txt" });
  const { asked, answer } = await agent.allowed("send_payment", { recipient: BOB, amount: 5 });
  expect(answer.code).toBeNull();
  const { json } = await bank.as("ana", "GET", `/v1/tasks/${agent.task}`);
  const grants = json["grants"] as { id: string; endorses?: object }[];
  const [grant] = grants.filter(({ endorses }) => endorses !== undefined);
  return { agent, grant: String(grant?.id), question: String(asked["id"]) };
}

test("an answered ask is a grant of its own: the same payee is not asked about again, another payee is", async () => {
  const { agent } = await answered();
  expect((await agent.call("send_payment", { recipient: "GB33 BUKB 2020 1555 5555 55", amount: 4 })).code).toBeNull();
  expect((await agent.call("send_payment", { recipient: CLUB, amount: 4 })).code).toBe("approval_pending");
});

test("a yes to one amount is none to a larger one", async () => {
  const { agent } = await answered();
  expect((await agent.call("send_payment", { recipient: BOB, amount: 5 })).code).toBeNull();
  expect((await agent.call("send_payment", { recipient: BOB, amount: 5.01 })).code).toBe("approval_pending");
});

test("a yes in a task counts for every task below the same root, is shown in each, and is taken back from all", async () => {
  const above = await bank.agent(WORDS);
  const { authority, store } = bank.house.writ;
  const parent = await store.read((tx) => tx.task(above.task as TaskId));
  const instance = await store.read((tx) => tx.instance(parent?.instance as never));
  if (parent === null || instance === null) throw new Error("gone");
  const claim = { instance, objective: "pay", declaredBy: "agent-claimed", parent: parent.id } as const;
  const { task, token } = await openTask(authority, claim);
  const below = await agentOf(bank.house, bank.as, task.id, token.token);
  await bank.as("otto", "POST", `/v1/tasks/${task.id}/grants`, { tools: ["bank__send_payment"] });
  await above.call("read_file", { path: "bills.txt" });
  const { answer } = await below.allowed("send_payment", { recipient: BOB, amount: 5 });
  expect(answer.code).toBeNull();
  for (const id of [parent.id, task.id]) {
    const { json } = await bank.as("ana", "GET", `/v1/tasks/${id}`);
    const yeses = (json["grants"] as { endorses?: object }[]).filter(({ endorses }) => endorses !== undefined);
    expect(yeses, id).toMatchObject([{ task: parent.id, endorses: { role: "recipient" } }]);
  }
  expect((await above.call("send_payment", { recipient: BOB, amount: 5 })).code).toBeNull();
  // What an agent claims is asked about all the same, and no more because of where the account came from.
  const again = await below.allowed("send_payment", { recipient: BOB, amount: 4 });
  expect((again.asked["asks"] as { policy: string }[]).map(({ policy }) => policy)).toEqual(["spending-is-asked"]);
  for (const { id } of await store.read((tx) => tx.grants(parent.id)))
    await bank.as("ada", "DELETE", `/v1/grants/${id}`);
  expect((await above.call("send_payment", { recipient: BOB, amount: 5 })).code).toBe("approval_pending");
});

test("before it, the question says what a yes leaves behind", async () => {
  const agent = await bank.agent(WORDS);
  await agent.call("read_file", { path: "bills.txt" });
  const { asked } = await agent.allowed("send_payment", { recipient: BOB, amount: 5 });
  expect((asked["summary"] as { says: string }).says).toContain(
    `a yes counts for \`recipient\` "${BOB}" as the target of what spends or less, up to 5, for 60 min`,
  );
});

test("it is listed as one sentence, by the API and on the command line, and is on the record", async () => {
  const { agent, grant, question } = await answered();
  const says = new RegExp(
    `^until \\d\\d:\\d\\dZ \`recipient\` "${BOB}" may be the target of what spends or less, up to 5: ana said yes to question ${question}$`,
  );
  const { json } = await bank.as("ana", "GET", `/v1/tasks/${agent.task}`);
  expect(json["grants"]).toContainEqual(
    expect.objectContaining({
      id: grant,
      origin: "approval",
      issuedBy: "ana",
      tools: [],
      allows: expect.stringMatching(says),
    }),
  );
  const { out } = await bank.writ("ana", ["task", "show", agent.task]);
  expect(out).toMatch(new RegExp(`${grant}.*approval.*live.*"${BOB}" may be the target of what spends or less`));
  const issued = (await bank.records("grant_issued")).filter((body) => body["grant"] === grant);
  expect(issued).toMatchObject([{ allows: expect.stringMatching(says), issuedBy: "ana", origin: "approval" }]);
});

test("it covers no call, hands nothing down and is no part of a plan", async () => {
  const { agent, grant } = await answered();
  const held = await bank.house.writ.store.read((tx) => tx.grant(grant as GrantId));
  expect(held).toMatchObject({ tools: [], constraints: [] });
  expect((await agent.call("send_email", { to: BOB, body: "hello" })).code).toBe("approval_pending");
});

test("its owner takes it back, and the next call is asked about again", async () => {
  const { agent, grant } = await answered();
  expect((await bank.as("vera", "DELETE", `/v1/grants/${grant}`)).json).toMatchObject({
    error: { code: "role_missing" },
  });
  expect(await bank.writ("ada", ["grant", "revoke", grant])).toMatchObject({ code: 0 });
  expect((await agent.call("send_payment", { recipient: BOB, amount: 4 })).code).toBe("approval_pending");
  expect(await bank.records("grant_revoked")).toMatchObject([{ grant, by: "ada" }]);
});

test("using what a person said yes to does not make it the owner's word: taken back, it is asked about again", async () => {
  const { agent, grant } = await answered();
  expect((await agent.call("send_payment", { recipient: BOB, amount: 5 })).code).toBeNull();
  await bank.as("ada", "DELETE", `/v1/grants/${grant}`);
  expect((await agent.call("send_payment", { recipient: BOB, amount: 4 })).code).toBe("approval_pending");
});

test("it is over with its time, which is never past the task's", async () => {
  const { agent, grant } = await answered();
  const { store } = bank.house.writ;
  const [held, task] = await store.read(async (tx) => [
    await tx.grant(grant as GrantId),
    await tx.task(agent.task as never),
  ]);
  if (held === null || task === null) throw new Error("gone");
  expect(held.expiresAt).toBeLessThanOrEqual(Math.min(task.deadline, Date.now() + 3_600_000));
  await store.write((tx) => tx.putGrant({ ...held, expiresAt: Date.now() - 1 }));
  expect((await agent.call("send_payment", { recipient: BOB, amount: 4 })).code).toBe("approval_pending");
});

test("it ends with its task, and another task of the same owner starts without it", async () => {
  const { agent, grant } = await answered();
  await bank.as("otto", "POST", `/v1/tasks/${agent.task}/end`, {});
  expect(await bank.house.writ.store.read((tx) => tx.grant(grant as GrantId))).toMatchObject({ revoked: true });
  const next = await bank.agent(WORDS);
  await next.call("read_file", { path: "bills.txt" });
  expect((await next.call("send_payment", { recipient: BOB, amount: 4 })).code).toBe("approval_pending");
});

test("a viewer sees that somebody said yes, and not to what", async () => {
  const { agent } = await answered();
  const { json } = await bank.as("vera", "GET", `/v1/tasks/${agent.task}`);
  expect(JSON.stringify(json["grants"])).toContain("ana said yes");
  expect(JSON.stringify(json["grants"])).not.toContain(BOB);
});

test("a yes to what something else asks leaves nothing behind", async () => {
  const agent = await bank.agent(`Pay 5 to ${BOB}`);
  await agent.call("send_payment", { recipient: BOB, amount: 5 });
  const { answer, asked } = await agent.allowed("send_payment", { recipient: BOB, amount: 6 });
  expect((asked["asks"] as { policy: string }[]).map(({ policy }) => policy)).toContain("more-than-asked");
  expect(answer.code).toBeNull();
  const { json } = await bank.as("ana", "GET", `/v1/tasks/${agent.task}`);
  expect(JSON.stringify(json["grants"])).not.toContain("endorses");
});

test("where configuration remembers no answers, each call is asked about", async () => {
  await bank.close();
  bank = await openBank(", endorse: 0s");
  const { agent, grant } = await answered();
  expect(grant).toBe("undefined");
  expect((await agent.call("send_payment", { recipient: BOB, amount: 4 })).code).toBe("approval_pending");
});
