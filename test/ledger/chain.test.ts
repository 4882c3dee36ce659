import { hash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CallId, Digest } from "../../src/domain/ids.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import { GENESIS, type LedgerRecord, type RecordDraft } from "../../src/domain/record.ts";
import { seal, START, verifyChain } from "../../src/ledger/chain.ts";

const sha256 = (text: string) => `sha-256:${hash("sha256", text, "base64url")}` as Digest;

function chainOf(drafts: readonly RecordDraft[]): LedgerRecord[] {
  const records: LedgerRecord[] = [];
  for (const draft of drafts) {
    const last = records.at(-1);
    records.push(seal(draft, (last?.number ?? 0) + 1, last?.hash ?? GENESIS, sha256));
  }
  return records;
}

const draft: fc.Arbitrary<RecordDraft> = fc.record({
  kind: fc.constantFrom("admission", "outcome", "denial"),
  at: fc.nat(),
  call: fc.option(fc.stringMatching(/^c_[a-z]{1,8}$/) as fc.Arbitrary<string> as fc.Arbitrary<CallId>),
  task: fc.constant(null),
  body: fc.dictionary(
    fc.string({ unit: "grapheme" }),
    fc.jsonValue() as fc.Arbitrary<never>,
  ) as fc.Arbitrary<JsonObject>,
});
const chain = fc.array(draft, { minLength: 2, maxLength: 12 }).map(chainOf);
const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

describe("the ledger's chain", () => {
  it("begins after the SHA-256 of nothing", () => {
    expect(GENESIS).toBe(sha256(""));
  });

  it("is intact as it was made, whole and from any entry on", () => {
    fc.assert(
      fc.property(chain, place, (records, at) => {
        const cut = Math.floor(at * records.length);
        const from = records[cut - 1] ?? START;
        const head = { number: records.length, hash: records.at(-1)?.hash };
        expect(verifyChain(records, START, sha256)).toEqual({ kind: "intact", head });
        expect(verifyChain(records.slice(cut), from, sha256)).toEqual({ kind: "intact", head });
      }),
    );
  });

  it("is broken at the entry that was changed, whichever member it was", () => {
    const changes: readonly ((record: LedgerRecord) => Partial<LedgerRecord>)[] = [
      (record) => ({ at: record.at + 1 }),
      (record) => ({ kind: record.kind === "denial" ? "outcome" : "denial" }),
      (record) => ({ call: `${record.call ?? ""}x` as CallId }),
      (record) => ({ task: record.task === null ? ("t_x" as never) : null }),
      (record) => ({ body: { ...record.body, added: "x" } }),
      () => ({ hash: sha256("another") }),
      () => ({ previous: sha256("another") }),
      (record) => ({ number: record.number + 1 }),
    ];
    fc.assert(
      fc.property(chain, place, fc.constantFrom(...changes), (records, at, change) => {
        const index = Math.floor(at * records.length);
        const changed = records.map((record, n) => (n === index ? { ...record, ...change(record) } : record));
        expect(verifyChain(changed, START, sha256)).toMatchObject({ kind: "broken", at: index + 1 });
      }),
    );
  });

  it("is broken where an entry is missing, repeated or out of place", () => {
    fc.assert(
      fc.property(chain, place, (records, at) => {
        const index = Math.floor(at * (records.length - 1));
        const before = records.slice(0, index);
        const [here, next] = records.slice(index) as [LedgerRecord, LedgerRecord];
        const rest = records.slice(index + 2);
        for (const wrong of [
          [...before, next, ...rest],
          [...before, here, here, next, ...rest],
          [...before, next, here, ...rest],
        ]) {
          expect(verifyChain(wrong, START, sha256).kind).toBe("broken");
        }
      }),
    );
  });

  it("is broken, not a crash, at an entry that could never have been sealed", () => {
    const [first] = chainOf([{ kind: "start", at: 1, call: null, task: null, body: {} }]) as [LedgerRecord];
    expect(verifyChain([{ ...first, body: { text: "\ud800" } }], START, sha256)).toMatchObject({
      kind: "broken",
      at: 1,
    });
  });

  it("tells a rewritten chain from the one that was noted", () => {
    const records = chainOf([
      { kind: "start", at: 1, call: null, task: null, body: {} },
      { kind: "denial", at: 2, call: null, task: null, body: {} },
    ]);
    const rewritten = chainOf(records.map((record) => ({ ...record, at: record.at + 1 })));
    expect(verifyChain(rewritten, START, sha256).kind).toBe("intact");
    expect(verifyChain(rewritten.slice(1), records[0] as LedgerRecord, sha256)).toMatchObject({
      kind: "broken",
      at: 2,
    });
  });
});
