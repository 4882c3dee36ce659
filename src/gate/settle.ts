import { maskedJson } from "../analysis/secrets/secrets.ts";
import type { CallState } from "../domain/admission.ts";
import type { Approval } from "../domain/approval.ts";
import { onlyReads } from "../domain/effect.ts";
import { unspend } from "../domain/grant.ts";
import type { CallId } from "../domain/ids.ts";
import { isObject, type JsonObject, own } from "../domain/json.ts";
import { type Reason, reason } from "../domain/reason.ts";
import { release } from "../domain/task.ts";
import type { Given } from "../ports/outbound.ts";
import type { WriteTx } from "../ports/store.ts";
import type { Incoming, Message, StreamMark } from "../ports/upstream.ts";
import { type Admitted, type Outcome, showsSecret } from "./enforce.ts";
import { look, type Looked } from "./inspect.ts";
import { raiseKin } from "./kin.ts";
import type { GateParts } from "./parts.ts";

/** What a door translates for its caller. */
export type Response =
  /** The upstream's own answer, as it came. */
  | {
      readonly kind: "answered";
      readonly call: CallId;
      readonly message: Message;
      readonly mark: StreamMark;
      readonly status: number;
    }
  | { readonly kind: "asked"; readonly call: CallId; readonly approval: Approval }
  | {
      readonly kind: "refused";
      readonly call: CallId | null;
      readonly reason: Reason;
      /** An upstream's OAuth challenge. */ readonly challenge?: string;
    };

interface Verdict {
  readonly state: CallState;
  readonly why: string | null;
}

/** Outcome → Response. Judges how the call ended, records it, closes the credential, and only then lets a byte of the
 *  result go: for anything but a read, after the outcome is durable; otherwise it is withheld as `outcome_unknown`. */
export async function settle(parts: GateParts, outcome: Outcome): Promise<Response> {
  if (outcome.kind === "not_carried") {
    const { admission } = outcome;
    return admission.kind === "asked"
      ? { kind: "asked", call: admission.decision.request.call.id, approval: admission.approval }
      : { kind: "refused", call: admission.request.call.id, reason: admission.reason };
  }
  const { admission, incoming, given } = outcome;
  const reads = onlyReads(admission.permit.request.effects);
  const verdict = judge(incoming, reads);
  const looked = await look(parts, admission.permit, incoming, verdict.state, withhold(parts, outcome));
  const recorded = record(parts, admission, verdict, looked, incoming, given);
  // What raises its session is not released before it has.
  if ((!reads || looked.rise !== null) && !(await recorded)) {
    return refuse(admission, reason("outcome_unknown", { why: "its outcome could not be recorded" }));
  }
  return looked.withheld !== null ? refuse(admission, looked.withheld) : respond(admission, looked.incoming, verdict);
}

function judge(incoming: Incoming, reads: boolean): Verdict {
  switch (incoming.kind) {
    case "answered": {
      const result = own(incoming.message.value, "result");
      const failed = result === undefined || (isObject(result) && own(result, "isError") === true);
      return { state: failed ? "failed" : "completed", why: null };
    }
    case "not_sent":
      return { state: "not_run", why: incoming.why };
    case "rejected":
      // That nothing ran is then the upstream's word: enough to tell the agent, not to give a use or budget back.
      return { state: incoming.status < 500 || reads ? "failed" : "outcome_unknown", why: incoming.why };
    case "undone":
      // It took the database's time, and told whether it would have gone through: its use and its budget stay used.
      return { state: "failed", why: `${incoming.code}: ${incoming.why}` };
    case "lost":
      return { state: reads ? "failed" : "outcome_unknown", why: incoming.why };
  }
}

/** Why nothing of the answer may reach the agent; null when it may. */
function withhold(
  parts: GateParts,
  { admission, incoming, given, cut }: Extract<Outcome, { kind: "carried" }>,
): Reason | null {
  if (cut === "revoked") return reason("credential_revoked");
  if (incoming.kind === "answered" && showsSecret(parts, admission, given, incoming.message.text)) {
    return reason("result_withheld", { why: "it holds the credential of the call" });
  }
  return null;
}

