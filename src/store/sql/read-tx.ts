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
import type { LedgerRecord, RecordKind } from "../../domain/record.ts";
import type { Subject } from "../../domain/revocation.ts";
import type { Task } from "../../domain/task.ts";
import type { Pin } from "../../domain/tool.ts";
import type { Page, PageQuery, ReadTx, StoredPolicies } from "../../ports/store.ts";
import { overTransaction } from "../fault.ts";
import { freeze } from "../freeze.ts";
import { byCodeUnit, checkLimit, positionOf } from "../text.ts";
import type { Connection } from "./engine.ts";
import { KEY } from "./kept-rows.ts";
import type { compileReading } from "./reading.ts";
import type { Tables } from "./schema.ts";
import type { Statement, Values } from "./statement.ts";

export type Reading = ReturnType<typeof compileReading>;
type Body = { readonly body: string };

/** Callers whose watermarks are remembered at one time. */
const MARKS = 4_096;

/** Reads through one transaction, and refuses to once it is over. */
export class SqlReadTx implements ReadTx {
  protected readonly reading: Reading;
  #connection: Connection | null;

  constructor(reading: Reading, connection: Connection) {
    this.reading = reading;
    this.#connection = connection;
  }

  /** From here on every call is refused. */
  end(): void {
    this.#connection = null;
  }

  protected get connection(): Connection {
    if (this.#connection === null) throw overTransaction();
    return this.#connection;
  }

  task(id: TaskId): Promise<Task | null> {
    return this.#known(KEY.task(id), () => this.#value(this.reading.task, { id }));
  }

  tasks(query: PageQuery & { readonly active?: boolean }): Promise<Page<Task>> {
    return this.#newest(query.active === true ? this.reading.activeTasks : this.reading.tasks, query, {});
  }

  childTasks(parent: TaskId): Promise<readonly Task[]> {
    return this.#values(this.reading.childTasks, { parent });
  }

  session(id: SessionId): Promise<Session | null> {
    return this.#known(KEY.session(id), () => this.#value(this.reading.session, { id }));
  }

  instance(id: InstanceId): Promise<Instance | null> {
    return this.#known(KEY.instance(id), () => this.#value(this.reading.instance, { id }));
  }

  instances(query: PageQuery & { readonly agent?: AgentName }): Promise<Page<Instance>> {
    return query.agent === undefined
      ? this.#newest(this.reading.instances, query, {})
      : this.#newest(this.reading.instancesOf, query, { agent: query.agent });
  }

  grant(id: GrantId): Promise<Grant | null> {
    return this.#value(this.reading.grant, { id });
  }

  grants(task: TaskId): Promise<readonly Grant[]> {
    return this.#known(KEY.grants(task), () => this.#values<{ task: string }, Grant>(this.reading.grants, { task }));
  }

  approval(id: ApprovalId): Promise<Approval | null> {
    return this.#value(this.reading.approval, { id });
  }

  approvalFor(task: TaskId, digest: Digest): Promise<Approval | null> {
    return this.#known(KEY.approvalFor(task, digest), () => this.#value(this.reading.approvalFor, { task, digest }));
  }

  approvals(query: PageQuery & { readonly open?: boolean }): Promise<Page<Approval>> {
    return this.#newest(query.open === true ? this.reading.pendingApprovals : this.reading.approvals, query, {});
  }

  openApprovals(task: TaskId): Promise<readonly Approval[]> {
    return this.#values(this.reading.openApprovals, { task });
  }

  call(id: CallId): Promise<AdmittedCall | null> {
    return this.#known(KEY.call(id), () => this.#value(this.reading.call, { id }));
  }

  async callByClientKey(session: SessionId, clientKey: string): Promise<AdmittedCall | null> {
    const { kept } = this.connection;
    const key = KEY.clientKey(session, clientKey);
    if (kept.get(key) === null) return null;
    const found = await this.#value<{ session: string; clientKey: string }, AdmittedCall>(
      this.reading.callByClientKey,
      { session, clientKey },
    );
    // That nobody holds it is what a call asks twice; a holder may come to hold another.
    if (found === null) this.#keep(key, null);
    return found;
  }

  callsIn(state: CallState, query: PageQuery): Promise<Page<AdmittedCall>> {
    return this.#page(this.reading.callsIn, query, { state }, 0);
  }

  async pins(server: ServerName): Promise<readonly Pin[]> {
    const rows = await this.connection.rows(this.reading.pins, { server });
    return rows.toSorted((a, b) => byCodeUnit(a.tool, b.tool)).map((row) => parse<Pin>(row));
  }

  activePolicies(): Promise<StoredPolicies | null> {
    return this.#value(this.reading.activePolicies, {});
  }

  async personByKey(hash: Digest): Promise<PersonName | null> {
    const [row] = await this.connection.rows(this.reading.personByKey, { hash });
    return row === undefined ? null : (row.person as PersonName);
  }

  document<K extends DocumentKind>(kind: K, id: string): Promise<Documents[K] | null> {
    return this.#value(this.reading.document, { kind, id });
  }

