import type { Remembered } from "../authority/memory/memory.ts";
import type { CallState } from "../domain/admission.ts";
import type { Permit } from "../domain/decision.ts";
import { qualified } from "../domain/ids.ts";
import { isObject, type JsonObject, own } from "../domain/json.ts";
import { readObligation } from "../domain/obligation.ts";
import type { SourceLabels } from "../domain/provenance.ts";
import { type Reason, reason } from "../domain/reason.ts";
import type { WriteTx } from "../ports/store.ts";
import type { Incoming, Message } from "../ports/upstream.ts";
import { inspectResult } from "../provenance/result/inspect.ts";
import { ownMessage } from "../wire/mcp/message.ts";
import type { GateParts } from "./parts.ts";

export interface Looked {
  /** What may be released: what came, where nothing in it was to be marked or kept back. */
  readonly released: Incoming;
  /** Why nothing of it may be released; null when it may. */
  readonly withheld: Reason | null;
  /** Whether it raises its session, which was not known when it was admitted. */
  readonly rises: boolean;
  /** What the values of what is released are worth. */
  readonly source: SourceLabels;
  /** What was found and done, for the record; null for nothing. */
  readonly inspected: JsonObject | null;
  /** What it leaves behind, put down with the outcome. */
  readonly close: (tx: WriteTx) => Promise<void>;
}

/** Looks at an answer before it is released: holds what it remembers against what is known of it, then does to it what
 *  goes along with its permit. */
export async function look(
  parts: Pick<GateParts, "ids" | "digests" | "memory" | "log">,
  permit: Permit,
  incoming: Incoming,
  state: CallState,
  withheld: Reason | null,
): Promise<Looked> {
  const { request } = permit;
  const result = incoming.kind === "answered" ? own(incoming.message.value, "result") : undefined;
  const remembered = await parts.memory
    .end(request, state, isObject(result) ? result : null)
    .catch((cause: unknown): Remembered => {
      parts.log.error(
        { cause, call: request.call.id },
        "what an answer remembers could not be held against what is known",
      );
      return {
        ...NOTHING_REMEMBERED,
        refusal: reason("result_withheld", { why: "what it remembers cannot be checked" }),
      };
    });
  const untrusted = request.source.untrusted || remembered?.untrusted === true;
  const source = { ...request.source, untrusted };
  const base = {
    source,
    rises: remembered?.untrusted === true,
    close: remembered?.close ?? (async () => {}),
    withheld: withheld ?? remembered?.refusal ?? null,
  };
  if (incoming.kind !== "answered" || base.withheld !== null)
    return { ...base, released: incoming, inspected: remembered?.inspected ?? null };
  const shown =
    remembered === null || remembered.result === null
      ? incoming.message
      : exchanged(incoming.message, remembered.result);
  const { message, found } = marked(parts, permit, shown, untrusted);
  const inspected = { ...remembered?.inspected, ...found };
  const changed = message !== incoming.message;
  return {
    ...base,
    released: changed ? { ...incoming, message } : incoming,
    inspected:
      Object.keys(inspected).length === 0
        ? null
        : { ...inspected, ...(changed ? { released: parts.digests.keyed(message.text) } : {}) },
  };
}

const NOTHING_REMEMBERED: Omit<Remembered, "refusal"> = {
  result: null,
  untrusted: false,
  inspected: null,
  close: async () => {},
};

function exchanged(message: Message, result: JsonObject): Message {
  return ownMessage(JSON.stringify({ ...message.value, result }));
}

/** Does to a message what goes along with its permit. Only what an outsider could have written is marked. */
function marked(
  parts: Pick<GateParts, "ids">,
  { request: { call }, obligations }: Permit,
  message: Message,
  untrusted: boolean,
): { readonly message: Message; readonly found: JsonObject } {
  const asked = new Set(obligations.map((one) => readObligation(one)?.kind));
  const spotlight = asked.has("spotlight");
  if (!untrusted || !(spotlight || asked.has("mark-invisible"))) return { message, found: {} };
  const inspected = inspectResult(message.text, {
    markInvisible: asked.has("mark-invisible"),
    spotlight: spotlight ? { source: qualified(call.server, call.tool), boundary: parts.ids.nonce() } : null,
  });
  if (inspected.text === message.text) return { message, found: {} };
  const { text, invisible, spotlighted } = inspected;
  return { message: ownMessage(text), found: { invisible, spotlighted } };
}
