import type { Remembered } from "../authority/memory/memory.ts";
import type { CallState } from "../domain/admission.ts";
import type { Permit } from "../domain/decision.ts";
import { qualified } from "../domain/ids.ts";
import { isObject, type JsonObject, own } from "../domain/json.ts";
import type { SessionRise } from "../domain/principal.ts";
import type { SourceLabels } from "../domain/provenance.ts";
import { type Reason, reason } from "../domain/reason.ts";
import type { WriteTx } from "../ports/store.ts";
import type { Incoming, Message } from "../ports/upstream.ts";
import type { Recalled } from "../provenance/memory/recalled.ts";
import { leavesOf } from "../provenance/result/leaves.ts";
import { ownMessage } from "../wire/mcp/message.ts";
import { released } from "./obligations.ts";
import type { GateParts } from "./parts.ts";

export interface Looked {
  /** The answer as it may be released: what is recorded of it, and what the agent gets. */
  readonly incoming: Incoming;
  /** Why nothing of it may be released; null when it may. */
  readonly withheld: Reason | null;
  /** How far it raises its session, beyond what was known when it was admitted; null for no further. */
  readonly rise: SessionRise | null;
  /** What had to be done to it, in the words of policies. */
  readonly done: readonly string[];
  /** What was found in it, for the record; null for nothing. */
  readonly inspected: JsonObject | null;
  /** What of it was recalled out of a memory, by who wrote it; null for as it came. */
  readonly recalled: Recalled | null;
  /** What it leaves behind, put down with the outcome. */
  readonly close: (tx: WriteTx) => Promise<void>;
}

/** Looks at an answer before it is released: holds what it remembers against what is known of it, then does to it what
 *  goes along with its permit. */
export async function look(
  parts: Pick<GateParts, "ids" | "memory" | "log">,
  { request, obligations }: Permit,
  incoming: Incoming,
  state: CallState,
  withheld: Reason | null,
): Promise<Looked> {
  const { call, source } = request;
  const result = incoming.kind === "answered" ? own(incoming.message.value, "result") : undefined;
  const remembered = await parts.memory
    .end(request, state, isObject(result) ? result : null)
    .catch((cause: unknown): Remembered => {
      parts.log.error({ cause, call: call.id }, "what an answer remembers could not be held against what is known");
      return { ...NOTHING, refusal: reason("result_withheld", { why: "what it remembers cannot be checked" }) };
    });
  // What is said in place of a memory, and is no result, may quote it all the same.
  const quotes = remembered === null && request.memory?.does === "read" && incoming.kind === "answered";
  const { refusal, inspected, close, recalled, result: shown } = remembered ?? { ...NOTHING, refusal: null };
  const labels = isObject(result) && source.trust !== undefined ? labelsIn(result, source) : null;
  const untrusted = quotes || remembered?.untrusted === true || (!source.untrusted && labels?.low === true);
  const secret = !source.private && labels?.internal === true;
  const rise = untrusted || secret ? { readUntrusted: untrusted, readPrivate: secret } : null;
  const common = { rise, close, recalled, withheld: withheld ?? refusal };
  if (incoming.kind !== "answered") return { ...common, incoming, done: [], inspected };
  const checked = shown === null ? incoming.message : exchanged(incoming.message, shown);
  const { message, done, marked } = released(obligations, checked, {
    untrusted: source.untrusted || untrusted,
    source: qualified(call.server, call.tool),
    boundary: () => parts.ids.nonce(),
  });
  const found = { ...inspected, ...marked };
  return {
    ...common,
    incoming: message === incoming.message ? incoming : { ...incoming, message },
    done,
    inspected: Object.keys(found).length === 0 ? null : found,
  };
}

/** Whether values of a result are worth less than is said of it as a whole. What was not looked at may be anything. */
function labelsIn(result: JsonObject, source: SourceLabels): { readonly low: boolean; readonly internal: boolean } {
  const { leaves, complete } = leavesOf(result, source);
  return {
    low: !complete || leaves.some(({ label }) => label.integrity === "low"),
    internal: !complete || leaves.some(({ label }) => label.confidentiality !== "public"),
  };
}

const NOTHING: Omit<Remembered, "refusal"> = {
  result: null,
  untrusted: false,
  inspected: null,
  recalled: null,
  close: async () => {},
};

function exchanged(message: Message, result: JsonObject): Message {
  return ownMessage(JSON.stringify({ ...message.value, result }));
}
