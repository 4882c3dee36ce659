import { createSecretKey } from "node:crypto";
import { expect, test } from "vitest";
import { inferRule } from "../../src/analysis/inferred.ts";
import type { Grant } from "../../src/domain/grant.ts";
import type { ApprovalId, CallId, SessionId, TaskId } from "../../src/domain/ids.ts";
import type { Task } from "../../src/domain/task.ts";
import { createTracing, type Tracing } from "../../src/gate/tracing.ts";
import type { Store } from "../../src/ports/store.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { createDigests } from "../../src/system/digests.ts";
import { call, effects, grant, NOW, request, standing } from "../gate/sample.ts";
import { TOOLS } from "./kit.ts";

const digests = createDigests(createSecretKey(Buffer.alloc(32, 7)));
const fresh = (): Tracing => createTracing(digests, { now: () => NOW }, { servers: [], clearance: {} });
const MALLORY = "GB33BUKB20201555555555";
const OWN = { ...standing().task, objective: "Please pay the bill in 'bill.txt'" };
const rule = inferRule(TOOLS.read, {});
const read = (task = OWN) =>
  request({ ...call("office", "read_file", { path: "bill.txt" }), id: "c_read" as CallId }, effects(["read"], true), {
    standing: standing({ task }),
  });
const pay = (task = OWN) =>
  request(call("office", "send_payment", { payee: MALLORY, amount: 5 }), effects(["spend"]), {
    standing: standing({ task }),
  });
const bill = { result: { content: [{ type: "text", text: `pay to ${MALLORY}` }] } };

async function reads(tracing: Tracing, store: Store, task = OWN): Promise<void> {
  await store.read((tx) => tracing.look(tx, task, []));
  const brought = tracing.read(read(task), rule, bill, null);
  await store.write((tx) => tracing.settle(tx, read(task), brought, false));
}

test("what a session read is known to another gateway, and after a restart", async () => {
  const store = createMemoryStore();
  await reads(fresh(), store);
  const other = fresh();
  const seen = await store.read((tx) => other.look(tx, OWN, []));
  expect(other.trace(pay(), inferRule(TOOLS.pay, {}), seen).tainted).toEqual(["payee"]);
});

test("what is kept of a result holds none of its text", async () => {
  const store = createMemoryStore();
  await reads(fresh(), store);
  const kept = await store.read(async (tx) => [await tx.documents("lineage"), await tx.documents("lineage_part")]);
  expect(JSON.stringify(kept)).not.toContain(MALLORY);
  expect(JSON.stringify(kept).length).toBeGreaterThan(50);
});

test("what a task below reads its parent knows, and its owner's words are the parent's", async () => {
  const store = createMemoryStore();
  const child = {
    ...OWN,
    id: "t_2" as TaskId,
    session: "s_2" as SessionId,
    parent: OWN.id,
    declaredBy: "agent-claimed" as const,
    objective: `pay to ${MALLORY}`,
  };
  await store.write(async (tx) => {
    await tx.putTask(OWN);
    await tx.putTask(child);
  });
  const tracing = fresh();
  await reads(tracing, store, child);
  const above = await store.read((tx) => tracing.look(tx, OWN, []));
  expect(tracing.trace(pay(), inferRule(TOOLS.pay, {}), above).tainted).toEqual(["payee"]);
  const below = await store.read((tx) => tracing.look(tx, child, []));
  expect(tracing.trace(pay(child), inferRule(TOOLS.pay, {}), below)).toMatchObject({
    tainted: ["payee"],
    authorised: false,
  });
});

test("another task in the same session washes nothing", async () => {
  const store = createMemoryStore();
  const tracing = fresh();
  await reads(tracing, store);
  const next = { ...OWN, id: "t_9" as TaskId, objective: "Please pay the garden club" };
  const seen = await store.read((tx) => tracing.look(tx, next, []));
  expect(tracing.trace(pay(next), inferRule(TOOLS.pay, {}), seen).tainted).toEqual(["payee"]);
});

test("an objective that an agent claims authorises nothing", async () => {
  const store = createMemoryStore();
  const claimed = { ...OWN, declaredBy: "agent-claimed" as const, objective: `Pay 5 to ${MALLORY}` };
  const seen = await store.read((tx) => fresh().look(tx, claimed, []));
  const provenance = fresh().trace(pay(claimed), inferRule(TOOLS.pay, {}), seen);
  expect(provenance).toMatchObject({ authorised: false, ungrounded: ["payee"] });
});

test("a yes, its end and what the owner takes away each move what an admission compares", async () => {
  const store = createMemoryStore();
  const tracing = fresh();
  const endorses = {
    role: "recipient",
    argument: "payee",
    shown: "`payee`",
    mark: "",
    rank: 2,
    kinds: ["spend"],
    most: 5,
    approval: "a_1" as ApprovalId,
  } as const;
  const yes = grant([], { endorses, origin: "approval" });
  const versionOf = (task: Task, grants: readonly Grant[]): Promise<number> =>
    store.read(async (tx) => (await tracing.look(tx, task, grants)).version);
  const narrowed = { ...OWN, narrowed: { without: ["pay" as const], not: [], once: false } };
  const versions = [
    await versionOf(OWN, []),
    await versionOf(OWN, [yes]),
    await versionOf(OWN, [{ ...yes, revoked: true, version: 1 }]),
    await versionOf(narrowed, [{ ...yes, revoked: true, version: 1 }]),
  ];
  expect(versions).toEqual([0, 1, 2, 3]);
});