  async documents<K extends DocumentKind>(kind: K): Promise<readonly Documents[K][]> {
    const rows = await this.connection.rows(this.reading.documents, { kind });
    return rows.toSorted((a, b) => byCodeUnit(a.id, b.id)).map((row) => parse<Documents[K]>(row));
  }

  async revokedAt(subjects: readonly Subject[]): Promise<Sequence> {
    if (subjects.length === 0) return 0 as Sequence;
    const keys = subjects.map(watermarkKey);
    const all = keys.join("\0");
    const known = this.connection.kept.get<Map<string, Sequence>>(KEY.watermarks)?.get(all);
    if (known !== undefined) return known;
    const [row] = await this.connection.rows(this.reading.revokedAt(keys.length), Object.fromEntries(keys.entries()));
    const sequence = Number(row?.sequence ?? 0) as Sequence;
    const marks = this.connection.kept.get<Map<string, Sequence>>(KEY.watermarks) ?? new Map<string, Sequence>();
    if (marks.size >= MARKS) marks.clear();
    this.#keep(KEY.watermarks, marks.set(all, sequence));
    return sequence;
  }

  sequence(): Promise<Sequence> {
    return this.#known(KEY.sequence, async () => {
      const [row] = await this.connection.rows(this.reading.sequence, {});
      return Number(row?.value ?? 0) as Sequence;
    });
  }

  async ledgerHead(): Promise<LedgerRecord | null> {
    const [row] = await this.connection.rows(this.reading.ledgerHead, {});
    return row === undefined ? null : toRecord(row);
  }

  async ledger(query: {
    readonly after: number;
    readonly limit: number;
    readonly kind?: RecordKind;
    readonly task?: TaskId;
  }): Promise<readonly LedgerRecord[]> {
    checkLimit(query.limit);
    const { after, limit, kind, task } = query;
    const { connection, reading } = this;
    const rows =
      kind !== undefined && task !== undefined
        ? await connection.rows(reading.ledgerOfKindAndTask, { after, limit, kind, task })
        : kind !== undefined
          ? await connection.rows(reading.ledgerOfKind, { after, limit, kind })
          : task !== undefined
            ? await connection.rows(reading.ledgerOfTask, { after, limit, task })
            : await connection.rows(reading.ledger, { after, limit });
    return rows.map(toRecord);
  }

  async ledgerTail(limit: number): Promise<readonly LedgerRecord[]> {
    checkLimit(limit);
    const rows = await this.connection.rows(this.reading.ledgerTail, { limit });
    return rows.map(toRecord).reverse();
  }

  async ledgerOfCall(call: CallId): Promise<readonly LedgerRecord[]> {
    const rows = await this.connection.rows(this.reading.ledgerOfCall, { call });
    return rows.map(toRecord);
  }

  /** As it is known to be, or as `ask` finds it. */
  async #known<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.connection.kept.get<T>(key);
    if (known !== undefined) return known as T;
    const value = freeze(await ask());
    this.#keep(key, value);
    return value;
  }

  /** Only while the transaction lasts in which it was read. */
  #keep(key: string, value: unknown): void {
    this.#connection?.kept.keep(key, value);
  }

  async #value<P extends Values, T>(statement: Statement<P, Body>, values: P): Promise<T | null> {
    const [row] = await this.connection.rows(statement, values);
    return row === undefined ? null : parse<T>(row);
  }

  async #values<P extends Values, T>(statement: Statement<P, Body>, values: P): Promise<readonly T[]> {
    const rows = await this.connection.rows(statement, values);
    return rows.map((row) => parse<T>(row));
  }

  #newest<P extends Values, T>(statement: Paged<P>, query: PageQuery, values: P): Promise<Page<T>> {
    return this.#page(statement, query, values, Number.MAX_SAFE_INTEGER);
  }

  /** Asks for one row more than wanted: it tells whether there is a next page. */
  async #page<P extends Values, T>(statement: Paged<P>, query: PageQuery, values: P, start: number): Promise<Page<T>> {
    checkLimit(query.limit);
    const after = positionOf(query.after, start);
    const rows = await this.connection.rows(statement, { ...values, after, limit: query.limit + 1 });
    const shown = rows.slice(0, query.limit);
    const last = shown.at(-1);
    return {
      items: shown.map((row) => parse<T>(row)),
      next: rows.length > shown.length && last !== undefined ? String(last.position) : null,
    };
  }
}

type Paged<P extends Values> = Statement<P & { after: number; limit: number }, Body & { readonly position: number }>;

export function watermarkKey(subject: Subject): string {
  return `${subject.kind}:${subject.id}`;
}

/** Trusted: it was a `T` when it was written. */
function parse<T>(row: Body): T {
  return JSON.parse(row.body) as T;
}

function toRecord(row: Tables["ledger"]): LedgerRecord {
  return {
    number: Number(row.number),
    previous: row.previous as Digest,
    hash: row.hash as Digest,
    kind: row.kind as RecordKind,
    at: Number(row.at),
    call: row.call as CallId | null,
    task: row.task as TaskId | null,
    body: parse(row),
  };
}
