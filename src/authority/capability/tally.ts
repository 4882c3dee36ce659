import { type Evidence, noEvidence, type Seen } from "../../domain/evidence.ts";
import { fold, namedBy, NOTHING_OPEN, type Tally } from "../../domain/evidence-fold.ts";
import type { AgentName, InstanceId } from "../../domain/ids.ts";
import { isObject, own } from "../../domain/json.ts";
import type { LedgerRecord, RecordDraft } from "../../domain/record.ts";
import type { ReadTx, WriteTx } from "../../ports/store.ts";

const OPEN = "open";
/** What was seen of a process is kept as long as any task of it can last. */
export const SEEN_KEPT_MS = 8 * 24 * 3_600_000;
const AT_ONCE = 500;

/** Where counting stands, without anybody's evidence yet. */
export async function openTally(tx: ReadTx): Promise<Tally> {
  const open = (await tx.document("capability_open", OPEN)) ?? NOTHING_OPEN;
  return { open, agents: new Map(), seen: new Map(), touched: new Set(open.owing) };
}

/** Counts what the ledger holds beyond, some of it at once. True when that was all of it. */
export async function countOn(tx: ReadTx, tally: Tally, each: (record: LedgerRecord) => void): Promise<boolean> {
  const records = await tx.ledger({ after: tally.open.after, limit: AT_ONCE });
  for (const record of records) {
    const { agent, instance } = whose(tally, record);
    if (agent !== null) await bring(tx, tally, agent);
    if (instance !== null) await bringSeen(tx, tally, instance);
    fold(tally, record);
    each(record);
  }
  return records.length < AT_ONCE;
}

/** Adds an entry, and counts it. Everything before it was counted. */
export async function record(tx: WriteTx, tally: Tally, draft: RecordDraft): Promise<LedgerRecord> {
  const appended = await tx.append(draft);
  fold(tally, appended);
  return appended;
}

export async function saveTally(tx: WriteTx, tally: Tally, now: number): Promise<void> {
  for (const [agent, evidence] of tally.agents) await tx.putDocument("capability_evidence", agent, evidence, null);
  for (const [id, seen] of tally.seen) await tx.putDocument("capability_seen", id, seen, now + SEEN_KEPT_MS);
  await tx.putDocument("capability_open", OPEN, { ...tally.open, owing: [...tally.touched].toSorted() }, null);
}

export async function bring(tx: ReadTx, tally: Tally, agent: AgentName): Promise<Evidence> {
  const held = tally.agents.get(agent) ?? (await tx.document("capability_evidence", agent));
  if (held !== null && held !== undefined) tally.agents.set(agent, held);
  return held ?? noEvidence(agent);
}

export async function bringSeen(tx: ReadTx, tally: Tally, instance: InstanceId): Promise<Seen | null> {
  const seen = tally.seen.get(instance) ?? (await tx.document("capability_seen", instance));
  if (seen !== null) tally.seen.set(instance, seen);
  return seen;
}

/** What was seen of every process of an agent, as it stands now. */
export async function seenOf(tx: ReadTx, tally: Tally, agent: AgentName): Promise<readonly Seen[]> {
  const stored = await tx.documents("capability_seen");
  const all = new Map([...stored.map((one) => [one.instance, one] as const), ...tally.seen]);
  return [...all.values()].filter((one) => one.agent === agent);
}

/** An entry about a question or an outcome names nobody: who it is about stands with what it belongs to. */
function whose(
  { open }: Tally,
  entry: LedgerRecord,
): { readonly agent: AgentName | null; readonly instance: InstanceId | null } {
  const named = namedBy(entry);
  if (entry.kind === "answer") {
    const id = isObject(entry.body) ? own(entry.body, "approval") : undefined;
    const asked = typeof id === "string" && Object.hasOwn(open.asks, id) ? open.asks[id] : undefined;
    return { agent: asked?.agent ?? null, instance: null };
  }
  if (entry.kind !== "outcome" || entry.call === null) return named;
  const call = Object.hasOwn(open.calls, entry.call) ? open.calls[entry.call] : undefined;
  return { agent: call?.agent ?? null, instance: call?.instance ?? null };
}
