import assert from "node:assert/strict";
import type { StoreEvent } from "../../ports/store.ts";
import { Meant, storeCase, type StoreCase, times } from "./case.ts";
import { anEntry, aTask, id } from "./values.ts";

/** Watermarks only rise, tokens are spent once, and events follow what they tell of. */
export const REVOCATION_CASES: readonly StoreCase[] = [
  storeCase(
    "a watermark is the newest sequence, rises with each revocation, and is its subject's alone",
    async (store) => {
      const first = await store.write((tx) => tx.revoke({ kind: "agent", id: "clerk" }));
      const other = await store.write((tx) => tx.revoke({ kind: "task", id: "clerk" }));
      const second = await store.write((tx) => tx.revoke({ kind: "agent", id: "clerk" }));
      assert.ok(first > 0 && first < other && other < second);
      await store.read(async (tx) => {
        assert.equal(await tx.sequence(), second);
        assert.equal(await tx.revokedAt([{ kind: "agent", id: "clerk" }]), second);
        assert.equal(await tx.revokedAt([{ kind: "task", id: "clerk" }]), other);
        assert.equal(await tx.revokedAt([{ kind: "owner", id: "clerk" }]), 0);
      });
    },
  ),

  storeCase("of several subjects the highest watermark counts", async (store) => {
    const sequences = await store.write(async (tx) => [
      await tx.revoke({ kind: "owner", id: "dana" }),
      await tx.revoke({ kind: "agent", id: "clerk" }),
    ]);
    const subjects = [
      { kind: "agent", id: "clerk" },
      { kind: "owner", id: "dana" },
      { kind: "session", id: "s_1" },
    ] as const;
    assert.equal(await store.read((tx) => tx.revokedAt(subjects)), sequences[1]);
    const many = times(100, (n) => ({ kind: "task", id: `t_${n}` }) as const);
    assert.equal(await store.read((tx) => tx.revokedAt([...many, ...subjects])), sequences[1]);
  }),

  storeCase("no two events have one sequence, however many write at once", async (store) => {
    const given = await Promise.all(times(100, (n) => store.write((tx) => tx.publish("task", `t_${n}`))));
    assert.equal(new Set(given).size, 100);
    assert.equal(await store.read((tx) => tx.sequence()), Math.max(...given));
  }),

  storeCase("a hundred racing spends of one token: one is true", async (store) => {
    const spent = await Promise.all(times(100, () => store.write((tx) => tx.spend("issuer", "jti", 5_000))));
    assert.equal(spent.filter(Boolean).length, 1);
  }),

  storeCase("a spend that was taken back can be made again", async (store) => {
    await assert.rejects(
      store.write(async (tx) => {
        assert.equal(await tx.spend("issuer", "jti", 5_000), true);
        assert.equal(await tx.spend("issuer", "jti", 5_000), false);
        throw new Meant("on purpose");
      }),
      Meant,
    );
    assert.equal(await store.write((tx) => tx.spend("issuer", "jti", 5_000)), true);
  }),

  storeCase("a spent token is kept up to the instant it expires, and forgotten by a later sweep", async (store) => {
    await store.write((tx) => tx.spend("issuer", "jti", 5_000));
    await store.write((tx) => tx.sweepSpent(5_000));
    assert.equal(await store.write((tx) => tx.spend("issuer", "jti", 5_000)), false);
    await store.write((tx) => tx.sweepSpent(5_001));
    assert.equal(await store.write((tx) => tx.spend("issuer", "jti", 9_000)), true);
  }),

  storeCase(
    "events come in order of sequence, each after what it tells of, before its write resolves",
    async (store) => {
      const heard: StoreEvent[] = [];
      const looked: Promise<void>[] = [];
      store.subscribe((event) => {
        heard.push(event);
        looked.push(store.read(async (tx) => assert.equal((await tx.task(id(event.id)))?.id, event.id)));
      });
      await Promise.all(
        times(50, async (n) => {
          const sequence = await store.write(async (tx) => {
            const published = await tx.publish("task", `t_${n}`);
            await tx.putTask(aTask(`t_${n}`));
            await tx.append(anEntry());
            return published;
          });
          assert.ok(
            heard.some((event) => event.sequence === sequence),
            "resolved before its event was heard",
          );
        }),
      );
      await Promise.all(looked);
      assert.equal(heard.length, 50);
      const sequences = heard.map((event) => event.sequence);
      assert.deepEqual(
        sequences,
        sequences.toSorted((a, b) => a - b),
      );
    },
  ),

  storeCase("an event says what happened to whom, and a revocation publishes by itself", async (store) => {
    const heard: StoreEvent[] = [];
    store.subscribe((event) => heard.push(event));
    await store.write(async (tx) => {
      await tx.publish("approval", "a_1");
      await tx.revoke({ kind: "owner", id: "dana" });
    });
    assert.deepEqual(heard, [
      { sequence: 1, kind: "approval", id: "a_1" },
      { sequence: 2, kind: "revoked", id: "owner:dana" },
    ]);
  }),

  storeCase("a listener that stopped hears nothing more, and one that throws silences no other", async (store) => {
    const heard: string[] = [];
    const stop = store.subscribe((event) => heard.push(`first ${event.id}`));
    store.subscribe(() => {
      throw new Meant("on purpose");
    });
    store.subscribe((event) => heard.push(`second ${event.id}`));
    await store.write((tx) => tx.publish("call", "c_1"));
    stop();
    stop();
    await store.write((tx) => tx.publish("call", "c_2"));
    assert.deepEqual(heard, ["first c_1", "second c_1", "second c_2"]);
  }),

  storeCase("a listener may write, and is heard in turn", async (store) => {
    const heard: string[] = [];
    const after: Promise<unknown>[] = [];
    store.subscribe((event) => {
      heard.push(event.id);
      if (event.id === "c_1") after.push(store.write((tx) => tx.publish("call", "c_2")));
    });
    await store.write((tx) => tx.publish("call", "c_1"));
    await Promise.all(after);
    assert.deepEqual(heard, ["c_1", "c_2"]);
  }),
];
