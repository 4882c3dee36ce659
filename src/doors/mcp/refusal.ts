import type { CallId, ServerName } from "../../domain/ids.ts";
import type { Facts } from "../../domain/error.ts";
import type { Json, JsonObject } from "../../domain/json.ts";
import { hint, reason, type Reason, sentence } from "../../domain/reason.ts";
import type { Incoming } from "../../ports/upstream.ts";
import { errorText, type RequestId, resultText } from "../../wire/mcp/envelope.ts";
import type { Era } from "../../wire/mcp/revisions.ts";
import type { Conversation } from "./conversation.ts";

/** JSON-RPC codes for refusals of what is not a tool; outside the ranges that JSON-RPC and MCP reserve. */
const REFUSED = -31_001;
const PENDING = -31_002;
const NOT_REACHED = -31_003;

function codeOf({ code }: Reason): number {
  if (code === "approval_pending") return PENDING;
  return code === "era_mismatch" || code === "server_unavailable" || code === "upstream_failed" ? NOT_REACHED : REFUSED;
}

/** Why a server could not be asked, naming both sides where they speak different eras. */
export function notReached(conversation: Conversation, server: ServerName, incoming: Unanswered): Reason {
  const code = incoming.kind === "not_sent" ? (incoming.code ?? "server_unavailable") : "server_unavailable";
  return reason(code, { server, client: conversation.protocol, why: incoming.why });
}

type Unanswered = Exclude<Incoming, { kind: "answered" }>;

const LONGEST_FACT = 1_000;
const MOST_FACTS = 20;

/** Names that others chose do not run on. */
function capped(facts: Facts): JsonObject {
  const short = (text: string): string => text.slice(0, LONGEST_FACT);
  const cap = (value: Facts[string]): Json =>
    typeof value === "string"
      ? short(value)
      : Array.isArray(value)
        ? (value as readonly string[]).slice(0, MOST_FACTS).map(short)
        : (value as Json);
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, cap(value)]));
}

/** A refusal as its caller can read it: for a tool, a result that the model sees, with reason, hint and where the record is;
 *  for anything else a JSON-RPC error with the same facts. */
export function refusalText(id: RequestId, method: string, era: Era, call: CallId | null, why: Reason): string {
  const says = sentence(why);
  const next = hint(why.code);
  const pending = why.code === "approval_pending";
  const facts: JsonObject = {
    verdict: pending ? "ask" : "deny",
    code: why.code,
    hint: next,
    ...(call === null ? {} : { call }),
    facts: capped(why.facts),
  };
  if (method !== "tools/call") return errorText(id, codeOf(why), says, { "io.writ/decision": facts });
  const text = `${pending ? "not yet" : "denied"} (${why.code}): ${says}. ${next}.`;
  return resultText(id, {
    ...(era === "modern" ? { resultType: "complete" } : {}),
    content: [{ type: "text", text }],
    isError: true,
    _meta: { "io.writ/decision": facts },
  });
}
