import type { AccessRequest } from "../../domain/access-request.ts";
import { type Effects, EFFECT_KINDS } from "../../domain/effect.ts";
import type { Sequence } from "../../domain/ids.ts";
import type { JsonObject } from "../../domain/json.ts";
import { actClaim } from "./actors.ts";

/** The claims of the credential for exactly the call of `request` (RFC 9068 shape, one RFC 9396 element). It is bound to no
 *  key: the gateway carries it as a bearer token over the connection it was made for, and it is good for one call. */
export function operationClaims(
  request: AccessRequest,
  facts: {
    readonly policyVersion: string;
    readonly epoch: Sequence;
    readonly trustDomain: string;
  },
): JsonObject {
  const { principal, call, effects } = request;
  return {
    sub: principal.owner,
    act: actClaim(facts.trustDomain, principal, principal.delegators),
    client_id: principal.actor,
    authorization_details: [
      {
        type: "mcp_tool_call",
        server: call.server,
        method: call.method,
        tool: call.tool,
        ...(call.definition === null ? {} : { definition_hash: call.definition.hash }),
        params_hash: call.paramsHash,
        effect: gravest(effects),
        max_uses: 1,
      },
    ],
    task: principal.task,
    sid: principal.session,
    dec: call.id,
    pol: facts.policyVersion,
    cap: principal.profile,
    ep: facts.epoch,
  };
}

/** The one word for the effect: of several, the one that matters most; of none, `unknown`. */
function gravest(effects: Effects): string {
  return EFFECT_KINDS.findLast((kind) => effects.kinds.includes(kind)) ?? "unknown";
}
