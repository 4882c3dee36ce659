import assert from "node:assert/strict";
import type {
  AgentName,
  ApprovalId,
  CallId,
  Digest,
  PersonName,
  ServerName,
  SessionId,
  TaskId,
} from "../../domain/ids.ts";
import { refuses, storeCase, type StoreCase, times } from "./case.ts";
import { aCall, aGrant, anApproval, anInstance, aPin, aSession, aTask, id } from "./values.ts";

/** What is put is what is got. */
export const VALUE_CASES: readonly StoreCase[] = [
  storeCase("an empty store answers null, nothing and 0", async (store) => {
    await store.read(async (tx) => {
      assert.equal(await tx.task(id("t_1")), null);
      assert.equal(await tx.session(id("s_1")), null);
      assert.equal(await tx.instance(id("i_1")), null);
      assert.equal(await tx.grant(id("g_1")), null);
      assert.equal(await tx.approval(id("a_1")), null);
      assert.equal(await tx.approvalFor(id("t_1"), id("d")), null);
      assert.equal(await tx.call(id("c_1")), null);
      assert.equal(await tx.callByClientKey(id("s_1"), "1"), null);
      assert.equal(await tx.activePolicies(), null);
      assert.equal(await tx.personByKey(id("h")), null);
      assert.equal(await tx.ledgerHead(), null);
      assert.deepEqual(await tx.pins(id("files")), []);
      assert.deepEqual(await tx.grants(id("t_1")), []);
      assert.deepEqual(await tx.childTasks(id("t_1")), []);
      assert.deepEqual(await tx.openApprovals(id("t_1")), []);
      assert.deepEqual(await tx.ledger({ after: 0, limit: 10 }), []);
      assert.deepEqual(await tx.ledgerTail(10), []);
      assert.deepEqual(await tx.ledgerOfCall(id("c_1")), []);
      assert.deepEqual(await tx.tasks({ after: null, limit: 10 }), { items: [], next: null });
      assert.equal(await tx.revokedAt([{ kind: "all", id: "*" }]), 0);
      assert.equal(await tx.revokedAt([]), 0);
      assert.equal(await tx.sequence(), 0);
    });
  }),

  storeCase("every value comes back as it was put", async (store) => {
    const task = aTask("t_1", { objective: "quote ' and \" and \\ and \u{1f600} and \u0000", parent: id("t_0") });
    const policies = {
      version: "p1",
      files: [{ name: "a.cedar", text: "permit(…);\n" }],
      appliedBy: "dana",
      appliedAt: 5,
    };
    await store.write(async (tx) => {
      await tx.putTask(task);
      await tx.putSession(aSession("s_1"));
      await tx.putInstance(anInstance("i_1"));
      await tx.putGrant(aGrant("g_1"));
      await tx.putApproval(anApproval("a_1"));
      await tx.putCall(aCall("c_1", { clientKey: "7" }));
      await tx.putPin(aPin("read_file"));
      await tx.putPolicies(policies);
      await tx.putPersonKey(id<Digest>("h1"), id<PersonName>("dana"), 1);
    });
    await store.read(async (tx) => {
      assert.deepEqual(await tx.task(id("t_1")), task);
      assert.deepEqual(await tx.childTasks(id<TaskId>("t_0")), [task]);
      assert.deepEqual(await tx.session(id("s_1")), aSession("s_1"));
      assert.deepEqual(await tx.instance(id("i_1")), anInstance("i_1"));
      assert.deepEqual(await tx.grant(id("g_1")), aGrant("g_1"));
      assert.deepEqual(await tx.approval(id("a_1")), anApproval("a_1"));
      assert.deepEqual(await tx.call(id("c_1")), aCall("c_1", { clientKey: "7" }));
      assert.deepEqual(await tx.callByClientKey(id("s_1"), "7"), aCall("c_1", { clientKey: "7" }));
      assert.deepEqual(await tx.pins(id("files")), [aPin("read_file")]);
      assert.deepEqual(await tx.activePolicies(), policies);
      assert.equal(await tx.personByKey(id("h1")), "dana");
    });
  }),

  storeCase("putting again replaces the whole value and every way to find it", async (store) => {
    await store.write(async (tx) => {
      await tx.putTask(aTask("t_1", { parent: id("t_0") }));
      await tx.putTask(
        aTask("t_1", { objective: "another", state: { kind: "ended", at: 2, by: "dana", why: "done" } }),
      );
      await tx.putGrant(aGrant("g_1"));
      await tx.putGrant(aGrant("g_1", { task: id("t_2") }));
      await tx.putApproval(anApproval("a_1"));
      await tx.putApproval(anApproval("a_1", { state: "denied" }));
      await tx.putInstance(anInstance("i_1"));
      await tx.putInstance(anInstance("i_1", { agent: id("miner") }));
      await tx.putCall(aCall("c_1", { clientKey: "1" }));
      await tx.putCall(aCall("c_1", { clientKey: "2", state: "completed" }));
      await tx.putPin(aPin("read_file"));
      await tx.putPin(aPin("read_file", { hash: id("sha-256:other") }));
    });
    await store.read(async (tx) => {
      assert.deepEqual(await tx.childTasks(id("t_0")), []);
      assert.deepEqual((await tx.tasks({ after: null, limit: 9, active: true })).items, []);
      assert.equal((await tx.tasks({ after: null, limit: 9 })).items.length, 1);
      assert.deepEqual(await tx.grants(id("t_1")), []);
      assert.equal((await tx.grants(id("t_2"))).length, 1);
      assert.deepEqual(await tx.openApprovals(id("t_1")), []);
      assert.deepEqual((await tx.approvals({ after: null, limit: 9, open: true })).items, []);
      const clerks = await tx.instances({ after: null, limit: 9, agent: id<AgentName>("clerk") });
      assert.deepEqual(clerks.items, []);
      assert.equal(await tx.callByClientKey(id<SessionId>("s_1"), "1"), null);
      assert.equal((await tx.callByClientKey(id<SessionId>("s_1"), "2"))?.state, "completed");
      assert.deepEqual((await tx.callsIn("admitted", { after: null, limit: 9 })).items, []);
      assert.deepEqual(
        (await tx.pins(id<ServerName>("files"))).map((pin) => pin.hash),
        ["sha-256:other"],
      );
    });
  }),

  storeCase("what was given to the store or came from it can be changed without changing the store", async (store) => {
    const given: Record<string, string> = { "unix:uid": "1000" };
    await store.write((tx) => tx.putInstance(anInstance("i_1", { selectors: given })));
    given["unix:uid"] = "0";
    const got = await store.read((tx) => tx.instance(id("i_1")));
    assert.ok(got !== null);
    try {
      (got.selectors as Record<string, string>)["unix:uid"] = "0";
    } catch {
      // Frozen is as good.
    }
    const again = await store.read((tx) => tx.instance(id("i_1")));
    assert.equal(again?.selectors["unix:uid"], "1000");
  }),

  storeCase(
    "a call's client key belongs to one call of a session, and a refused one changes nothing",
    async (store) => {
      await store.write((tx) => tx.putCall(aCall("c_1", { clientKey: "7" })));
      await refuses("store_conflict", () => store.write((tx) => tx.putCall(aCall("c_2", { clientKey: "7" }))));
      await store.write(async (tx) => {
        await refuses("store_conflict", () => tx.putCall(aCall("c_2", { clientKey: "7" })));
        await tx.putCall(aCall("c_3", { clientKey: "7", session: id("s_2") }));
        await tx.putCall(aCall("c_4"));
        await tx.putCall(aCall("c_5"));
        await tx.putCall(aCall("c_1", { clientKey: "7", state: "completed" }));
      });
      await store.read(async (tx) => {
        assert.equal(await tx.call(id<CallId>("c_2")), null);
        assert.equal((await tx.callByClientKey(id("s_1"), "7"))?.state, "completed");
        assert.equal((await tx.callByClientKey(id("s_2"), "7"))?.id, "c_3");
        assert.equal((await tx.call(id("c_5")))?.clientKey, null);
      });
    },
  ),

  storeCase("of two racing calls with one client key exactly one is put", async (store) => {
    const put = times(20, (n) => store.write((tx) => tx.putCall(aCall(`c_${n}`, { clientKey: "7" }))));
    const settled = await Promise.allSettled(put);
    assert.equal(settled.filter((one) => one.status === "fulfilled").length, 1);
  }),

  storeCase("the approval for a digest is the newest one of that task, in any state", async (store) => {
    await store.write(async (tx) => {
      await tx.putApproval(anApproval("a_1"));
      await tx.putApproval(anApproval("a_2", { state: "denied" }));
      await tx.putApproval(anApproval("a_3", { digest: id("hmac-sha-256:two") }));
      await tx.putApproval(anApproval("a_4", { task: id("t_2") }));
      await tx.putApproval(anApproval("a_5", { state: "allowed", digest: id("hmac-sha-256:three") }));
      // Written again, it does not become the newest.
      await tx.putApproval(anApproval("a_1", { state: "void" }));
    });
    await store.read(async (tx) => {
      const newest = await tx.approvalFor(id<TaskId>("t_1"), id<Digest>("hmac-sha-256:one"));
      assert.equal(newest?.id, id<ApprovalId>("a_2"));
      assert.deepEqual(
        (await tx.openApprovals(id("t_1"))).map((one) => one.id),
        ["a_3", "a_5"],
      );
    });
  }),

  storeCase("the policies in force are the last ones put", async (store) => {
    const set = (version: string) => ({ version, files: [], appliedBy: "dana", appliedAt: 1 });
    for (const version of ["p1", "p2", "p1"]) await store.write((tx) => tx.putPolicies(set(version)));
    assert.equal((await store.read((tx) => tx.activePolicies()))?.version, "p1");
  }),

  storeCase(
    "a person may hold several keys, a key is one person's, and all of a person's go together",
    async (store) => {
      await store.write(async (tx) => {
        await tx.putPersonKey(id("h1"), id("dana"), 1);
        await tx.putPersonKey(id("h2"), id("dana"), 2);
        await tx.putPersonKey(id("h3"), id("dana"), 3);
        await tx.putPersonKey(id("h3"), id("eli"), 4);
      });
      await store.write((tx) => tx.dropPersonKeys(id("dana")));
      await store.read(async (tx) => {
        assert.equal(await tx.personByKey(id("h1")), null);
        assert.equal(await tx.personByKey(id("h2")), null);
        assert.equal(await tx.personByKey(id("h3")), "eli");
      });
    },
  ),

  storeCase("a body of a megabyte comes back whole", async (store) => {
    const text = "\u{1f600}x".repeat(350_000);
    await store.write((tx) => tx.putTask(aTask("t_1", { objective: text })));
    assert.equal((await store.read((tx) => tx.task(id("t_1"))))?.objective, text);
  }),
];
