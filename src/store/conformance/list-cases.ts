import assert from "node:assert/strict";
import type { Page, PageQuery, ReadTx, Store } from "../../ports/store.ts";
import { refuses, storeCase, type StoreCase, times } from "./case.ts";
import { aCall, aGrant, anApproval, anInstance, aTask, id } from "./values.ts";

/** Lists keep their order, and pages fit together while others write. */
export const LIST_CASES: readonly StoreCase[] = [
  storeCase("tasks, instances and approvals come newest first; calls and grants oldest first", async (store) => {
    await store.write(async (tx) => {
      for (const n of [2, 1, 3]) {
        await tx.putTask(aTask(`t_${n}`, { parent: id("t_0") }));
        await tx.putInstance(anInstance(`i_${n}`));
        await tx.putApproval(anApproval(`a_${n}`));
        await tx.putCall(aCall(`c_${n}`));
        await tx.putGrant(aGrant(`g_${n}`, { revoked: n === 1, used: n === 2 ? 1 : 0 }));
      }
      // Written again, each keeps its place.
      await tx.putTask(aTask("t_2", { parent: id("t_0") }));
      await tx.putGrant(aGrant("g_2", { used: 1 }));
      await tx.putCall(aCall("c_2"));
    });
    const ids = (items: readonly { readonly id: string }[]) => items.map((item) => item.id.slice(2)).join("");
    await store.read(async (tx) => {
      const all = { after: null, limit: 10 };
      assert.equal(ids((await tx.tasks(all)).items), "312");
      assert.equal(ids((await tx.instances(all)).items), "312");
      assert.equal(ids((await tx.approvals(all)).items), "312");
      assert.equal(ids((await tx.callsIn("admitted", all)).items), "213");
      assert.equal(ids(await tx.childTasks(id("t_0"))), "213");
      assert.equal(ids(await tx.grants(id("t_1"))), "213");
      assert.equal(ids(await tx.openApprovals(id("t_1"))), "213");
    });
  }),

  storeCase("a list shows only what was asked for", async (store) => {
    await store.write(async (tx) => {
      for (const n of times(12, (n) => n)) {
        const ended = { kind: "ended", at: 1, by: "dana", why: "done" } as const;
        await tx.putTask(aTask(`t_${n}`, n % 2 === 0 ? { state: ended } : {}));
        await tx.putInstance(anInstance(`i_${n}`, { agent: id(n % 3 === 0 ? "miner" : "clerk") }));
        await tx.putApproval(anApproval(`a_${n}`, { state: n % 4 === 0 ? "pending" : "spent" }));
        await tx.putCall(aCall(`c_${n}`, { state: n % 6 === 0 ? "outcome_unknown" : "completed" }));
      }
    });
    const walk = <T>(list: (tx: ReadTx, query: PageQuery) => Promise<Page<T>>) => walkAll(store, 2, list);
    assert.equal((await walk((tx, query) => tx.tasks({ ...query, active: true }))).length, 6);
    assert.equal((await walk((tx, query) => tx.tasks({ ...query, active: false }))).length, 12);
    assert.equal((await walk((tx, query) => tx.instances({ ...query, agent: id("miner") }))).length, 4);
    assert.equal((await walk((tx, query) => tx.approvals({ ...query, open: true }))).length, 3);
    assert.equal((await walk((tx, query) => tx.approvals({ ...query, open: false }))).length, 12);
    assert.equal((await walk((tx, query) => tx.callsIn("outcome_unknown", query))).length, 2);
  }),

  storeCase("the last page says that it is the last, also when it is full", async (store) => {
    await store.write(async (tx) => {
      for (const n of times(4, (n) => n)) await tx.putTask(aTask(`t_${n}`));
    });
    const first = await store.read((tx) => tx.tasks({ after: null, limit: 2 }));
    assert.notEqual(first.next, null);
    const second = await store.read((tx) => tx.tasks({ after: first.next, limit: 2 }));
    assert.equal(second.next, null);
    assert.deepEqual(
      [...first.items, ...second.items].map((task) => task.id),
      ["t_3", "t_2", "t_1", "t_0"],
    );
  }),

  storeCase("items written between two pages neither repeat nor hide others", async (store) => {
    await store.write(async (tx) => {
      for (const n of times(30, (n) => n)) {
        await tx.putTask(aTask(`t_${n}`));
        await tx.putCall(aCall(`c_${n}`));
      }
    });
    let fresh = 100;
    const disturb = () =>
      store.write(async (tx) => {
        await tx.putTask(aTask(`t_${fresh}`));
        await tx.putTask(aTask(`t_${fresh % 30}`, { objective: "changed" }));
        await tx.putCall(aCall(`c_${fresh++}`));
      });
    const tasks = await walkAll(store, 4, (tx, query) => tx.tasks(query), disturb);
    const calls = await walkAll(store, 4, (tx, query) => tx.callsIn("admitted", query), disturb);
    const ids: readonly string[][] = [tasks.map((task) => task.id), calls.map((call) => call.id)];
    for (const seen of ids) {
      assert.equal(new Set(seen).size, seen.length, "an item came twice");
      const old = seen.filter((one) => Number(one.slice(2)) < 30);
      assert.equal(old.length, 30, "an item was hidden");
    }
  }),

  storeCase("a call that leaves its state between two pages hides no other", async (store) => {
    await store.write(async (tx) => {
      for (const n of times(20, (n) => n)) await tx.putCall(aCall(`c_${n}`));
    });
    let done = 0;
    const settle = () => store.write((tx) => tx.putCall(aCall(`c_${done++}`, { state: "completed" })));
    const seen = await walkAll(store, 3, (tx, query) => tx.callsIn("admitted", query), settle);
    assert.deepEqual(
      seen.map((call) => call.id),
      times(20, (n) => `c_${n}`),
    );
  }),

  storeCase("a cursor that no page gave out, or a page of no items, is refused", async (store) => {
    for (const after of ["", "x", "1e3", "-1", "1 ", "01", "9".repeat(20), "' or 1=1", "null"]) {
      await refuses("cursor_invalid", () => store.read((tx) => tx.tasks({ after, limit: 1 })));
      await refuses("cursor_invalid", () => store.read((tx) => tx.callsIn("admitted", { after, limit: 1 })));
    }
    for (const limit of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      await refuses("limit_invalid", () => store.read((tx) => tx.tasks({ after: null, limit })));
      await refuses("limit_invalid", () => store.read((tx) => tx.ledger({ after: 0, limit })));
      await refuses("limit_invalid", () => store.read((tx) => tx.ledgerTail(limit)));
    }
  }),
];

/** All pages of a list, with `between` run after each. */
async function walkAll<T>(
  store: Store,
  limit: number,
  list: (tx: ReadTx, query: PageQuery) => Promise<Page<T>>,
  between: () => Promise<unknown> = async () => {},
): Promise<T[]> {
  const items: T[] = [];
  let after: string | null = null;
  do {
    const query: PageQuery = { after, limit };
    const page: Page<T> = await store.read((tx) => list(tx, query));
    assert.ok(page.items.length <= limit);
    items.push(...page.items);
    after = page.next;
    await between();
  } while (after !== null && items.length < 1_000);
  return items;
}
