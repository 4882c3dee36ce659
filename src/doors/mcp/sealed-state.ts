import type { ServerName } from "../../domain/ids.ts";
import { isObject, type Json, type JsonObject, own } from "../../domain/json.ts";
import type { Principal } from "../../domain/principal.ts";
import type { Message } from "../../ports/upstream.ts";
import { canonicalize } from "../../wire/json/canonical.ts";
import { withResultMember } from "../../wire/mcp/splice.ts";
import type { McpDoorParts } from "./parts.ts";

const LIFE_MS = 10 * 60_000;

type SealingParts = Pick<McpDoorParts, "sealing" | "spend" | "clock" | "ids" | "digests">;

/** One round of a request that takes several (MCP 2026-07-28, multi-round-trip requests): who makes it, and what it is
 *  as its server is to get it. */
export interface Round {
  readonly principal: Principal;
  readonly method: string;
  readonly server: ServerName;
  readonly params: JsonObject;
}

/** What a state is bound to: another principal, method, tool or arguments cannot open it. */
function bound(parts: SealingParts, { principal, method, server, params }: Round): string {
  const { inputResponses: _, requestState: __, _meta: ___, ...rest } = params;
  return parts.digests.keyed(canonicalize([principal.session, principal.task, method, server, rest]));
}

/** The answer with its server's `requestState`, or the absence of one, inside a sealed one of ours: bound to this
 *  principal and request, good for ten minutes and one use. */
export function sealState(parts: SealingParts, round: Round, answer: Message): Message {
  const result = own(answer.value, "result");
  const inner: Json = (isObject(result) ? own(result, "requestState") : undefined) ?? null;
  const payload = { inner, id: parts.ids.nonce(), expires: parts.clock.now() + LIFE_MS };
  return withResultMember(answer, "requestState", parts.sealing.seal(payload, bound(parts, round)));
}

export interface OpenedRound {
  /** With the server's own state back in place. */
  readonly params: JsonObject;
  /** The state that was used up for it; null where it came without one. */
  readonly used: string | null;
}

/** Null for a state that is not ours, not for this request, too old, or used before without having been given back. */
export async function openState(
  parts: SealingParts,
  round: Round,
  givenBack: Set<string>,
): Promise<OpenedRound | null> {
  const { params } = round;
  const sealed = own(params, "requestState");
  if (sealed === undefined) return { params, used: null };
  const opened = typeof sealed === "string" ? parts.sealing.open(sealed, bound(parts, round)) : null;
  if (opened === null) return null;
  const { inner, id, expires } = opened;
  if (typeof id !== "string" || typeof expires !== "number" || parts.clock.now() >= expires) return null;
  if (!givenBack.delete(id) && !(await parts.spend(id, expires))) return null;
  const { requestState: _, ...rest } = params;
  return {
    params: inner === null || inner === undefined ? rest : { ...rest, requestState: inner },
    used: id,
  };
}

export interface InputRequest {
  readonly method: string;
  readonly params: JsonObject;
}

/** What an `input_required` result asks of the client. */
export function inputRequests(result: JsonObject): readonly InputRequest[] {
  const requests = own(result, "inputRequests");
  const each: readonly Json[] = isObject(requests)
    ? Object.values(requests)
    : Array.isArray(requests)
      ? (requests as readonly Json[])
      : [];
  return each.map((one) => {
    const method = isObject(one) ? own(one, "method") : undefined;
    const params = isObject(one) ? own(one, "params") : undefined;
    return { method: typeof method === "string" ? method : "unknown", params: isObject(params) ? params : {} };
  });
}
