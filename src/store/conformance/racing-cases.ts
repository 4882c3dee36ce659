import assert from "node:assert/strict";
import { revoke, spend } from "../../domain/grant.ts";
import { raise } from "../../domain/principal.ts";
import { end, reserve, standing } from "../../domain/task.ts";
import type { Store } from "../../ports/store.ts";
import { storeCase, type StoreCase, times } from "./case.ts";
import { aGrant, aSession, aTask, id } from "./values.ts";

/** The rules of the domain hold when many apply them to one value at once. */
export const RACING_CASES: readonly StoreCase[] = [
  storeCase("of two racing calls on the last use of a grant exactly one is spent", async (store) => {
    await store.write((tx) => tx.putGrant(aGrant("g_1", { uses: 3, used: 2 })));
    const spent = await Promise.all(times(2, () => spendOnce(store)));
    assert.equal(spent.filter(Boolean).length, 1);
    assert.equal((await store.read((tx) => tx.grant(id("g_1"))))?.used, 3);
  }),

  storeCase("a hundred racing calls spend a grant as often as it has uses", async (store) => {
    await store.write((tx) => tx.putGrant(aGrant("g_1", { uses: 7 })));
    const spent = await Promise.all(times(100, () => spendOnce(store)));
    assert.equal(spent.filter(Boolean).length, 7);
    assert.equal((await store.read((tx) => tx.grant(id("g_1"))))?.used, 7);
  }),

  storeCase("a grant revoked while calls spend it is not spent after", async (store) => {
    await store.write((tx) => tx.putGrant(aGrant("g_1", { uses: null })));
    const earlier = times(40, () => spendOnce(store));
    const revoking = store.write(async (tx) => {
      const grant = await tx.grant(id("g_1"));
      if (grant !== null) await tx.putGrant(revoke(grant));
      await tx.revoke({ kind: "task", id: "t_1" });
      return grant?.used ?? 0;
    });
    const later = times(40, () => spendOnce(store));
    const usedBefore = await revoking;
    assert.equal((await Promise.all(later)).filter(Boolean).length, 0);
    assert.equal((await Promise.all(earlier)).filter(Boolean).length, usedBefore);
    const grant = await store.read((tx) => tx.grant(id("g_1")));
    assert.deepEqual([grant?.used, grant?.revoked], [usedBefore, true]);
  }),

  storeCase("a version that moved between a read and a write is seen by the write", async (store) => {
    await store.write(async (tx) => {
      await tx.putTask(aTask("t_1"));
      await tx.putSession(aSession("s_1"));
    });
    const seen = await store.read(async (tx) => ({
      task: (await tx.task(id("t_1")))?.version,
      session: (await tx.session(id("s_1")))?.version,
      sequence: await tx.sequence(),
    }));
    await store.write(async (tx) => {
      await tx.putTask(end(aTask("t_1"), 5, "dana", "done"));
      await tx.putSession(raise(aSession("s_1"), { readUntrusted: true }));
      await tx.revoke({ kind: "task", id: "t_1" });
    });
    await store.write(async (tx) => {
      assert.notEqual((await tx.task(id("t_1")))?.version, seen.task);
      assert.notEqual((await tx.session(id("s_1")))?.version, seen.session);
      assert.ok((await tx.revokedAt([{ kind: "task", id: "t_1" }])) > seen.sequence);
    });
  }),

  storeCase("a deadline is the first instant at which it is too late, also once stored", async (store) => {
    await store.write(async (tx) => {
      await tx.putTask(aTask("t_1", { deadline: 5_000 }));
      await tx.putGrant(aGrant("g_1", { expiresAt: 5_000 }));
    });
    await store.read(async (tx) => {
      const task = await tx.task(id("t_1"));
      const grant = await tx.grant(id("g_1"));
      assert.ok(task !== null && grant !== null);
      assert.deepEqual(
        [4_999, 5_000].map((now) => standing(task, now)),
        ["active", "expired"],
      );
      assert.deepEqual(
        [4_999, 5_000].map((now) => spend(grant, now)?.used ?? null),
        [1, null],
      );
    });
  }),

  storeCase("a budget is never overdrawn by racing calls", async (store) => {
    await store.write((tx) => tx.putTask(aTask("t_1", { budget: { calls: 10, writes: 3 } })));
    const reserved = await Promise.all(
      times(40, (n) =>
        store.write(async (tx) => {
          const task = await tx.task(id("t_1"));
          const next = task === null ? null : reserve(task, n % 2 === 0);
          if (next === null) return false;
          await tx.putTask(next);
          return true;
        }),
      ),
    );
    const used = (await store.read((tx) => tx.task(id("t_1"))))?.used;
    assert.deepEqual(used, { calls: 10, writes: 3 });
    assert.equal(reserved.filter(Boolean).length, 10);
  }),
];

function spendOnce(store: Store): Promise<boolean> {
  return store.write(async (tx) => {
    const grant = await tx.grant(id("g_1"));
    const next = grant === null ? null : spend(grant, 5_000);
    if (next === null) return false;
    await tx.putGrant(next);
    return true;
  });
}
