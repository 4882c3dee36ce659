import type { Permit } from "../domain/decision.ts";
import { qualified } from "../domain/ids.ts";
import type { JsonObject } from "../domain/json.ts";
import { readObligation } from "../domain/obligation.ts";
import type { Message } from "../ports/upstream.ts";
import { inspectResult } from "../provenance/result/inspect.ts";
import { ownMessage } from "../wire/mcp/message.ts";
import type { GateParts } from "./parts.ts";

export interface Looked {
  /** The same message where nothing was to be marked. */
  readonly message: Message;
  /** What was done to it, for the record; null for nothing. */
  readonly inspected: JsonObject | null;
}

/** Does to an answer what goes along with its permit. Only what an outsider could have written is marked. */
export function inspect(parts: Pick<GateParts, "ids" | "digests">, permit: Permit, message: Message): Looked {
  const { call, source } = permit.request;
  const asked = new Set(permit.obligations.map((one) => readObligation(one)?.kind));
  const asks = { markInvisible: asked.has("mark-invisible"), spotlight: asked.has("spotlight") };
  if (!source.untrusted || !(asks.markInvisible || asks.spotlight)) return { message, inspected: null };
  const { text, invisible, spotlighted } = inspectResult(message.text, {
    markInvisible: asks.markInvisible,
    spotlight: asks.spotlight ? { source: qualified(call.server, call.tool), boundary: parts.ids.nonce() } : null,
  });
  if (text === message.text) return { message, inspected: null };
  return { message: ownMessage(text), inspected: { invisible, spotlighted, released: parts.digests.keyed(text) } };
}
