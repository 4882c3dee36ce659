import assert from "node:assert/strict";
import type { Store, WriteTx } from "../../ports/store.ts";
import { Meant, refuses, storeCase, type StoreCase, times } from "./case.ts";
import { aCall, aGrant, anApproval, anEntry, anInstance, aPin, aSession, aTask, id } from "./values.ts";

/** A write takes effect alone, whole and lastingly, or not at all. */
export const ATOMICITY_CASES: readonly StoreCase[] = [
  storeCase("a write that throws leaves nothing, and its error is thrown on", async (store) => {
    const heard: unknown[] = [];
    store.subscribe((event) => heard.push(event));
    await store.write((tx) => tx.putSession(aSession("s_1")));
    const before = await everything(store);
    await assert.rejects(
      store.write(async (tx) => {
        await writeEverything(tx);
        throw new Meant("on purpose");
      }),
      Meant,
    );
    assert.deepEqual(await everything(store), before);
    assert.deepEqual(heard, []);
  }),

  storeCase("a write that throws takes nothing of its neighbours with it", async (store) => {
    const settled = await Promise.allSettled(
      times(60, (n) =>
        store.write(async (tx) => {
          await tx.putTask(aTask(`t_${n}`));
          await tx.append(anEntry({ task: id(`t_${n}`) }));
          await tx.publish("task", `t_${n}`);
          if (n % 3 === 0) throw new Meant("on purpose");
          return n;
        }),
      ),
    );
    const kept = times(60, (n) => n).filter((n) => n % 3 !== 0);
    assert.deepEqual(
      settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])),
      kept,
    );
    const { items } = await store.read((tx) => tx.tasks({ after: null, limit: 100 }));
    assert.deepEqual(
      items.map((task) => task.id).reverse(),
      kept.map((n) => `t_${n}`),
    );
    const ledger = await store.read((tx) => tx.ledger({ after: 0, limit: 100 }));
    assert.deepEqual(
      ledger.map((one) => one.number),
      times(kept.length, (n) => n + 1),
    );
    assert.equal(await store.read((tx) => tx.sequence()), kept.length);
  }),

  storeCase("a body sees its own writes, and returns what it likes", async (store) => {
    const seen = await store.write(async (tx) => {
      await tx.putTask(aTask("t_1"));
      await tx.append(anEntry());
      return [(await tx.task(id("t_1")))?.id, (await tx.ledgerHead())?.number];
    });
    assert.deepEqual(seen, ["t_1", 1]);
  }),

  storeCase("a read sees every write that resolved before it, and no part of one that has not", async (store) => {
    await store.write(async (tx) => {
      await tx.putSession(aSession("s_a", { risk: 0 }));
      await tx.putSession(aSession("s_b", { risk: 0 }));
    });
    let resolved = 0;
    const writes = times(50, async (n) => {
      await store.write(async (tx) => {
        await tx.putSession(aSession("s_a", { risk: n + 1 }));
        await tx.task(id("t_none"));
        await tx.putSession(aSession("s_b", { risk: n + 1 }));
      });
      resolved = Math.max(resolved, n + 1);
    });
    const reads = times(50, async () => {
      await new Promise((resolve) => setImmediate(resolve));
      const atLeast = resolved;
      await store.read(async (tx) => {
        const a = (await tx.session(id("s_a")))?.risk ?? -1;
        await tx.task(id("t_none"));
        const b = (await tx.session(id("s_b")))?.risk ?? -1;
        assert.equal(a, b);
        assert.ok(a >= atLeast, `saw ${a}, though ${atLeast} had resolved`);
      });
    });
    await Promise.all([...writes, ...reads]);
  }),

  storeCase("a read that begins in the middle of a write sees all of it or nothing", async (store) => {
    const seen: Promise<readonly boolean[]>[] = [];
    const look = () =>
      store.read(async (tx) => {
        const one = (await tx.task(id("t_1"))) !== null;
        return [one, (await tx.task(id("t_2"))) !== null, (await tx.ledgerHead()) !== null];
      });
    await assert.rejects(
      store.write(async (tx) => {
        await tx.putTask(aTask("t_1"));
        seen.push(look());
        for (const _ of times(20, () => null)) await tx.task(id("t_none"));
        throw new Meant("on purpose");
      }),
      Meant,
    );
    await store.write(async (tx) => {
      await tx.putTask(aTask("t_1"));
      seen.push(look());
      for (const _ of times(20, () => null)) await tx.task(id("t_none"));
      await tx.putTask(aTask("t_2"));
      await tx.append(anEntry());
    });
    const [first, second] = await Promise.all(seen);
    assert.deepEqual(first, [false, false, false]);
    assert.equal(new Set(second).size, 1, "saw a part of a write");
  }),

  storeCase("what a write read has not changed when it takes effect", async (store) => {
    await store.write((tx) => tx.putSession(aSession("s_1")));
    await Promise.all(
      times(200, () =>
        store.write(async (tx) => {
          const session = await tx.session(id("s_1"));
          assert.ok(session !== null);
          await tx.task(id("t_none"));
          await tx.putSession({ ...session, denials: session.denials + 1 });
        }),
      ),
    );
    assert.equal((await store.read((tx) => tx.session(id("s_1"))))?.denials, 200);
  }),

  storeCase("a transaction kept past its body refuses to read or write", async (store) => {
    const kept: WriteTx[] = [];
    await store.write(async (tx) => void kept.push(tx));
    for (const tx of kept) {
      await refuses("transaction_over", async () => tx.task(id("t_1")));
      await refuses("transaction_over", async () => tx.putTask(aTask("t_1")));
      await refuses("transaction_over", async () => tx.append(anEntry()));
    }
    assert.equal(await store.read((tx) => tx.task(id("t_1"))), null);
  }),

  storeCase("closing finishes what was begun, and refuses what comes after", async (store) => {
    const begun = times(20, (n) => store.write((tx) => tx.putTask(aTask(`t_${n}`)).then(() => n)));
    const closed = store.close();
    assert.deepEqual(
      await Promise.all(begun),
      times(20, (n) => n),
    );
    await closed;
    await store.close();
    await refuses("store_unavailable", () => store.read((tx) => tx.sequence()));
    await refuses("store_unavailable", () => store.write((tx) => tx.putTask(aTask("t_x"))));
  }),
];

