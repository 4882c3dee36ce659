import type { CallId, Digest, TaskId } from "./ids.ts";
import type { JsonObject } from "./json.ts";

/** The kinds of entry in the ledger. */
export const RECORD_KINDS = [
  "start", "enrolment", "task_opened", "task_ended", "grant_issued", "grant_revoked", "grant_requested",
  "admission", "ask", "denial", "outcome", "answer", "revocation", "policy_applied", "pin", "person_key", "finding", "reading",
] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

export interface RecordDraft {
  readonly kind: RecordKind;
  readonly at: number;
  readonly call: CallId | null;
  readonly task: TaskId | null;
  readonly body: JsonObject;
}

/** One entry: its hash covers its number, its content and the hash before it. */
export interface LedgerRecord extends RecordDraft {
  readonly number: number;
  readonly previous: Digest;
  readonly hash: Digest;
}
