import { afterEach, beforeEach, expect, test } from "vitest";
import { openTask } from "../../src/authority/tasks/open-task.ts";
import type { TaskId } from "../../src/domain/ids.ts";
import { type Bank, agentOf, BOB, CLUB, openBank } from "./bank-world.ts";

const WORDS = `Pay 5 to ${BOB} and 6 to ${CLUB}, then email the receipts to ida@example.org`;
let bank: Bank;
beforeEach(async () => {
  bank = await openBank();
});
afterEach(() => bank.close());

const planOf = async (task: string): Promise<string> => {
  const { json } = await bank.as("vera", "GET", `/v1/tasks/${task}`);
  return (json["plan"] as string[]).join("\n");
};

test("what the owner's words let a task do is shown, one sentence each", async () => {
  const { task } = await bank.agent("Email ida@example.org");
  expect((await planOf(task)).split("\n")).toEqual([
    'may send: email; "ida@example.org" is named; once',
    "may enter: a sign-in, where the rest takes one",
    "may pay, book, create, change, delete, admit, run, release: nothing",
  ]);
  expect((await bank.writ("vera", ["task", "show", task])).out).toContain(
    'plan       may send: email; "ida@example.org" is named; once',
  );
});

test("an act that the owner took away is refused from the next call on, and another is not", async () => {
  const agent = await bank.agent(WORDS);
  expect((await agent.call("send_email", { to: "ida@example.org", body: "one" })).code).toBeNull();
  expect(await bank.writ("ada", ["task", "narrow", agent.task, "--without", "send"])).toMatchObject({ code: 0 });
  const refused = await agent.call("send_email", { to: "ida@example.org", body: "two" });
  expect(refused.code).toBe("policy_forbidden");
  expect(refused.text).toContain("the owner took `send` out of this task");
  expect((await agent.call("send_payment", { recipient: BOB, amount: 5 })).code).toBeNull();
  expect(await bank.records("task_narrowed")).toEqual([{ by: "ada", without: ["send"], not: [], once: false }]);
  expect(await planOf(agent.task)).toContain("the owner took away `send`");
});

test("a value that the owner took away is no target any more, in any spelling, and another is", async () => {
  const agent = await bank.agent(WORDS);
  const { json } = await bank.as("ada", "POST", `/v1/tasks/${agent.task}/narrow`, { not: [BOB] });
  expect(JSON.stringify(json["plan"])).not.toMatch(new RegExp(`${BOB}.* (?:is|are) named`));
  expect((await agent.call("send_payment", { recipient: "gb33 BUKB 2020 1555 5555 55", amount: 5 })).code).toBe(
    "policy_forbidden",
  );
  expect((await agent.call("send_payment", { recipient: CLUB, amount: 6 })).code).toBeNull();
});

test("at Foundation, whatever a plan covers and nobody can read, what the owner took away is refused too", async () => {
  await bank.close();
  bank = await openBank("", "foundation");
  const agent = await bank.agent(WORDS);
  await bank.as("ada", "POST", `/v1/tasks/${agent.task}/narrow`, { without: ["send"], not: [BOB] });
  for (const [tool, input] of [
    ["send_email", { to: "ida@example.org", body: "x" }],
    ["send_payment", { recipient: BOB, amount: 5 }],
  ] as const)
    expect((await agent.call(tool, input)).code, tool).toBe("policy_forbidden");
});

test("once means once, also for a second target that the words name", async () => {
  const agent = await bank.agent(WORDS);
  await bank.as("otto", "POST", `/v1/tasks/${agent.task}/narrow`, { once: true });
  expect((await agent.call("send_payment", { recipient: BOB, amount: 5 })).code).toBeNull();
  expect((await agent.call("send_payment", { recipient: CLUB, amount: 6 })).code).toBe("policy_forbidden");
});

test("a person's yes of before does not bring back what the owner took away", async () => {
  const agent = await bank.agent("Please pay the bills in 'bills.txt'");
  await agent.call("read_file", { path: "bills.txt" });
  await agent.allowed("send_payment", { recipient: BOB, amount: 5 });
  await bank.as("ada", "POST", `/v1/tasks/${agent.task}/narrow`, { without: ["pay"] });
  expect((await agent.call("send_payment", { recipient: BOB, amount: 5 })).code).toBe("policy_forbidden");
});

