import type { AdmittedCall } from "../../domain/admission.ts";
import type { Approval } from "../../domain/approval.ts";
import type { DocumentKind, Documents } from "../../domain/document.ts";
import type { Grant } from "../../domain/grant.ts";
import type { Digest, PersonName, Sequence } from "../../domain/ids.ts";
import type { Instance, Session } from "../../domain/principal.ts";
import type { LedgerRecord, RecordDraft } from "../../domain/record.ts";
import type { Subject } from "../../domain/revocation.ts";
import type { Task } from "../../domain/task.ts";
import type { Pin } from "../../domain/tool.ts";
import type { StoredPolicies, StoreEvent, WriteTx } from "../../ports/store.ts";
import { conflict } from "../fault.ts";
import { freeze } from "../freeze.ts";
import { follow } from "../seal.ts";
import { checkText } from "../text.ts";
import type { Connection } from "./engine.ts";
import { KEY } from "./kept-rows.ts";
import { type Reading, SqlReadTx, watermarkKey } from "./read-tx.ts";
import type { Statement, Values } from "./statement.ts";
import type { compileWriting } from "./writing.ts";

type Published = Parameters<WriteTx["publish"]>[0];
export type Writing = ReturnType<typeof compileWriting>;

/** Writes through one transaction; what it published is told once that has taken effect. */
export class SqlWriteTx extends SqlReadTx implements WriteTx {
  readonly #writing: Writing;
  readonly published: StoreEvent[] = [];

  constructor(reading: Reading, writing: Writing, connection: Connection) {
    super(reading, connection);
    this.#writing = writing;
  }

