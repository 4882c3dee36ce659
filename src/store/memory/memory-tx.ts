import type { AdmittedCall, CallState } from "../../domain/admission.ts";
import type { Approval } from "../../domain/approval.ts";
import type { DocumentKind, Documents } from "../../domain/document.ts";
import type { Grant } from "../../domain/grant.ts";
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
} from "../../domain/ids.ts";
import type { Instance, Session } from "../../domain/principal.ts";
import type { LedgerRecord, RecordDraft, RecordKind } from "../../domain/record.ts";
import type { Subject } from "../../domain/revocation.ts";
import type { Task } from "../../domain/task.ts";
import type { Pin } from "../../domain/tool.ts";
import type { Page, PageQuery, StoredPolicies, StoreEvent, WriteTx } from "../../ports/store.ts";
import { conflict, overTransaction } from "../fault.ts";
import { follow } from "../seal.ts";
import { byCodeUnit, checkLimit, checkText } from "../text.ts";
import { frozen, Table, type Undo } from "./tables.ts";

/** Everything a memory store holds. */
export class MemoryState {
  readonly tasks = new Table<Task>();
  readonly sessions = new Table<Session>();
  readonly instances = new Table<Instance>();
  readonly grants = new Table<Grant>();
  readonly approvals = new Table<Approval>();
  readonly calls = new Table<AdmittedCall>();
  /** Call ids by session and client key. */
  readonly clientKeys = new Table<CallId>();
  readonly pins = new Table<Pin>();
  readonly policies = new Table<StoredPolicies>();
  readonly personKeys = new Table<PersonName>();
  readonly documents = new Table<Kept>();
  readonly watermarks = new Table<Sequence>();
  readonly spent = new Table<number>();
  readonly ledger: LedgerRecord[] = [];
  sequence = 0;
}

interface Kept {
  readonly kind: DocumentKind;
  readonly id: string;
  readonly expiresAt: number | null;
  readonly value: Documents[DocumentKind];
}

/** One body's view of the state. It writes in place and can take everything back. */
export class MemoryTx implements WriteTx {
  readonly #held: MemoryState;
  readonly #undo: Undo = [];
  #over = false;
  readonly published: StoreEvent[] = [];

  constructor(state: MemoryState) {
    this.#held = state;
  }

  end(): void {
    this.#over = true;
  }

  rollback(): void {
    for (const step of this.#undo.reverse()) step();
  }

  get #state(): MemoryState {
    if (this.#over) throw overTransaction();
    return this.#held;
  }

  /** As `#state`, after refusing keys that a database could not hold. */
  #at(...keys: readonly (string | null)[]): MemoryState {
    for (const key of keys) if (key !== null) checkText(key);
    return this.#state;
  }

  async task(id: TaskId): Promise<Task | null> {
    return this.#at(id).tasks.get(id);
  }

  async tasks(query: PageQuery & { readonly active?: boolean }): Promise<Page<Task>> {
    return this.#state.tasks.newest(query, (task) => query.active !== true || task.state.kind === "active");
  }

  async childTasks(parent: TaskId): Promise<readonly Task[]> {
    return this.#at(parent).tasks.where((task) => task.parent === parent);
  }

  async session(id: SessionId): Promise<Session | null> {
    return this.#at(id).sessions.get(id);
  }

  async instance(id: InstanceId): Promise<Instance | null> {
    return this.#at(id).instances.get(id);
  }

  async instances(query: PageQuery & { readonly agent?: AgentName }): Promise<Page<Instance>> {
    const { agent = null } = query;
    return this.#at(agent).instances.newest(query, (instance) => agent === null || instance.agent === agent);
  }

  async grant(id: GrantId): Promise<Grant | null> {
    return this.#at(id).grants.get(id);
  }

  async grants(task: TaskId): Promise<readonly Grant[]> {
    return this.#at(task).grants.where((grant) => grant.task === task);
  }

  async approval(id: ApprovalId): Promise<Approval | null> {
    return this.#at(id).approvals.get(id);
  }