test("narrowing again only takes more away, and the same twice is one entry of the record", async () => {
  const { task } = await bank.agent(WORDS);
  for (const body of [{ without: ["send"] }, { without: ["send"] }, { not: [BOB] }, { once: false, without: ["send"] }])
    expect((await bank.as("ada", "POST", `/v1/tasks/${task}/narrow`, body)).status).toBe(200);
  const held = await bank.house.writ.store.read((tx) => tx.task(task as TaskId));
  expect(held?.narrowed).toEqual({ without: ["send"], not: [BOB], once: false });
  expect(await bank.records("task_narrowed")).toHaveLength(2);
});

test("what the words neither ask for nor name cannot be taken away, and the refusal says what can", async () => {
  const { task } = await bank.agent(WORDS);
  const narrow = async (body: object): Promise<unknown> =>
    (await bank.as("ada", "POST", `/v1/tasks/${task}/narrow`, body)).json["error"];
  for (const body of [{ without: ["fly"] }, { without: ["delete"] }, { not: ["eve@example.net"] }, { not: [" "] }])
    expect(await narrow(body)).toMatchObject({
      code: "narrowing_unknown",
      hint: expect.stringContaining("writ task show"),
    });
  expect(await narrow({})).toMatchObject({ code: "narrowing_empty" });
  expect(await bank.records("task_narrowed")).toEqual([]);
});

test("what is taken from a task is taken from those below it, whose own words ground nothing", async () => {
  const above = await bank.agent(WORDS);
  const { authority, store } = bank.house.writ;
  const parent = await store.read((tx) => tx.task(above.task as TaskId));
  const instance = await store.read((tx) => tx.instance(parent?.instance as never));
  if (parent === null || instance === null) throw new Error("gone");
  const { task, token } = await openTask(authority, {
    instance,
    objective: `pay 5 to ${BOB}`,
    declaredBy: "agent-claimed",
    parent: parent.id,
  });
  expect((await planOf(task.id)).split("\n").slice(0, 2)).toEqual([
    "an agent's own words ground nothing",
    `the owner's words are those of ${parent.id}`,
  ]);
  await bank.as("ada", "POST", `/v1/tasks/${parent.id}/narrow`, { without: ["pay"] });
  const below = await agentOf(bank.house, bank.as, task.id, token.token);
  expect((await below.call("send_payment", { recipient: BOB, amount: 5 })).code).toBe("policy_forbidden");
});

test("where no words are the owner's there is nothing to narrow", async () => {
  const { task } = await bank.agent("");
  expect(await planOf(task)).toBe("nobody said what it is for");
  const { json } = await bank.as("ada", "POST", `/v1/tasks/${task}/narrow`, { once: true });
  expect(json["error"]).toMatchObject({ code: "words_missing" });
});

test("an agent, and a person who is neither owner nor operator, narrows nothing", async () => {
  const agent = await bank.agent(WORDS);
  const path = `/v1/tasks/${agent.task}/narrow`;
  expect(await bank.as("vera", "POST", path, { once: true })).toMatchObject({
    status: 403,
    json: { error: { code: "role_missing" } },
  });
  const response = await fetch(`${bank.house.writ.origin}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${agent.token}`, "content-type": "application/json" },
    body: JSON.stringify({ once: true }),
  });
  expect([response.status, await response.json()]).toMatchObject([403, { error: { code: "agent_refused" } }]);
  expect(await bank.records("task_narrowed")).toEqual([]);
});

test("nothing is narrowed in a task that is over", async () => {
  const { task } = await bank.agent(WORDS);
  await bank.as("otto", "POST", `/v1/tasks/${task}/end`, {});
  const { json } = await bank.as("ada", "POST", `/v1/tasks/${task}/narrow`, { once: true });
  expect(json["error"]).toMatchObject({ code: "task_ended" });
});
