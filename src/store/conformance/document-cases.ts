import assert from "node:assert/strict";
import type { SigningKeyRecord } from "../../domain/signing-key.ts";
import { Meant, refuses, storeCase, type StoreCase, times } from "./case.ts";

function aKey(kid: string, state: SigningKeyRecord["state"] = "signing"): SigningKeyRecord {
  return { kid, publicJwk: { kty: "EC", note: "\u0000\u{1f600}" }, sealed: null, state, since: 1 };
}

/** What is kept by kind and key. */
export const DOCUMENT_CASES: readonly StoreCase[] = [
  storeCase("a document comes back as it was put last, and none is null", async (store) => {
    await store.write(async (tx) => {
      await tx.putDocument("signing_key", "k1", aKey("k1"), null);
      await tx.putDocument("signing_key", "k1", aKey("k1", "killed"), null);
      assert.deepEqual(await tx.document("signing_key", "k1"), aKey("k1", "killed"));
    });
    await store.read(async (tx) => {
      assert.deepEqual(await tx.document("signing_key", "k1"), aKey("k1", "killed"));
      assert.equal(await tx.document("signing_key", "K1"), null);
    });
  }),

  storeCase("documents are listed by id in code-unit order", async (store) => {
    await store.write(async (tx) => {
      for (const kid of ["b", "a", "é", "Z", "e\u0301"]) await tx.putDocument("signing_key", kid, aKey(kid), null);
    });
    const listed = await store.read((tx) => tx.documents("signing_key"));
    assert.deepEqual(
      listed.map((one) => one.kid),
      ["Z", "a", "b", "e\u0301", "é"],
    );
  }),

  storeCase("of many that drop one document at the same time, one is told that it was there", async (store) => {
    await store.write((tx) => tx.putDocument("signing_key", "k1", aKey("k1"), null));
    const told = await Promise.all(times(20, () => store.write((tx) => tx.dropDocument("signing_key", "k1"))));
    assert.equal(told.filter(Boolean).length, 1);
    assert.equal(await store.read((tx) => tx.document("signing_key", "k1")), null);
  }),

  storeCase("a write that fails drops no document and puts none", async (store) => {
    await store.write((tx) => tx.putDocument("signing_key", "k1", aKey("k1"), null));
    await assert.rejects(
      store.write(async (tx) => {
        await tx.dropDocument("signing_key", "k1");
        await tx.putDocument("signing_key", "k2", aKey("k2"), null);
        throw new Meant();
      }),
      Meant,
    );
    const listed = await store.read((tx) => tx.documents("signing_key"));
    assert.deepEqual(listed, [aKey("k1")]);
  }),

  storeCase("sweeping forgets what expired before now, and nothing that has no end", async (store) => {
    await store.write(async (tx) => {
      await tx.putDocument("signing_key", "past", aKey("past"), 9);
      await tx.putDocument("signing_key", "now", aKey("now"), 10);
      await tx.putDocument("signing_key", "ever", aKey("ever"), null);
      await tx.sweepDocuments(10);
    });
    const listed = await store.read((tx) => tx.documents("signing_key"));
    assert.deepEqual(
      listed.map((one) => one.kid),
      ["ever", "now"],
    );
  }),

  storeCase("a document's id that no database could hold is refused", async (store) => {
    await refuses("text_invalid", () => store.write((tx) => tx.putDocument("signing_key", "k\u0000", aKey("k"), null)));
    await refuses("text_invalid", () => store.read((tx) => tx.document("signing_key", "\ud800")));
  }),
];
