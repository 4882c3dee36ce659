import type { CallDraft } from "../../domain/call.ts";
import type { CallId } from "../../domain/ids.ts";
import type { JsonObject } from "../../domain/json.ts";
import { hint, type Reason, sentence } from "../../domain/reason.ts";
import { errorText, type RequestId, resultText } from "../../wire/mcp/envelope.ts";
import type { Era } from "../../wire/mcp/revisions.ts";

/** JSON-RPC codes for refusals of what is not a tool; outside the ranges that JSON-RPC and MCP reserve. */
const REFUSED = -31_001;
const PENDING = -31_002;

/** A refusal as its caller can read it: for a tool, a result that the model sees, with reason, hint and where the record is;
 *  for anything else a JSON-RPC error with the same facts. */
export function refusalText(
  id: RequestId,
  method: CallDraft["method"] | "tools/list",
  era: Era,
  call: CallId | null,
  reason: Reason,
): string {
  const says = sentence(reason);
  const next = hint(reason.code);
  const pending = reason.code === "approval_pending";
  const facts: JsonObject = {
    verdict: pending ? "ask" : "deny",
    code: reason.code,
    hint: next,
    ...(call === null ? {} : { call }),
    facts: { ...reason.facts },
  };
  if (method !== "tools/call") return errorText(id, pending ? PENDING : REFUSED, says, { "io.writ/decision": facts });
  const text = `${pending ? "not yet" : "denied"} (${reason.code}): ${says}. ${next}.`;
  return resultText(id, {
    ...(era === "modern" ? { resultType: "complete" } : {}),
    content: [{ type: "text", text }],
    isError: true,
    _meta: { "io.writ/decision": facts },
  });
}
