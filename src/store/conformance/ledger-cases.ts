import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { covered, GENESIS, type LedgerRecord } from "../../domain/record.ts";
import { canonicalize } from "../../wire/json/canonical.ts";
import { Meant, storeCase, type StoreCase, times } from "./case.ts";
import { anEntry, id } from "./values.ts";

/** The ledger is one chain, in the order in which writes took effect. */
export const LEDGER_CASES: readonly StoreCase[] = [
  storeCase("the first entry follows nothing, and each next one the one before it", async (store) => {
    const first = await store.write((tx) => tx.append(anEntry({ body: { z: 1, a: [null, "é", 1e21] } })));
    const second = await store.write((tx) => tx.append(anEntry({ kind: "outcome", call: id("c_1"), task: id("t_1") })));
    assert.deepEqual([first.number, first.previous], [1, GENESIS]);
    assert.deepEqual([second.number, second.previous], [2, first.hash]);
    await store.read(async (tx) => {
      assert.deepEqual(await tx.ledgerHead(), second);
      assert.deepEqual(await tx.ledger({ after: 0, limit: 9 }), [first, second]);
    });
    chained([first, second]);
  }),

  storeCase("two hundred racing appends make one chain without a gap", async (store) => {
    const appended = await Promise.all(
      times(200, (n) => store.write((tx) => tx.append(anEntry({ at: 1_000 - n, body: { n } })))),
    );
    const ledger = await store.read((tx) => tx.ledger({ after: 0, limit: 500 }));
    assert.equal(ledger.length, 200);
    chained(ledger);
    assert.deepEqual(
      appended.toSorted((a, b) => a.number - b.number),
      ledger,
    );
  }),

  storeCase("an append that was taken back leaves no gap", async (store) => {
    await Promise.allSettled(
      times(30, (n) =>
        store.write(async (tx) => {
          await tx.append(anEntry({ body: { n } }));
          await tx.append(anEntry({ body: { n, again: true } }));
          if (n % 2 === 1) throw new Meant("on purpose");
        }),
      ),
    );
    const ledger = await store.read((tx) => tx.ledger({ after: 0, limit: 500 }));
    assert.equal(ledger.length, 30);
    chained(ledger);
  }),

  storeCase("the ledger is read by number, kind, task and call, ascending, and by its newest end", async (store) => {
    await store.write(async (tx) => {
      for (const n of times(12, (n) => n)) {
        const kind = n % 2 === 0 ? "admission" : "outcome";
        await tx.append(anEntry({ kind, call: id(`c_${Math.floor(n / 2)}`), task: id(`t_${n % 3}`), body: { n } }));
      }
    });
    const numbers = (records: readonly LedgerRecord[]) => records.map((one) => one.number);
    await store.read(async (tx) => {
      assert.deepEqual(numbers(await tx.ledger({ after: 0, limit: 3 })), [1, 2, 3]);
      assert.deepEqual(numbers(await tx.ledger({ after: 10, limit: 9 })), [11, 12]);
      assert.deepEqual(numbers(await tx.ledger({ after: 12, limit: 9 })), []);
      assert.deepEqual(numbers(await tx.ledger({ after: 1, limit: 3, kind: "outcome" })), [2, 4, 6]);
      assert.deepEqual(numbers(await tx.ledger({ after: 1, limit: 9, task: id("t_0") })), [4, 7, 10]);
      assert.deepEqual(numbers(await tx.ledger({ after: 0, limit: 9, kind: "outcome", task: id("t_1") })), [2, 8]);
      assert.deepEqual(numbers(await tx.ledgerOfCall(id("c_2"))), [5, 6]);
      assert.deepEqual(numbers(await tx.ledgerTail(3)), [10, 11, 12]);
      assert.deepEqual(numbers(await tx.ledgerTail(99)).length, 12);
    });
  }),

  storeCase("an entry that has no canonical form is refused, and nothing is written", async (store) => {
    for (const body of [{ text: "\ud800" }, { number: Number.NaN }, { number: Number.POSITIVE_INFINITY }]) {
      await assert.rejects(store.write((tx) => tx.append(anEntry({ body }))));
    }
    assert.equal(await store.read((tx) => tx.ledgerHead()), null);
  }),

  storeCase("an entry's hash still fits after it was stored, whatever its body holds", async (store) => {
    const body = {
      "": "",
      "\u{1f600}": "\ufb33",
      nul: "\u0000",
      deep: [[[{ a: { b: [] } }]]],
      numbers: [0, -0, 1e-7, 5e-324, 1.7976931348623157e308, 0.1, 9007199254740991],
      "10": 1,
      "9": 2,
    };
    await store.write((tx) => tx.append(anEntry({ body, at: 0 })));
    chained(await store.read((tx) => tx.ledger({ after: 0, limit: 1 })));
  }),
];

/** Recomputes the chain from its first entry, without the code that made it. */
function chained(records: readonly LedgerRecord[]): void {
  let previous: string = GENESIS;
  for (const [at, record] of records.entries()) {
    assert.equal(record.number, at + 1);
    assert.equal(record.previous, previous);
    assert.equal(record.hash, `sha-256:${hash("sha256", canonicalize(covered(record)), "base64url")}`);
    previous = record.hash;
  }
}
