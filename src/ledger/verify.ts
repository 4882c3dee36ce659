import type { CallId } from "../domain/ids.ts";
import type { LedgerRecord } from "../domain/record.ts";
import type { ReadTx, Store } from "../ports/store.ts";
import type { Digests } from "../ports/system.ts";
import { type Head, START, verifyChain } from "./chain.ts";

const PAGE = 500;

export type LedgerVerdict =
  /** `open`: calls admitted and without an outcome yet, oldest first: running, or never to be known. */
  | { readonly kind: "intact"; readonly records: number; readonly head: Head; readonly open: readonly CallId[] }
  | { readonly kind: "broken"; readonly at: number; readonly why: string };

/** Walks the ledger as it stands now, from its first entry to its last, while others go on writing: every hash, every
 *  link, every number, and that each outcome belongs to an earlier admission. An end that was cut off whole leaves an
 *  intact chain: compare `head` with one noted elsewhere. */
export async function verifyLedger(store: Store, digests: Pick<Digests, "plain">): Promise<LedgerVerdict> {
  const last = await store.read(async (tx) => (await tx.ledgerHead())?.number ?? 0);
  const open = new Set<CallId>();
  let head = START;
  let page = PAGE;

  while (head.number < last) {
    const limit = Math.min(page, last - head.number);
    const found = await store.read(async (tx) => {
      const records = await readable(tx, head.number, limit);
      if (records === null && limit > 1) return "smaller";
      if (records === null) return broken(head.number + 1, `entry ${head.number + 1} cannot be read`);
      if (records.length === 0) return broken(head.number + 1, `entry ${head.number + 1} is missing`);
      const chain = verifyChain(records, head, (text) => digests.plain(text));
      if (chain.kind === "broken") return chain;
      const fault = await pair(tx, records, open);
      return fault ?? chain;
    });
    if (found === "smaller") {
      // Somewhere in this page is an entry that is not even JSON: come closer, to name it.
      page = Math.ceil(limit / 2);
      continue;
    }
    if (found.kind === "broken") return found;
    head = found.head;
  }
  return { kind: "intact", records: head.number, head, open: [...open] };
}

/** Matches outcomes with admissions; `open` holds those still without. */
async function pair(tx: ReadTx, records: readonly LedgerRecord[], open: Set<CallId>): Promise<Broken | null> {
  for (const { number, kind, call } of records) {
    if (kind !== "admission" && kind !== "outcome") continue;
    if (call === null) return broken(number, `entry ${number} is an ${kind} of no call`);
    if (kind === "admission") {
      if (open.has(call)) return broken(number, `entry ${number} admits call \`${call}\` again`);
      open.add(call);
    } else if (!open.delete(call) && !(await admittedBefore(tx, call, number))) {
      return broken(number, `entry ${number} is an outcome of call \`${call}\`, which was not admitted before it`);
    }
  }
  return null;
}

async function admittedBefore(tx: ReadTx, call: CallId, number: number): Promise<boolean> {
  const records = await tx.ledgerOfCall(call);
  return records.some((record) => record.kind === "admission" && record.number < number);
}

/** Null when a stored entry is not even JSON any more; a store that cannot be reached is not a verdict. */
async function readable(tx: ReadTx, after: number, limit: number): Promise<readonly LedgerRecord[] | null> {
  try {
    return await tx.ledger({ after, limit });
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

type Broken = Extract<LedgerVerdict, { kind: "broken" }>;

function broken(at: number, why: string): Broken {
  return { kind: "broken", at, why };
}