  async approvalFor(task: TaskId, digest: Digest): Promise<Approval | null> {
    const found = this.#at(task, digest).approvals.where((one) => one.task === task && one.digest === digest);
    return found.at(-1) ?? null;
  }

  async approvals(query: PageQuery & { readonly open?: boolean }): Promise<Page<Approval>> {
    return this.#state.approvals.newest(query, (one) => query.open !== true || one.state === "pending");
  }

  async openApprovals(task: TaskId): Promise<readonly Approval[]> {
    const open = (one: Approval) => one.state === "pending" || one.state === "allowed";
    return this.#at(task).approvals.where((one) => one.task === task && open(one));
  }

  async call(id: CallId): Promise<AdmittedCall | null> {
    return this.#at(id).calls.get(id);
  }

  async callByClientKey(session: SessionId, clientKey: string): Promise<AdmittedCall | null> {
    const state = this.#at(session, clientKey);
    const id = state.clientKeys.get(pair(session, clientKey));
    return id === null ? null : state.calls.get(id);
  }

  async callsIn(state: CallState, query: PageQuery): Promise<Page<AdmittedCall>> {
    return this.#at(state).calls.oldest(query, (call) => call.state === state);
  }

  async pins(server: ServerName): Promise<readonly Pin[]> {
    const pins = this.#at(server).pins.where((pin) => pin.server === server);
    return pins.toSorted((a, b) => byCodeUnit(a.tool, b.tool));
  }

  async activePolicies(): Promise<StoredPolicies | null> {
    return this.#state.policies.get("active");
  }

  async personByKey(hash: Digest): Promise<PersonName | null> {
    return this.#at(hash).personKeys.get(hash);
  }

