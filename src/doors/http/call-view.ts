import type { Approval } from "../../domain/approval.ts";
import type { AdmittedCall } from "../../domain/admission.ts";
import type { ApprovalId, CallId, GrantId } from "../../domain/ids.ts";
import { isObject, type Json, type JsonObject, own } from "../../domain/json.ts";
import type { Grant } from "../../domain/grant.ts";
import { describeGrant } from "../../domain/grant.ts";
import type { LedgerRecord } from "../../domain/record.ts";
import type { ReadTx } from "../../ports/store.ts";

/** One line about one call, as far as the record goes. */
export interface CallLine {
  readonly call: string;
  readonly task: string | null;
  readonly at: number;
  readonly verdict: string;
  readonly tool: string;
  readonly agent: string;
  readonly reason: string | null;
  readonly says: string | null;
  /** How it ended; null for a call that was not admitted. */
  readonly state: string | null;
}

/** Everything the record knows of one call. */
export interface CallView extends CallLine {
  /** What the decision stood on: the body of the entry that decided. */
  readonly decision: JsonObject;
  readonly approval: Approval | null;
  readonly grant: (Grant & { readonly allows: string }) | null;
  readonly outcome: JsonObject | null;
  readonly admitted: AdmittedCall | null;
  readonly records: readonly LedgerRecord[];
}

const DECISIONS = ["admission", "ask", "denial"];
/** Members that hold the text of arguments and results where configuration keeps it. */
const TEXT = ["params", "text"];

/** Null when the record holds nothing about `id`. */
export async function callView(tx: ReadTx, id: CallId): Promise<CallView | null> {
  const records = await tx.ledgerOfCall(id);
  const line = lines(records)[0];
  const decided = records.findLast((record) => DECISIONS.includes(record.kind));
  if (line === undefined || decided === undefined) return null;
  // A timeout is recorded with less than the ask it ends.
  const asked = records.find((record) => record.kind === "ask");
  const decision = { ...asked?.body, ...decided.body };
  const outcome = records.findLast((record) => record.kind === "outcome")?.body ?? null;
  const approvalId = member(member(decision, "approval"), "id");
  const grantId = member(member(decision, "grant"), "id");
  const grant = typeof grantId === "string" ? await tx.grant(grantId as GrantId) : null;
  return {
    ...line,
    decision,
    approval: typeof approvalId === "string" ? await tx.approval(approvalId as ApprovalId) : null,
    grant: grant === null ? null : { ...grant, allows: describeGrant(grant) },
    outcome,
    admitted: await tx.call(id),
    records,
  };
}

/** One line for each call that `records` (ascending) decide, newest first. */
export function lines(records: readonly LedgerRecord[]): readonly CallLine[] {
  const found = new Map<string, CallLine>();
  for (const { kind, call, task, at, body } of records) {
    if (call === null) continue;
    const earlier = found.get(call);
    if (DECISIONS.includes(kind)) {
      found.delete(call);
      found.set(call, {
        call,
        task,
        at,
        verdict: text(body, "verdict") ?? kind,
        tool: text(body, "tool") ?? earlier?.tool ?? "",
        agent: text(body, "actor") ?? text(body, "agent") ?? earlier?.agent ?? "",
        reason: text(body, "reason"),
        says: text(body, "says") ?? whyAsked(body),
        state: kind === "admission" ? "admitted" : null,
      });
    } else if (kind === "outcome" && earlier !== undefined) {
      found.set(call, {
        ...earlier,
        state: text(body, "state") ?? earlier.state,
        says: text(body, "why") ?? earlier.says,
      });
    }
  }
  return [...found.values()].toReversed();
}

/** Whether the entries hold kept text, the reading of which is itself recorded. */
export function holdsText(records: readonly LedgerRecord[]): boolean {
  return records.some(({ body }) => TEXT.some((name) => Object.hasOwn(body, name)));
}

/** The call without the text of its arguments and results, wherever it stands. */
export function withoutContent(view: CallView): CallView {
  const bare = (body: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(body).filter(([name]) => !TEXT.includes(name)));
  return {
    ...view,
    decision: bare(view.decision),
    outcome: view.outcome === null ? null : bare(view.outcome),
    records: view.records.map(withoutText),
  };
}

export function withoutText(record: LedgerRecord): LedgerRecord {
  return holdsText([record])
    ? { ...record, body: Object.fromEntries(Object.entries(record.body).filter(([name]) => !TEXT.includes(name))) }
    : record;
}

function whyAsked(body: JsonObject): string | null {
  const asks = own(body, "asks");
  const why = Array.isArray(asks)
    ? asks.map((ask: Json) => member(ask, "why")).filter((one) => typeof one === "string")
    : [];
  return why.length === 0 ? null : why.join("; ");
}

function member(value: Json | undefined, name: string): Json | undefined {
  return isObject(value) ? own(value, name) : undefined;
}

function text(body: JsonObject, name: string): string | null {
  const value = own(body, name);
  return typeof value === "string" ? value : null;
}
