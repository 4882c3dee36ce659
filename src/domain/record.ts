import type { CallId, Digest, TaskId } from "./ids.ts";
import type { JsonObject } from "./json.ts";

/** The kinds of entry in the ledger. */
export const RECORD_KINDS = [
  "start",
  "enrolment",
  "join_token",
  "inbound_grant",
  "task_opened",
  "task_narrowed",
  "task_ended",
  "delegation_refused",
  "grant_issued",
  "grant_revoked",
  "grant_requested",
  "admission",
  "ask",
  "denial",
  "outcome",
  "answer",
  "revocation",
  "enabled",
  "policy_applied",
  "pin",
  "person_key",
  "sign_in",
  "sign_out",
  "consent",
  "sign_in_revoked",
  "finding",
  "reading",
  "secret",
  "lease",
  "signing_key",
  "bypass",
  "fingerprint",
  "evaluation",
  "evaluation_refused",
  "endorsement",
  "promotion",
  "demotion",
  "capability_profile",
  "capability_gap",
  "capability_proposal",
  "capability_rules",
  "memory",
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

/** What the first entry follows: the SHA-256 of nothing. */
export const GENESIS = "sha-256:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU" as Digest;

/** The members that an entry's hash covers: all but the hash itself. */
export function covered(record: Omit<LedgerRecord, "hash">): JsonObject {
  const { number, previous, kind, at, call, task, body } = record;
  return { number, previous, kind, at, call, task, body };
}
