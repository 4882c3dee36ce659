import { hash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Digest } from "../../src/domain/ids.ts";
import type { RecordKind } from "../../src/domain/record.ts";
import { verifyLedger } from "../../src/ledger/verify.ts";
import type { Store } from "../../src/ports/store.ts";
import { anEntry, id } from "../../src/store/conformance/values.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { openSqlite } from "../../src/store/sql/sqlite.ts";

const digests = { plain: (text: string) => `sha-256:${hash("sha256", text, "base64url")}` as Digest };
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

async function record(store: Store, ...entries: readonly (readonly [RecordKind, string | null])[]): Promise<void> {
  await store.write(async (tx) => {
    for (const [kind, call] of entries) await tx.append(anEntry({ kind, call: call === null ? null : id(call) }));
  });
}

describe("verifying the ledger", () => {
  it("an empty ledger is intact", async () => {
    expect(await verifyLedger(createMemoryStore(), digests)).toMatchObject({ kind: "intact", records: 0, open: [] });
  });

  it("walks every page, and lists the calls that have no outcome yet", async () => {
    const store = createMemoryStore();
    await record(store, ["admission", "c_open"]);
    for (let n = 0; n < 700; n++) await record(store, ["admission", `c_${n}`], ["outcome", `c_${n}`]);
    await record(store, ["admission", "c_last"], ["denial", "c_denied"], ["task_ended", null]);
    const head = await store.read((tx) => tx.ledgerHead());
    expect(await verifyLedger(store, digests)).toEqual({
      kind: "intact",
      records: 1404,
      head: { number: 1404, hash: head?.hash },
      open: ["c_open", "c_last"],
    });
  });

  it("an outcome without an admission before it is broken", async () => {
    const store = createMemoryStore();
    await record(store, ["admission", "c_1"], ["outcome", "c_2"], ["admission", "c_2"]);
    expect(await verifyLedger(store, digests)).toMatchObject({ kind: "broken", at: 2 });
  });

  it("an outcome or an admission of no call, or one admission twice, is broken", async () => {
    for (const entries of [
      [["outcome", null]],
      [["admission", null]],
      [
        ["admission", "c_1"],
        ["admission", "c_1"],
      ],
    ] as const) {
      const store = createMemoryStore();
      await record(store, ...entries);
      expect(await verifyLedger(store, digests)).toMatchObject({ kind: "broken", at: entries.length });
    }
  });

  it("a second word on an outcome is not broken", async () => {
    const store = createMemoryStore();
    await record(store, ["admission", "c_1"], ["outcome", "c_1"], ["outcome", "c_1"]);
    expect(await verifyLedger(store, digests)).toMatchObject({ kind: "intact", open: [] });
  });

  it("entries written meanwhile are left for the next time", async () => {
    const store = createMemoryStore();
    for (let n = 0; n < 600; n++) await record(store, ["denial", `c_${n}`]);
    const verdict = verifyLedger(store, digests);
    await record(store, ["denial", "c_late"]);
    expect(await verdict).toMatchObject({ kind: "intact", records: 600 });
  });
});

describe("a ledger changed behind the store's back", () => {
  let folder = "";
  let store: Store;
  let database: DatabaseSync;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "writ-ledger-"));
    ({ store, database } = await openSqlite({ file: join(folder, "writ.db"), log: quiet }));
    for (let n = 0; n < 20; n++) await record(store, ["admission", `c_${n}`], ["outcome", `c_${n}`]);
  });
  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });

  const TAMPERINGS: readonly (readonly [string, string, number])[] = [
    ["a body edited", `UPDATE ledger SET body = '{"amount":1}' WHERE number = 7`, 7],
    ["a body that is no JSON any more", `UPDATE ledger SET body = '{"amount"' WHERE number = 7`, 7],
    ["a time moved", "UPDATE ledger SET at = at + 1 WHERE number = 8", 8],
    ["a call renamed", "UPDATE ledger SET call = 'c_other' WHERE number = 9", 9],
    ["an entry deleted", "DELETE FROM ledger WHERE number = 10", 10],
    ["the first entries deleted", "DELETE FROM ledger WHERE number < 5", 1],
    [
      "two entries swapped",
      "UPDATE ledger SET number = -1 WHERE number = 3; UPDATE ledger SET number = 3 WHERE number = 4; UPDATE ledger SET number = 4 WHERE number = -1",
      3,
    ],
    ["a hash replaced", "UPDATE ledger SET hash = previous WHERE number = 11", 11],
  ];
  for (const [name, sql, at] of TAMPERINGS) {
    it(`${name} is found`, async () => {
      database.exec(sql);
      expect(await verifyLedger(store, digests)).toMatchObject({ kind: "broken", at });
    });
  }
});
