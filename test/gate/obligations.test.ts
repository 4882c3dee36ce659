import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { answerApproval } from "../../src/authority/tasks/answer-approval.ts";
import type { Approval } from "../../src/domain/approval.ts";
import type { PersonName } from "../../src/domain/ids.ts";
import type { LedgerRecord } from "../../src/domain/record.ts";
import { SECRETS } from "../analysis/secrets/samples.ts";
import { type House, openHouse } from "../house.ts";
import { rawClient } from "./client.ts";

const SERVER = join(import.meta.dirname, "fixture-server.ts");
const DANA = { name: "dana" as PersonName, roles: ["approver"] };
const TOKEN = SECRETS["github"] ?? "";
const COVERED = "•••• (github)";
/** One obligation for each tool; `pay` is asked as well. */
const POLICIES = `
@id("box-reads") @obligation("redact-result") permit (principal, action == Writ::Action::"box__look", resource);
@id("box-changes") @obligation("redact-secrets") permit (principal, action == Writ::Action::"box__change", resource);
@id("box-pays") @obligation("redact-secrets, redact-result") permit (principal, action == Writ::Action::"box__pay", resource);
@id("box-asked") @ask("approver") forbid (principal, action == Writ::Action::"box__pay", resource);
@id("box-sends") @obligation("block-secrets") permit (principal, action == Writ::Action::"box__send", resource);
@id("box-marks") @obligation("rows=5") permit (principal, action == Writ::Action::"box__big", resource);
`;
let house: House;

beforeAll(async () => {
  house = await openHouse(
    `
approvals: { timeout: 5s, hold: 5s }
people: { dana: { roles: [approver] } }
policies: ./rules
records: { text: keep }
servers:
  box:
    command: node
    args: [${SERVER}, ./did.txt]
    tools:
      look: { effects: [write] }
      change: { effects: [write] }
      pay: { effects: [write] }
      send: { effects: [write] }
      big: { effects: [write] }
agents:
  clerk:
    scope: [{ tools: [box__look, box__change, box__pay, box__send, box__big] }]
`,
    { "did.txt": "", "rules/all.cedar": POLICIES },
  );
});
afterAll(() => house.close());
beforeEach(() => writeFileSync(join(house.folder, "did.txt"), ""));

const did = (): string => readFileSync(join(house.folder, "did.txt"), "utf8");

async function agent() {
  const { token, task } = await house.task("clerk", "tidy the box");
  return { ...(await rawClient(`${house.writ.origin}/mcp/box`, token)), task };
}

function records(task: string): Promise<readonly LedgerRecord[]> {
  return house.writ.store.read(async (tx) =>
    (await tx.ledger({ after: 0, limit: 1000 })).filter((one) => one.task === task),
  );
}

async function pending(task: string): Promise<Approval> {
  for (;;) {
    const open = await house.writ.store.read((tx) => tx.openApprovals(task as never));
    const first = open.find((one) => one.state === "pending");
    if (first !== undefined) return first;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("`redact-secrets`: what leaves is what was judged and recorded, and holds no secret", async () => {
  const clerk = await agent();
  const answer = await clerk.call("change", { to: `use ${TOKEN} there` });
  expect(answer.code).toBeNull();
  expect(did()).toBe(`change {"to":"use ${COVERED} there"}\n`);
  const admission = (await records(clerk.task.id)).find((one) => one.kind === "admission");
  expect(admission?.body).toMatchObject({ lightened: true, obligations: ["mark-invisible", "redact-secrets"] });
  expect(admission?.body).toMatchObject({ params: { arguments: { to: `use ${COVERED} there` } } });
});

test("`redact-secrets` leaves a call without secrets as it is", async () => {
  const clerk = await agent();
  await clerk.call("change", { to: "the shop" });
  expect(did()).toBe('change {"to":"the shop"}\n');
  const admission = (await records(clerk.task.id)).find((one) => one.kind === "admission");
  expect(admission?.body["lightened"]).toBeUndefined();
});

test("what a person is asked about is the call without its secrets, and that is what the answer admits", async () => {
  const clerk = await agent();
  const [answer, approval] = await Promise.all([
    clerk.call("pay", { to: TOKEN, amount: 5 }),
    pending(clerk.task.id).then(async (open) => {
      await answerApproval(house.writ.authority, { approval: open.id, person: DANA, verdict: "allow", note: "" });
      return open;
    }),
  ]);
  expect(answer.code).toBeNull();
  expect(JSON.parse(approval.summary.arguments)).toEqual({ name: "pay", arguments: { to: COVERED, amount: 5 } });
  expect(did()).toBe(`pay {"amount":5,"to":"${COVERED}"}\n`);
});

test("`block-secrets`: a call that holds a secret is refused by its own reason, and never reaches the server", async () => {
  const clerk = await agent();
  const answer = await clerk.call("send", { to: TOKEN });
  expect(answer.code).toBe("secret_blocked");
  expect(answer.text).not.toContain(TOKEN);
  expect(did()).toBe("");
  const [denial] = (await records(clerk.task.id)).filter((one) => one.kind === "denial");
  expect(JSON.stringify(denial?.body)).not.toContain(TOKEN);
});

test("`redact-result`: the agent gets, and the record keeps, the result without its secrets", async () => {
  const clerk = await agent();
  const answer = await clerk.call("look", { at: TOKEN });
  expect(did()).toBe(`look {"at":"${TOKEN}"}\n`);
  expect(answer.text).not.toContain(TOKEN);
  expect(answer.json.result?.["content"]).toEqual([{ type: "text", text: `look {"at":"${COVERED}"}` }]);
  const all = await records(clerk.task.id);
  expect(all.find((one) => one.kind === "outcome")?.body).toMatchObject({
    state: "completed",
    done: ["redact-result"],
  });
  expect(JSON.stringify(all)).not.toContain(TOKEN);
});

test("a result without secrets arrives byte for byte", async () => {
  const clerk = await agent();
  const answer = await clerk.call("look", { at: "/in" }, { id: 9 });
  expect(answer.text).toBe(
    '{"jsonrpc":"2.0","id":9,"result":{"content":[{"type":"text","text":"look {\\"at\\":\\"/in\\"}"}]}}',
  );
});

test("what nobody would do for a call is a refusal, not a permit without it", async () => {
  const clerk = await agent();
  const answer = await clerk.call("big", {});
  expect(answer.code).toBe("obligation_unmet");
  expect(did()).toBe("");
});

test("the record keeps no secret of the arguments, with or without an obligation", async () => {
  const clerk = await agent();
  await clerk.call("change", { to: TOKEN });
  await clerk.call("look", { at: TOKEN });
  expect(JSON.stringify(await records(clerk.task.id))).not.toContain(TOKEN);
});
