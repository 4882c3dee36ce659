import { isObject, type Json, type JsonObject, own } from "../../domain/json.ts";
import type { Principal } from "../../domain/principal.ts";
import { canonicalize } from "../../wire/json/canonical.ts";
import type { McpDoorParts } from "./parts.ts";

const LIFE_MS = 10 * 60_000;

type SealingParts = Pick<McpDoorParts, "sealing" | "spend" | "clock" | "ids" | "digests">;

/** What a state is bound to: another principal, method, tool or arguments cannot open it. */
function bound(parts: SealingParts, principal: Principal, method: string, server: string, params: JsonObject): string {
  const { inputResponses: _, requestState: __, _meta: ___, ...rest } = params;
  return parts.digests.keyed(canonicalize([principal.session, principal.task, method, server, rest]));
}

/** Puts the upstream's `requestState` (or its absence) inside a sealed one of ours: bound to this principal and
 *  request, good for ten minutes and one use (MCP 2026-07-28, multi-round-trip requests). */
export function sealState(
  parts: SealingParts,
  principal: Principal,
  method: string,
  server: string,
  params: JsonObject,
  result: JsonObject,
): JsonObject {
  const inner: Json = own(result, "requestState") ?? null;
  const payload = { inner, id: parts.ids.nonce(), expires: parts.clock.now() + LIFE_MS };
  return { ...result, requestState: parts.sealing.seal(payload, bound(parts, principal, method, server, params)) };
}

/** The params with the upstream's own state back in place; null for a state that is not ours, not for this request,
 *  too old, or used before. Params without a state come back as they are. */
export async function openState(
  parts: SealingParts,
  principal: Principal,
  method: string,
  server: string,
  params: JsonObject,
): Promise<JsonObject | null> {
  const sealed = own(params, "requestState");
  if (sealed === undefined) return params;
  const opened =
    typeof sealed === "string" ? parts.sealing.open(sealed, bound(parts, principal, method, server, params)) : null;
  if (opened === null) return null;
  const { inner, id, expires } = opened;
  if (typeof id !== "string" || typeof expires !== "number" || parts.clock.now() >= expires) return null;
  if (!(await parts.spend(id, expires))) return null;
  const { requestState: _, ...rest } = params;
  return inner === null || inner === undefined ? rest : { ...rest, requestState: inner };
}

/** The kinds of request an `input_required` result makes of the client. */
export function inputMethods(result: JsonObject): readonly string[] {
  const requests = own(result, "inputRequests");
  const each: readonly Json[] = isObject(requests)
    ? Object.values(requests)
    : Array.isArray(requests)
      ? (requests as readonly Json[])
      : [];
  return each.flatMap((one) => {
    const method = isObject(one) ? own(one, "method") : undefined;
    return typeof method === "string" ? [method] : ["unknown"];
  });
}
