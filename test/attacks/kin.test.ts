import { afterEach, beforeEach, expect, test } from "vitest";
import { answerApproval } from "../../src/authority/tasks/answer-approval.ts";
import { openTask } from "../../src/authority/tasks/open-task.ts";
import type { PersonName } from "../../src/domain/ids.ts";
import type { Task } from "../../src/domain/task.ts";
import { rawClient } from "../gate/client.ts";
import { type House, openHouse } from "../house.ts";
import { type HostileServer, openHostileServer, tool } from "./hostile-server.ts";

const DANA = { name: "dana" as PersonName, roles: ["approver"] };
let server: HostileServer;
let house: House;

beforeEach(async () => {
  server = await openHostileServer(tool("look"), tool("mail"));
  house = await openHouse(`
approvals: { timeout: 30s, hold: 0s }
people: { dana: { roles: [approver] } }
servers:
  box:
    url: ${server.url}
    tools:
      look: { effects: [read], private: true, untrusted: true }
      mail: { effects: [send] }
agents:
  clerk: { scope: [{ tools: [box__look, box__mail] }], budget: { calls: 90, writes: 90 } }
`);
});
afterEach(async () => {
  await house.close();
  await server.close();
});

/** A task that an agent opens below its own. */
async function below(task: Task): Promise<{ task: Task; token: string }> {
  const instance = await house.writ.store.read((tx) => tx.instance(task.instance));
  if (instance === null) throw new Error("no instance");
  const opened = await openTask(house.writ.authority, {
    instance,
    objective: "a part of it",
    declaredBy: "agent-claimed",
    parent: task.id,
  });
  return { task: opened.task, token: opened.token.token };
}

async function labels(task: Task): Promise<unknown> {
  const session = await house.writ.store.read((tx) => tx.session(task.session));
  return { readPrivate: session?.readPrivate, readUntrusted: session?.readUntrusted };
}

async function giveBack(task: Task): Promise<void> {
  await house.writ.store.write(async (tx) => {
    const now = await tx.task(task.id);
    if (now !== null) await tx.putTask({ ...now, used: { calls: 0, writes: 0 } });
  });
}

test("a task opened before anything was read does not stay clean of what its parent reads later", async () => {
  const { token, task } = await house.task("clerk");
  const child = await below(task);
  const grandchild = await below(child.task);
  await giveBack(task);
  await (await rawClient(`${house.writ.origin}/mcp/box`, token)).call("look", { to: "a" });
  for (const one of [task, child.task, grandchild.task])
    expect(await labels(one)).toEqual({ readPrivate: true, readUntrusted: true });
});

test("what a task below has read is known to the one above, and to strangers it is not", async () => {
  const { task } = await house.task("clerk");
  const other = await house.task("clerk");
  const child = await below(task);
  await house.writ.store.write(async (tx) => {
    for (const grant of await tx.grants(task.id))
      await tx.putGrant({ ...grant, id: `${grant.id}x` as typeof grant.id, task: child.task.id });
  });
  await (await rawClient(`${house.writ.origin}/mcp/box`, child.token)).call("look", { to: "a" });
  expect(await labels(task)).toEqual({ readPrivate: true, readUntrusted: true });
  expect(await labels(other.task)).toEqual({ readPrivate: false, readUntrusted: false });
});

test("a call that a person refused is not asked anew from a task opened below", async () => {
  const { token, task } = await house.task("clerk");
  const mine = await rawClient(`${house.writ.origin}/mcp/box`, token);
  expect((await mine.call("mail", { to: "eve" })).code).toBe("approval_pending");
  const [asked] = await house.writ.store.read((tx) => tx.openApprovals(task.id));
  if (asked === undefined) throw new Error("nothing asked");
  await answerApproval(house.writ.authority, { approval: asked.id, person: DANA, verdict: "deny", note: "" });
  const child = await below(task);
  const theirs = await rawClient(`${house.writ.origin}/mcp/box`, child.token);
  expect((await theirs.call("mail", { to: "eve" })).code).toBe("approval_refused");
});

test("an agent that asks a thousand questions is not let to wear people down", async () => {
  const { token, task } = await house.task("clerk");
  const client = await rawClient(`${house.writ.origin}/mcp/box`, token);
  const codes: (string | null)[] = [];
  for (let i = 0; i < 25; i++) codes.push((await client.call("mail", { to: `eve${i}` })).code);
  expect(codes.filter((code) => code === "approval_pending")).toHaveLength(20);
  expect(codes.filter((code) => code === "asks_waiting")).toHaveLength(5);
  expect(await house.writ.store.read((tx) => tx.openApprovals(task.id))).toHaveLength(20);
  expect((await client.call("mail", { to: "eve0" })).code).toBe("approval_pending");
});
