import { masked, maskedObject } from "../analysis/secrets/secrets.ts";
import { levelAt, needsOf } from "../domain/call-level.ts";
import type { Decision } from "../domain/decision.ts";
import type { Effects } from "../domain/effect.ts";
import { qualified } from "../domain/ids.ts";
import type { Json, JsonObject } from "../domain/json.ts";
import { wordFor } from "../domain/obligation.ts";
import { hint, sentence } from "../domain/reason.ts";
import type { RecordDraft } from "../domain/record.ts";
import type { GateParts } from "./parts.ts";

/** The ledger entry of one decision: who, for whom, for what, what it would do, by which rules. Arguments stand in it
 *  by keyed digest, and as text only where configuration keeps text. */
export function recordOf(parts: GateParts, decision: Decision, more: JsonObject): RecordDraft {
  const { request } = decision;
  const { principal, call, standing, effects } = request;
  const kind = decision.kind === "permit" ? "admission" : decision.kind === "ask" ? "ask" : "denial";
  return {
    kind,
    at: request.at,
    call: call.id,
    task: principal.task,
    body: {
      verdict: decision.kind,
      ...(decision.kind === "deny"
        ? { reason: decision.reason.code, says: masked(sentence(decision.reason)), hint: hint(decision.reason.code) }
        : {}),
      ...(decision.kind === "ask" ? { asks: decision.asks.map((ask) => ({ ...ask })) } : {}),
      ...(decision.kind === "permit" && decision.observed !== null ? { observed: decision.observed.code } : {}),
      tool: qualified(call.server, call.tool),
      method: call.method,
      server: call.server,
      door: call.door,
      protocol: call.protocol,
      owner: principal.owner,
      actor: principal.actor,
      agent: principal.agent,
      instance: principal.instance,
      ...(principal.delegators === undefined ? {} : { delegators: principal.delegators.map((one) => ({ ...one })) }),
      session: principal.session,
      binding: principal.binding,
      token: principal.tokenId,
      objective: standing.task.objective,
      declaredBy: standing.task.declaredBy,
      effects: shortened(effects) as unknown as Json,
      needs: [...needsOf(request)],
      level: levelAt(request),
      labels: {
        readPrivate: standing.session.readPrivate,
        readUntrusted: standing.session.readUntrusted,
        sent: standing.session.sent,
      },
      provenance: { ...request.provenance, disclosures: request.provenance.disclosures.map((one) => ({ ...one })) },
      ...declassified(decision),
      ...(decision.kind === "deny" || decision.obligations.length === 0
        ? {}
        : { obligations: decision.obligations.map(wordFor) }),
      ...(call.lightened === true ? { lightened: true } : {}),
      policies: decision.policies.map((policy) => ({ ...policy })),
      policyVersion: decision.basis.policyVersion,
      profile: principal.profile,
      tier: request.tier,
      mode: request.mode.kind,
      isolation: parts.configuration.isolation,
      digest: call.digest,
      paramsHash: call.paramsHash,
      definition: call.definition?.hash ?? null,
      ...(parts.configuration.records.text === "keep" ? { params: maskedObject(call.params) } : {}),
      ...more,
    },
  };
}

/** Who released what is classified, for this call alone: whoever answered, or the policy that let it be. */
function declassified(decision: Decision): JsonObject {
  const { disclosures } = decision.request.provenance;
  if (decision.kind !== "permit" || disclosures.length === 0) return {};
  const by = decision.observed !== null ? "observation" : decision.approval !== null ? "approval" : "policy";
  return { declassified: { by, values: disclosures.map((one) => ({ ...one })) } };
}

const MOST_NAMED = 50;
const LONGEST_NAMED = 512;

/** What a call would touch, as far as a person reads it: an agent does not fill the ledger with it. */
function shortened(effects: Effects): Effects {
  const named = (texts: readonly string[]): readonly string[] =>
    texts
      .slice(0, MOST_NAMED)
      .map(masked)
      .map((text) => (text.length > LONGEST_NAMED ? `${text.slice(0, LONGEST_NAMED)}…`.toWellFormed() : text));
  const { hosts, paths, recipients, tables, columns, unrepresented } = effects;
  return {
    ...effects,
    hosts: named(hosts),
    paths: named(paths),
    recipients: named(recipients),
    tables: named(tables),
    columns: named(columns),
    unrepresented: named(unrepresented),
    access: effects.access.slice(0, MOST_NAMED),
  };
}
