import type { Approval } from "../domain/approval.ts";
import type { AdmittedCall, CallState } from "../domain/admission.ts";
import type { DocumentKind, Documents } from "../domain/document.ts";
import type { Feed } from "../domain/feed.ts";
import type { Grant } from "../domain/grant.ts";
import type {
  AgentName,
  ApprovalId,
  CallId,
  Digest,
  GrantId,
  InstanceId,
  PersonName,
  Sequence,
  ServerName,
  SessionId,
  TaskId,
} from "../domain/ids.ts";
import type { Instance, Session } from "../domain/principal.ts";
import type { LedgerRecord, RecordDraft, RecordKind } from "../domain/record.ts";
import type { Subject } from "../domain/revocation.ts";
import type { Task } from "../domain/task.ts";
import type { Pin } from "../domain/tool.ts";

/** The record and everything decisions rest on. Identifiers compare by code unit: ids that differ only by case,
 *  or only by Unicode normalisation, are different ids. One that no database could hold as it is, with a NUL or half a
 *  surrogate pair, is refused wherever it is given: WritError `text_invalid`. */
export interface Store {
  /** Runs `body` over one consistent state, seeing every `write` that resolved before. Writes nothing. */
  read<T>(body: (tx: ReadTx) => Promise<T>): Promise<T>;

  /** Runs `body` alone: nothing it read has changed when its writes take effect, all of them or none.
   *  Resolves once they are durable; a crash after that loses nothing. If `body` throws, nothing is written and
   *  the error is thrown on. `body` may be run again before it takes effect, so it touches nothing but `tx`, and
   *  awaits nothing but `tx`.
   *  @throws WritError `store_unavailable`: it is not known to have been written; whoever asked denies. */
  write<T>(body: (tx: WriteTx) => Promise<T>): Promise<T>;

  /** Calls `listener` once for each event, in order of sequence, after the `write` that published it took effect and
   *  before that resolves. Returns the way to stop. What other processes publish arrives later, in the same order; the
   *  tables are the truth. */
  subscribe(listener: (event: StoreEvent) => void): () => void;

  /** Whether what other processes publish still arrives. Asked at each use, and never waits. */
  feed(): Feed;

  /** Finishes what was begun, then closes. */
  close(): Promise<void>;
}

/** What other parts and other gateways need to hear of: ids only, never content. A `revoked` one names its subject,
 *  kind, colon, id. `resync`: events were missed, so anything may have happened. */
export interface StoreEvent {
  readonly sequence: Sequence;
  readonly kind: "revoked" | "task" | "approval" | "call" | "policy" | "pin" | "key" | "capability" | "resync";
  readonly id: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Give it as `after` for the next page; null at the end. Items written meanwhile neither repeat nor hide others. */
  readonly next: string | null;
}

/** @throws WritError `cursor_invalid` for an `after` that no page gave out, `limit_invalid` below one item. */
export interface PageQuery {
  readonly after: string | null;
  readonly limit: number;
}

export interface ReadTx {
  task(id: TaskId): Promise<Task | null>;
  /** Newest first; `active` keeps those not ended, whether or not their deadline has passed. */
  tasks(query: PageQuery & { readonly active?: boolean }): Promise<Page<Task>>;
  /** Direct children, oldest first. */
  childTasks(parent: TaskId): Promise<readonly Task[]>;

  session(id: SessionId): Promise<Session | null>;
  instance(id: InstanceId): Promise<Instance | null>;
  /** Newest first. */
  instances(query: PageQuery & { readonly agent?: AgentName }): Promise<Page<Instance>>;

  grant(id: GrantId): Promise<Grant | null>;
  /** Oldest first, revoked and used-up ones included. */
  grants(task: TaskId): Promise<readonly Grant[]>;

  approval(id: ApprovalId): Promise<Approval | null>;
  /** The newest for exactly this digest in this task, in any state. */
  approvalFor(task: TaskId, digest: Digest): Promise<Approval | null>;
  /** Newest first; `open` keeps those stored as pending, whether or not their deadline has passed. */
  approvals(query: PageQuery & { readonly open?: boolean }): Promise<Page<Approval>>;
  /** Stored as pending or allowed, of one task. */
  openApprovals(task: TaskId): Promise<readonly Approval[]>;

