import { isObject, type JsonObject, own } from "../domain/json.ts";
import { type Reason, reason } from "../domain/reason.ts";
import type { CallMethod } from "../domain/tool.ts";

const AGAIN = ["inputResponses", "requestState"] as const;

/** What MCP puts in the params of each request, `_meta` aside. What a server asks of a client is not held to it: the
 *  client is the one to read it. */
const MEMBERS: Readonly<Partial<Record<CallMethod, readonly string[]>>> = {
  "tools/call": ["name", "arguments", ...AGAIN],
  "resources/list": ["cursor"],
  "resources/templates/list": ["cursor"],
  "resources/read": ["uri", ...AGAIN],
  "resources/subscribe": ["uri"],
  "resources/unsubscribe": ["uri"],
  "prompts/list": ["cursor"],
  "prompts/get": ["name", "arguments", ...AGAIN],
  "completion/complete": ["ref", "argument", "context"],
};

/** The first thing in a request's params that no rule could speak of; null when there is none. A member beside those
 *  that MCP defines travels unjudged, and some servers read `Name` as `name`; arguments that are no object look like
 *  none at all to a policy. */
export function paramsFault(method: CallMethod, params: JsonObject): Reason | null {
  const known = MEMBERS[method];
  if (known === undefined) return null;
  const odd = Object.keys(params).find((name) => !known.includes(name));
  if (odd !== undefined)
    return reason("call_unparsed", { why: `\`${odd.slice(0, 64)}\` is not a member of its params` });
  const given = own(params, "arguments");
  return given === undefined || isObject(given)
    ? null
    : reason("call_unparsed", { why: "`arguments` is not an object" });
}
