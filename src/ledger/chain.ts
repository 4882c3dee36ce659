import type { Digest } from "../domain/ids.ts";
import { covered, GENESIS, type LedgerRecord, type RecordDraft } from "../domain/record.ts";
import { canonicalize } from "../wire/json/canonical.ts";

/** SHA-256 of a text, as a digest. */
export type Sha256 = (text: string) => Digest;

/** Where a chain has come to; `START` before its first entry. */
export type Head = Pick<LedgerRecord, "number" | "hash">;
export const START: Head = { number: 0, hash: GENESIS };

/** The entry `number` that follows the hash `previous`. Its own hash covers the RFC 8785 text of all its members. */
export function seal(draft: RecordDraft, number: number, previous: Digest, sha256: Sha256): LedgerRecord {
  const { kind, at, call, task, body } = draft;
  const open = { number, previous, kind, at, call, task, body };
  return { ...open, hash: sha256(canonicalize(covered(open))) };
}

export type ChainVerdict =
  | { readonly kind: "intact"; readonly head: Head }
  /** `at` is the number where the chain should have gone on and does not. */
  | { readonly kind: "broken"; readonly at: number; readonly why: string };

/** Whether `records` go on from `from` without a gap, each following the one before it, none changed. */
export function verifyChain(records: readonly LedgerRecord[], from: Head, sha256: Sha256): ChainVerdict {
  let head = from;
  for (const record of records) {
    const at = head.number + 1;
    if (record.number !== at)
      return { kind: "broken", at, why: `entry ${at} is missing; the next is ${record.number}` };
    if (record.previous !== head.hash)
      return { kind: "broken", at, why: `entry ${at} does not follow entry ${head.number}` };
    if (hashOf(record, sha256) !== record.hash)
      return { kind: "broken", at, why: `entry ${at} is not what was recorded` };
    head = { number: record.number, hash: record.hash };
  }
  return { kind: "intact", head };
}

/** Null for what could never have been sealed. */
function hashOf(record: LedgerRecord, sha256: Sha256): Digest | null {
  try {
    return sha256(canonicalize(covered(record)));
  } catch {
    return null;
  }
}