  call(id: CallId): Promise<AdmittedCall | null>;
  callByClientKey(session: SessionId, clientKey: string): Promise<AdmittedCall | null>;
  /** Calls in this state, oldest first. */
  callsIn(state: CallState, query: PageQuery): Promise<Page<AdmittedCall>>;

  /** Every pin of one server, by tool name. */
  pins(server: ServerName): Promise<readonly Pin[]>;

  /** The policy set in force, or null before the first. */
  activePolicies(): Promise<StoredPolicies | null>;

  /** The person that a key's hash belongs to. */
  personByKey(hash: Digest): Promise<PersonName | null>;

  /** Null when there is none. One that is past its time stays until it is swept: whoever reads it asks. */
  document<K extends DocumentKind>(kind: K, id: string): Promise<Documents[K] | null>;
  /** All of one kind, by id in code-unit order. */
  documents<K extends DocumentKind>(kind: K): Promise<readonly Documents[K][]>;

  /** The highest watermark over `subjects`; 0 when none was ever revoked. */
  revokedAt(subjects: readonly Subject[]): Promise<Sequence>;
  /** The newest sequence given out. */
  sequence(): Promise<Sequence>;

  /** The last entry; null in an empty ledger. */
  ledgerHead(): Promise<LedgerRecord | null>;
  /** Ascending by number, starting after `after` (0 for the beginning). */
  ledger(query: {
    readonly after: number;
    readonly limit: number;
    readonly kind?: RecordKind;
    readonly task?: TaskId;
  }): Promise<readonly LedgerRecord[]>;
  /** The newest `limit` entries, ascending. */
  ledgerTail(limit: number): Promise<readonly LedgerRecord[]>;
  ledgerOfCall(call: CallId): Promise<readonly LedgerRecord[]>;
}

export interface StoredPolicies {
  readonly version: string;
  readonly files: readonly { readonly name: string; readonly text: string }[];
  readonly appliedBy: string;
  readonly appliedAt: number;
}

export interface WriteTx extends ReadTx {
  /** Inserts, or replaces the whole value with the same id. */
  putTask(task: Task): Promise<void>;
  putSession(session: Session): Promise<void>;
  putInstance(instance: Instance): Promise<void>;
  putGrant(grant: Grant): Promise<void>;
  putApproval(approval: Approval): Promise<void>;
  /** @throws WritError `store_conflict` when another call of the session holds the same client key. */
  putCall(call: AdmittedCall): Promise<void>;
  /** Replaces the pin of the same server and tool. */
  putPin(pin: Pin): Promise<void>;
  putPolicies(policies: StoredPolicies): Promise<void>;
  /** Replaces any earlier key of this hash; a person may hold several. */
  putPersonKey(hash: Digest, person: PersonName, at: number): Promise<void>;
  dropPersonKeys(person: PersonName): Promise<void>;

  /** Inserts, or replaces the whole value; `expiresAt` null keeps it until it is dropped. */
  putDocument<K extends DocumentKind>(
    kind: K,
    id: string,
    value: Documents[K],
    expiresAt: number | null,
  ): Promise<void>;
  /** False when there was none: of two that drop the same, one is told true. */
  dropDocument(kind: DocumentKind, id: string): Promise<boolean>;
  /** Forgets documents that expired before `now`. */
  sweepDocuments(now: number): Promise<void>;

  /** Raises the watermark of `subject` to a new sequence and publishes `revoked`. Watermarks never fall. */
  revoke(subject: Subject): Promise<Sequence>;
  /** Publishes an event under a new sequence once the write takes effect. */
  publish(kind: Exclude<StoreEvent["kind"], "resync">, id: string): Promise<Sequence>;

  /** Marks (issuer, id) as spent; false when it was before. Kept at least until `expiresAt`. */
  spend(issuer: string, id: string, expiresAt: number): Promise<boolean>;
  /** Forgets what expired before `now`. */
  sweepSpent(now: number): Promise<void>;

  /** Appends one entry, chained to the one before it in this same order. */
  append(record: RecordDraft): Promise<LedgerRecord>;
}
