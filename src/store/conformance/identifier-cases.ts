import assert from "node:assert/strict";
import type { JsonObject } from "../../domain/json.ts";
import { refuses, storeCase, type StoreCase } from "./case.ts";
import { aCall, aGrant, anEntry, aPin, aSession, aTask, id } from "./values.ts";

const COMPOSED = "t_caf\u00e9";
const DECOMPOSED = "t_cafe\u0301";

/** Identifiers compare by code unit, and none can be mistaken for another. */
export const IDENTIFIER_CASES: readonly StoreCase[] = [
  storeCase("ids that differ only by case are different ids", async (store) => {
    await store.write(async (tx) => {
      await tx.putTask(aTask("t_abc", { objective: "lower" }));
      await tx.putTask(aTask("t_ABC", { objective: "upper" }));
      await tx.putGrant(aGrant("g_1", { task: id("t_abc") }));
      await tx.putCall(aCall("c_1", { clientKey: "Key", session: id("s_a") }));
      await tx.putCall(aCall("c_2", { clientKey: "key", session: id("s_a") }));
      await tx.putCall(aCall("c_3", { clientKey: "key", session: id("s_A") }));
      await tx.revoke({ kind: "owner", id: "dana" });
      await tx.spend("issuer", "jti", 1);
    });
    await store.write(async (tx) => {
      assert.equal((await tx.task(id("t_abc")))?.objective, "lower");
      assert.equal((await tx.task(id("t_ABC")))?.objective, "upper");
      assert.equal(await tx.task(id("t_Abc")), null);
      assert.deepEqual(await tx.grants(id("t_ABC")), []);
      assert.equal((await tx.callByClientKey(id("s_a"), "Key"))?.id, "c_1");
      assert.equal(await tx.revokedAt([{ kind: "owner", id: "Dana" }]), 0);
      assert.equal(await tx.spend("Issuer", "jti", 1), true);
      assert.equal(await tx.spend("issuer", "JTI", 1), true);
    });
  }),

  storeCase("ids that differ only by Unicode normalisation are different ids", async (store) => {
    await store.write(async (tx) => {
      await tx.putTask(aTask(COMPOSED, { objective: "composed" }));
      await tx.putTask(aTask(DECOMPOSED, { objective: "decomposed" }));
      await tx.revoke({ kind: "task", id: COMPOSED });
    });
    await store.read(async (tx) => {
      assert.equal((await tx.task(id(COMPOSED)))?.objective, "composed");
      assert.equal((await tx.task(id(DECOMPOSED)))?.objective, "decomposed");
      assert.equal(await tx.revokedAt([{ kind: "task", id: DECOMPOSED }]), 0);
    });
  }),

  storeCase("spaces around an id and emoji in it are part of it", async (store) => {
    for (const odd of ["t_1 ", " t_1", "t_1\t", "t_\u{1f511}", "t_1'", "t_%", "t_1;--", ""]) {
      await store.write((tx) => tx.putTask(aTask(odd, { objective: `of ${odd}` })));
      assert.equal((await store.read((tx) => tx.task(id(odd))))?.objective, `of ${odd}`);
    }
    assert.equal(await store.read((tx) => tx.task(id("t_1"))), null);
    assert.equal(await store.read((tx) => tx.task(id("t__"))), null);
  }),

  storeCase("an id with half a surrogate pair or a NUL is refused, and is never another id", async (store) => {
    await store.write((tx) => tx.putTask(aTask("t_\ufffd")));
    await store.write((tx) => tx.putTask(aTask("t_")));
    for (const odd of ["t_\ud800", "t_\udc00", "t_\udc00\ud800", "t_\0", "t_\0x"]) {
      await refuses("text_invalid", () => store.read((tx) => tx.task(id(odd))));
      await refuses("text_invalid", () => store.write((tx) => tx.putTask(aTask(odd))));
      await refuses("text_invalid", () => store.write((tx) => tx.putCall(aCall("c_1", { clientKey: odd }))));
      await refuses("text_invalid", () => store.write((tx) => tx.spend("issuer", odd, 1)));
      await refuses("text_invalid", () => store.write((tx) => tx.revoke({ kind: "task", id: odd })));
      await refuses("text_invalid", () => store.read((tx) => tx.revokedAt([{ kind: "task", id: odd }])));
      await refuses("text_invalid", () => store.write((tx) => tx.append(anEntry({ task: id(odd) }))));
    }
    assert.equal((await store.read((tx) => tx.tasks({ after: null, limit: 9 }))).items.length, 2);
    assert.equal(await store.read((tx) => tx.sequence()), 0);
  }),

  storeCase("text that is no identifier keeps half a surrogate pair", async (store) => {
    await store.write((tx) => tx.putTask(aTask("t_1", { objective: "cut \ud83d" })));
    assert.equal((await store.read((tx) => tx.task(id("t_1"))))?.objective, "cut \ud83d");
  }),

  storeCase("`__proto__`, `constructor` and the like are names as any other", async (store) => {
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
    for (const name of names) {
      assert.equal(await store.read((tx) => tx.task(id(name))), null);
      assert.equal(await store.read((tx) => tx.callByClientKey(id(name), name)), null);
      assert.equal(await store.read((tx) => tx.personByKey(id(name))), null);
    }
    const definition = JSON.parse('{"__proto__":{"polluted":true},"constructor":1}') as JsonObject;
    await store.write(async (tx) => {
      for (const name of names) await tx.putSession(aSession(name, { risk: 3 }));
      await tx.putPin(aPin("__proto__", { definition }));
      assert.equal(await tx.spend("__proto__", "__proto__", 1), true);
      await tx.append(anEntry({ body: definition }));
    });
    await store.read(async (tx) => {
      for (const name of names) assert.equal((await tx.session(id(name)))?.risk, 3);
      const [pin] = await tx.pins(id("files"));
      assert.equal(JSON.stringify(pin?.definition), JSON.stringify(definition));
      assert.equal(JSON.stringify((await tx.ledgerHead())?.body), JSON.stringify(definition));
    });
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  }),

  storeCase("two parts of a key never run into each other", async (store) => {
    await store.write(async (tx) => {
      assert.equal(await tx.spend("a", "bc", 1), true);
      assert.equal(await tx.spend("ab", "c", 1), true);
      assert.equal(await tx.spend('a","b', "c", 1), true);
      assert.equal(await tx.spend("a", 'b","c', 1), true);
      await tx.revoke({ kind: "key", id: "a:b" });
      assert.equal(await tx.revokedAt([{ kind: "key", id: "a" }]), 0);
    });
  }),

  storeCase("pins come by tool name in order of code units", async (store) => {
    // Byte order and code unit order part ways beyond the basic plane.
    const sorted = ["A", "B", "_", "a", "\u{10000}", "\uff5e"];
    for (const tool of [...sorted].reverse()) await store.write((tx) => tx.putPin(aPin(tool)));
    await store.write((tx) => tx.putPin(aPin("a", { server: id("other") })));
    assert.deepEqual(
      (await store.read((tx) => tx.pins(id("files")))).map((pin) => pin.tool),
      sorted,
    );
  }),
];