  async putTask(task: Task): Promise<void> {
    const active = task.state.kind === "active" ? 1 : 0;
    const values = { id: task.id, parent: task.parent, active, body: JSON.stringify(task) };
    const before = this.connection.kept.get<Task>(KEY.task(task.id)) ?? null;
    // What is known to be there is replaced without waiting to hear that it was.
    if (before?.parent === task.parent && before.state.kind === task.state.kind)
      await this.#run(this.#writing.replaceTask, values);
    else if ((await this.connection.run(this.#writing.replaceTask, values)) === 0)
      await this.#run(this.#writing.putTask, values);
    this.#wrote(KEY.task(task.id), values);
  }

  async putSession(session: Session): Promise<void> {
    const values = { id: session.id, body: JSON.stringify(session) };
    await this.#run(this.#writing.putSession, values);
    this.#wrote(KEY.session(session.id), values);
  }

  async putInstance(instance: Instance): Promise<void> {
    const values = { id: instance.id, agent: instance.agent, body: JSON.stringify(instance) };
    await this.#run(this.#writing.putInstance, values);
    this.#wrote(KEY.instance(instance.id), values);
  }

  async putGrant(grant: Grant): Promise<void> {
    const { kept } = this.connection;
    const values = { id: grant.id, task: grant.task, body: JSON.stringify(grant) };
    const known = kept.get<readonly Grant[]>(KEY.grants(grant.task)) ?? null;
    const stays = known?.some((one) => one.id === grant.id) ?? false;
    if (stays) await this.#run(this.#writing.replaceGrant, values);
    else if ((await this.connection.run(this.#writing.replaceGrant, values)) === 0) {
      const before = await this.grant(grant.id);
      if (before !== null) kept.forget(KEY.grants(before.task));
      kept.forget(KEY.grants(grant.task));
      return this.#run(this.#writing.putGrant, values);
    }
    const now = freeze(JSON.parse(values.body) as Grant);
    if (known !== null)
      kept.keep(KEY.grants(grant.task), freeze(known.map((one) => (one.id === grant.id ? now : one))));
  }

  async putApproval(approval: Approval): Promise<void> {
    const { id, task, digest, state } = approval;
    const before = await this.approval(id);
    if (before !== null) this.connection.kept.forget(KEY.approvalFor(before.task, before.digest));
    this.connection.kept.forget(KEY.approvalFor(task, digest));
    await this.#run(this.#writing.putApproval, { id, task, digest, state, body: JSON.stringify(approval) });
  }

  async putCall(call: AdmittedCall): Promise<void> {
    const { id, session, clientKey, state } = call;
    const values = { id, session, clientKey, state, body: JSON.stringify(call) };
    const before = this.connection.kept.get<AdmittedCall>(KEY.call(id)) ?? null;
    const moves = before === null || before.session !== session || before.clientKey !== clientKey;
    if (moves || (await this.connection.run(this.#writing.replaceCall, values)) === 0) {
      // Asked first: where a statement that fails would take the whole transaction with it, a refusal must not.
      const holder = clientKey === null ? null : await this.callByClientKey(session, clientKey);
      if (clientKey !== null && holder !== null && holder.id !== id) throw conflict(clientKey);
      if (clientKey !== null) this.connection.kept.forget(KEY.clientKey(session, clientKey));
      await this.#run(this.#writing.putCall, values);
    }
    if (state === "admitted") this.#wrote(KEY.call(id), values);
    else this.connection.kept.forget(KEY.call(id));
  }

  putPin(pin: Pin): Promise<void> {
    return this.#run(this.#writing.putPin, { server: pin.server, tool: pin.tool, body: JSON.stringify(pin) });
  }

  putPolicies(policies: StoredPolicies): Promise<void> {
    return this.#run(this.#writing.putPolicies, { body: JSON.stringify(policies) });
  }

  putPersonKey(hash: Digest, person: PersonName, at: number): Promise<void> {
    return this.#run(this.#writing.putPersonKey, { hash, person, at });
  }

  dropPersonKeys(person: PersonName): Promise<void> {
    return this.#run(this.#writing.dropPersonKeys, { person });
  }

  putDocument<K extends DocumentKind>(
    kind: K,
    id: string,
    value: Documents[K],
    expiresAt: number | null,
  ): Promise<void> {
    return this.#run(this.#writing.putDocument, { kind, id, expiresAt, body: JSON.stringify(value) });
  }

  async dropDocument(kind: DocumentKind, id: string): Promise<boolean> {
    return (await this.connection.run(this.#writing.dropDocument, { kind, id })) === 1;
  }

  sweepDocuments(now: number): Promise<void> {
    return this.#run(this.#writing.sweepDocuments, { now });
  }

  async revoke(subject: Subject): Promise<Sequence> {
    const key = watermarkKey(subject);
    const sequence = await this.publish("revoked", key);
    this.connection.kept.keep(KEY.watermarks, new Map());
    await this.#run(this.#writing.raiseWatermark, { subject: key, sequence });
    return sequence;
  }

  async publish(kind: Published, id: string): Promise<Sequence> {
    checkText(id);
    const [row] = await this.connection.rows(this.#writing.nextSequence, {});
    const sequence = Number(row?.value) as Sequence;
    this.connection.kept.keep(KEY.sequence, sequence);
    this.connection.send(this.#writing.putEvent, { sequence, kind, id });
    this.connection.announce(sequence);
    this.published.push({ sequence, kind, id });
    return sequence;
  }

  async spend(issuer: string, id: string, expiresAt: number): Promise<boolean> {
    return (await this.connection.run(this.#writing.spend, { issuer, id, expiresAt })) === 1;
  }

  sweepSpent(now: number): Promise<void> {
    return this.#run(this.#writing.sweepSpent, { now });
  }

  async append(draft: RecordDraft): Promise<LedgerRecord> {
    const record = follow(await this.#ledgerEnd(), draft);
    await this.#run(this.#writing.append, { ...record, body: JSON.stringify(record.body) });
    this.connection.kept.keep(KEY.ledgerEnd, { number: record.number, hash: record.hash } satisfies End);
    return record;
  }

  async #ledgerEnd(): Promise<End | null> {
    const known = this.connection.kept.get<End>(KEY.ledgerEnd);
    if (known !== undefined) return known;
    const [end] = await this.connection.rows(this.reading.ledgerEnd, {});
    return end === undefined ? null : { number: Number(end.number), hash: end.hash as Digest };
  }

  #wrote(key: string, row: { readonly body: string }): void {
    this.connection.kept.keep(key, freeze(JSON.parse(row.body)));
  }

  async #run<P extends Values>(statement: Statement<P, unknown>, values: P): Promise<void> {
    this.connection.send(statement, values);
  }
}

type End = Pick<LedgerRecord, "number" | "hash">;
