import { hash } from "node:crypto";
import type { CallId, Digest, GrantId } from "../../src/domain/ids.ts";
import { isObject, type JsonObject } from "../../src/domain/json.ts";
import type { LedgerRecord } from "../../src/domain/record.ts";
import { type Head, START, verifyChain } from "../../src/ledger/chain.ts";
import type { Store } from "../../src/ports/store.ts";
import { canonicalize } from "../../src/wire/json/canonical.ts";
import type { Told } from "./agent.ts";
import type { Seen } from "./tally.ts";

const plain = (text: string): Digest => `sha-256:${hash("sha256", text, "base64url")}` as Digest;
const hashOf = (params: JsonObject): string => plain(canonicalize(params));
const CLOSED_AT_START = "the gateway stopped before it heard how the call ended";

/** What happened around one gateway until it was killed. */
export interface Life {
  readonly told: readonly Told[];
  readonly seen: readonly Seen[];
  /** Params that the stdio server wrote down. */
  readonly counted: readonly JsonObject[];
}

export interface Audited {
  /** What does not hold, in words; empty when all does. */
  readonly problems: readonly string[];
  readonly admissions: number;
  /** Calls that the next start closed, by how. */
  readonly closed: { readonly failed: number; readonly outcome_unknown: number };
}

/** Holds what happened against the record, life after life; `store` is what the restarted gateway uses. */
export interface Audit {
  life(store: Store, life: Life): Promise<Audited>;
}

export function createAudit(): Audit {
  let head: Head = START;
  const credentials = new Set<string>();
  const ran = new Set<string>();

  async function life(store: Store, { told, seen, counted }: Life): Promise<Audited> {
    const problems: string[] = [];
    const records: LedgerRecord[] = [];
    for (;;) {
      const page = await store.read((tx) => tx.ledger({ after: records.at(-1)?.number ?? head.number, limit: 500 }));
      if (page.length === 0) break;
      records.push(...page);
    }
    const chain = verifyChain(records, head, plain);
    if (chain.kind === "broken") problems.push(`the chain: ${chain.why}`);
    else head = chain.head;

    const admissions = records.filter((one) => one.kind === "admission");
    const outcomes = Map.groupBy(
      records.filter((one) => one.kind === "outcome"),
      (one) => one.call,
    );
    const byCredential = new Map(admissions.map((one) => [member(one.body, "credential", "id"), one]));
    const byParams = new Map(admissions.map((one) => [String(one.body["paramsHash"]), one]));

    // Whatever an upstream was asked to run was admitted for exactly that, on a credential of its own, before.
    const spent = new Map<string, number>();
    for (const one of seen) {
      const admission = byCredential.get(one.credential);
      if (admission === undefined) problems.push(`${one.n} ran, and no admission bears its credential`);
      else {
        const { grant, paramsHash } = admission.body;
        if (admission.call !== one.call) problems.push(`${one.n} ran on the credential of another call`);
        if (paramsHash !== hashOf(one.params) || paramsHash !== one.paramsHash)
          problems.push(`${one.n} ran with params that were not admitted`);
        const id = isObject(grant) ? String(grant["id"]) : "none";
        spent.set(id, (spent.get(id) ?? 0) + 1);
      }
      if (one.recorded === false) problems.push(`${one.n} came before its admission was durable`);
      if (credentials.has(one.credential)) problems.push(`${one.n} came on a credential that was used before`);
      credentials.add(one.credential);
      once(one.n);
    }
    for (const params of counted) {
      const n = String((params["arguments"] as JsonObject)["n"]);
      const admission = byParams.get(hashOf(params));
      if (admission?.body["server"] !== "count") problems.push(`${n} was counted, and nothing admitted it`);
      once(n);
    }
    function once(n: string): void {
      if (ran.has(n)) problems.push(`${n} ran twice`);
      ran.add(n);
    }

    // No grant is spent beyond its uses, and each use that is gone is an admission.
    const grants = Map.groupBy(admissions, (one) => member(one.body, "grant", "id"));
    for (const [id, uses] of grants) {
      const grant = await store.read((tx) => tx.grant(id as GrantId));
      const notRun = uses.filter((one) => stateOf(outcomes.get(one.call)) === "not_run").length;
      if (grant === null) problems.push(`the grant ${id} is gone`);
      else {
        if (grant.uses !== null && grant.used > grant.uses) problems.push(`${id} was used ${grant.used} times`);
        // A task goes on in the next life, so its grant may have been used in an earlier one too.
        if (grant.used < uses.length - notRun) problems.push(`${id} lost uses: ${grant.used} of ${uses.length}`);
        if (grant.uses !== null && (spent.get(id) ?? 0) > grant.uses) problems.push(`${id} ran more than its uses`);
      }
    }

    // Every admission has one end, and one that nobody heard of is closed as what it may have been.
    const closed = { failed: 0, outcome_unknown: 0 };
    for (const one of admissions) {
      const ends = outcomes.get(one.call) ?? [];
      const stored = one.call === null ? null : await store.read((tx) => tx.call(one.call as CallId));
      if (ends.length !== 1) problems.push(`${one.call} has ${ends.length} outcomes`);
      const state = stateOf(ends);
      if (stored?.state !== state) problems.push(`${one.call} is ${stored?.state} and recorded as ${state}`);
      if (ends[0]?.body["why"] !== CLOSED_AT_START) continue;
      const right = stored?.changes === true ? "outcome_unknown" : "failed";
      if (state !== right) problems.push(`${one.call} was closed as ${state}`);
      closed[right]++;
    }

    // Who was told that a write is done can rely on it.
    for (const one of told) {
      if (one.how !== "answered" || one.tool === "tally__look") continue;
      const admission = byParams.get(hashOf({ name: one.tool.split("__")[1] ?? "", arguments: { n: one.n } }));
      const state = admission === undefined ? "not admitted" : stateOf(outcomes.get(admission.call));
      if (state !== "completed") problems.push(`${one.n} was answered and is ${state}`);
    }
    return { problems, admissions: admissions.length, closed };
  }

  return { life };
}

function stateOf(outcomes: readonly LedgerRecord[] | undefined): string {
  return String(outcomes?.[0]?.body["state"] ?? "open");
}

function member(body: JsonObject, name: string, key: string): string {
  const value = body[name];
  return value !== undefined && isObject(value) ? String(value[key]) : "none";
}