async function writeEverything(tx: WriteTx): Promise<void> {
  await tx.putTask(aTask("t_1"));
  await tx.putSession(aSession("s_1", { risk: 9 }));
  await tx.putInstance(anInstance("i_1"));
  await tx.putGrant(aGrant("g_1"));
  await tx.putApproval(anApproval("a_1"));
  await tx.putCall(aCall("c_1", { clientKey: "1" }));
  await tx.putPin(aPin("read_file"));
  await tx.putPolicies({ version: "p1", files: [], appliedBy: "dana", appliedAt: 1 });
  await tx.putPersonKey(id("h1"), id("dana"), 1);
  await tx.revoke({ kind: "owner", id: "dana" });
  await tx.publish("task", "t_1");
  await tx.spend("issuer", "jti", 10);
  await tx.append(anEntry({ call: id("c_1") }));
}

/** All that can be seen of what `writeEverything` writes. */
function everything(store: Store): Promise<unknown> {
  return store.write(async (tx) => [
    await tx.task(id("t_1")),
    await tx.session(id("s_1")),
    await tx.instance(id("i_1")),
    await tx.grants(id("t_1")),
    await tx.openApprovals(id("t_1")),
    await tx.callByClientKey(id("s_1"), "1"),
    await tx.pins(id("files")),
    await tx.activePolicies(),
    await tx.personByKey(id("h1")),
    await tx.revokedAt([{ kind: "owner", id: "dana" }]),
    await tx.sequence(),
    await tx.ledgerTail(9),
    await tx.ledgerOfCall(id("c_1")),
  ]);
}