  async document<K extends DocumentKind>(kind: K, id: string): Promise<Documents[K] | null> {
    return (this.#at(id).documents.get(pair(kind, id))?.value as Documents[K] | undefined) ?? null;
  }

  async documents<K extends DocumentKind>(kind: K): Promise<readonly Documents[K][]> {
    return this.#state.documents
      .where((one) => one.kind === kind)
      .toSorted((a, b) => byCodeUnit(a.id, b.id))
      .map((one) => one.value as Documents[K]);
  }

  async revokedAt(subjects: readonly Subject[]): Promise<Sequence> {
    const { watermarks } = this.#at(...subjects.map((subject) => subject.id));
    return Math.max(0, ...subjects.map((subject) => watermarks.get(watermark(subject)) ?? 0)) as Sequence;
  }

  async sequence(): Promise<Sequence> {
    return this.#state.sequence as Sequence;
  }

  async ledgerHead(): Promise<LedgerRecord | null> {
    return this.#state.ledger.at(-1) ?? null;
  }

  async ledger(query: {
    readonly after: number;
    readonly limit: number;
    readonly kind?: RecordKind;
    readonly task?: TaskId;
  }): Promise<readonly LedgerRecord[]> {
    checkLimit(query.limit);
    const { ledger } = this.#at(query.task ?? null);
    return ledger
      .slice(Math.max(0, Math.floor(query.after)))
      .filter((one) => query.kind === undefined || one.kind === query.kind)
      .filter((one) => query.task === undefined || one.task === query.task)
      .slice(0, query.limit);
  }

  async ledgerTail(limit: number): Promise<readonly LedgerRecord[]> {
    checkLimit(limit);
    return this.#state.ledger.slice(-limit);
  }

  async ledgerOfCall(call: CallId): Promise<readonly LedgerRecord[]> {
    return this.#at(call).ledger.filter((one) => one.call === call);
  }

  async putTask(task: Task): Promise<void> {
    this.#at(task.id, task.parent).tasks.put(task.id, task, this.#undo);
  }

  async putSession(session: Session): Promise<void> {
    this.#at(session.id).sessions.put(session.id, session, this.#undo);
  }

  async putInstance(instance: Instance): Promise<void> {
    this.#at(instance.id, instance.agent).instances.put(instance.id, instance, this.#undo);
  }

  async putGrant(grant: Grant): Promise<void> {
    this.#at(grant.id, grant.task).grants.put(grant.id, grant, this.#undo);
  }

  async putApproval(approval: Approval): Promise<void> {
    this.#at(approval.id, approval.task, approval.digest).approvals.put(approval.id, approval, this.#undo);
  }

  async putCall(call: AdmittedCall): Promise<void> {
    const { calls, clientKeys } = this.#at(call.id, call.session, call.clientKey);
    const before = calls.get(call.id);
    if (call.clientKey !== null) {
      const holder = clientKeys.get(pair(call.session, call.clientKey));
      if (holder !== null && holder !== call.id) throw conflict(call.clientKey);
    }
    if (before !== null && before.clientKey !== null) {
      clientKeys.delete(pair(before.session, before.clientKey), this.#undo);
    }
    if (call.clientKey !== null) clientKeys.put(pair(call.session, call.clientKey), call.id, this.#undo);
    calls.put(call.id, call, this.#undo);
  }

  async putPin(pin: Pin): Promise<void> {
    this.#at(pin.server, pin.tool).pins.put(pair(pin.server, pin.tool), pin, this.#undo);
  }

  async putPolicies(policies: StoredPolicies): Promise<void> {
    this.#state.policies.put("active", policies, this.#undo);
  }

  async putPersonKey(hash: Digest, person: PersonName): Promise<void> {
    this.#at(hash, person).personKeys.put(hash, person, this.#undo);
  }

  async dropPersonKeys(person: PersonName): Promise<void> {
    const { personKeys } = this.#at(person);
    for (const [hash, holder] of personKeys.entries()) if (holder === person) personKeys.delete(hash, this.#undo);
  }

  async putDocument<K extends DocumentKind>(
    kind: K,
    id: string,
    value: Documents[K],
    expiresAt: number | null,
  ): Promise<void> {
    this.#at(id).documents.put(pair(kind, id), { kind, id, expiresAt, value }, this.#undo);
  }

  async dropDocument(kind: DocumentKind, id: string): Promise<boolean> {
    const { documents } = this.#at(id);
    const held = documents.get(pair(kind, id)) !== null;
    documents.delete(pair(kind, id), this.#undo);
    return held;
  }

  async sweepDocuments(now: number): Promise<void> {
    const { documents } = this.#state;
    for (const [key, { expiresAt }] of documents.entries()) {
      if (expiresAt !== null && expiresAt < now) documents.delete(key, this.#undo);
    }
  }

  async revoke(subject: Subject): Promise<Sequence> {
    const { watermarks } = this.#at(subject.id);
    const sequence = await this.publish("revoked", watermark(subject));
    watermarks.put(watermark(subject), sequence, this.#undo);
    return sequence;
  }

  async publish(kind: Parameters<WriteTx["publish"]>[0], id: string): Promise<Sequence> {
    const state = this.#at(id);
    const sequence = ++state.sequence as Sequence;
    this.#undo.push(() => (state.sequence = sequence - 1));
    this.published.push({ sequence, kind, id });
    return sequence;
  }

  async spend(issuer: string, id: string, expiresAt: number): Promise<boolean> {
    const { spent } = this.#at(issuer, id);
    if (spent.get(pair(issuer, id)) !== null) return false;
    spent.put(pair(issuer, id), expiresAt, this.#undo);
    return true;
  }

  async sweepSpent(now: number): Promise<void> {
    const { spent } = this.#state;
    for (const [key, expiresAt] of spent.entries()) if (expiresAt < now) spent.delete(key, this.#undo);
  }

  async append(draft: RecordDraft): Promise<LedgerRecord> {
    const { ledger } = this.#state;
    const record = frozen(follow(ledger.at(-1) ?? null, draft));
    ledger.push(record);
    this.#undo.push(() => ledger.pop());
    return record;
  }
}

function pair(first: string, second: string): string {
  return JSON.stringify([first, second]);
}

function watermark(subject: Subject): string {
  return `${subject.kind}:${subject.id}`;
}