function respond(admission: Admitted, incoming: Incoming, verdict: Verdict): Response {
  const { call } = admission.permit.request;
  if (incoming.kind === "answered")
    return {
      kind: "answered",
      call: call.id,
      message: incoming.message,
      mark: incoming.mark,
      status: incoming.status ?? 200,
    };
  const why = verdict.why ?? "no answer";
  if (verdict.state === "outcome_unknown") return refuse(admission, reason("outcome_unknown", { why }));
  const code = "code" in incoming ? (incoming.code ?? "upstream_failed") : "upstream_failed";
  const said = incoming.kind === "undone" ? incoming.why : why;
  const refused = refuse(admission, reason(code, { server: call.server, client: call.protocol, why: said }));
  return incoming.kind === "rejected" && incoming.challenge !== null
    ? { ...refused, challenge: incoming.challenge }
    : refused;
}

function refuse(admission: Admitted, why: Reason): Extract<Response, { kind: "refused" }> {
  return { kind: "refused", call: admission.permit.request.call.id, reason: why };
}

/** True once the outcome is durable. What is known not to have run gives back its use and its budget; what may have
 *  run keeps them. What cannot be recorded now is owed: a change whose answer was withheld stays `outcome_unknown`. */
async function record(
  parts: GateParts,
  admission: Admitted,
  verdict: Verdict,
  { incoming, withheld, done, inspected, rise, recalled, close: closeMemory }: Looked,
  came: Incoming,
  given: Given | null,
): Promise<boolean> {
  const { request } = admission.permit;
  const { call, principal } = request;
  const text = incoming.kind === "answered" ? incoming.message.text : null;
  const at = parts.clock.now();
  // Values are traced as they came: marks that were put between them are not theirs.
  const result = came.kind === "answered" && withheld === null ? came.message.value : null;
  const brought =
    result === null ? null : parts.tracing.read(request, parts.rule(call, call.definition), result, recalled);

  async function close(tx: WriteTx, ended: Verdict, more: JsonObject): Promise<void> {
    const admitted = await tx.call(call.id);
    if (admitted === null || admitted.state !== "admitted") return;
    await tx.putCall({ ...admitted, state: ended.state });
    // A call that failed by its server's own word is none of those the owner asked for.
    await parts.tracing.settle(tx, request, brought, ended.state === "not_run" || ended.state === "failed");
    const raised = rise === null ? null : await tx.task(admitted.task);
    if (rise !== null && raised !== null) await raiseKin(tx, raised, rise);
    if (ended.state === "not_run") {
      const task = await tx.task(admitted.task);
      if (task !== null) await tx.putTask(release(task, admitted.changes));
      const grant = admitted.grant === null ? null : await tx.grant(admitted.grant);
      if (grant !== null) await tx.putGrant(unspend(grant));
    }
    await tx.append({
      kind: "outcome",
      at,
      call: call.id,
      task: principal.task,
      body: {
        state: ended.state,
        ...(ended.why === null ? {} : { why: ended.why }),
        ...(withheld === null ? {} : { withheld: withheld.code }),
        ...(text === null ? {} : { bytes: text.length, result: parts.digests.keyed(text) }),
        ...(text !== null && parts.configuration.records.text === "keep" ? { text: maskedJson(text) } : {}),
        ...(done.length === 0 ? {} : { done: [...done] }),
        ...(inspected === null ? {} : { inspected }),
        credential: admission.minted.id,
        ...(given === null ? {} : { given: given.kind, remains: given.remains }),
        took: at - request.at,
        ...more,
      },
    });
    await closeMemory(tx);
    await tx.publish("call", call.id);
  }

  try {
    await parts.store.write((tx) => close(tx, verdict, {}));
    return true;
  } catch (cause) {
    parts.log.error({ cause, call: call.id }, "an outcome could not be recorded");
    const late: Verdict = onlyReads(request.effects)
      ? verdict
      : { state: "outcome_unknown", why: "its outcome could not be recorded when it came" };
    parts.owed.owe(call.id, (tx) => close(tx, late, { heard: verdict.state }));
    return false;
  }
}
