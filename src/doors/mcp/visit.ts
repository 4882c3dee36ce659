import type { IncomingHttpHeaders } from "node:http";
import type { CallDraft } from "../../domain/call.ts";
import type { ServerName, ToolName } from "../../domain/ids.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Principal } from "../../domain/principal.ts";
import type { Shown } from "../../ports/credentials.ts";
import type { RequestId } from "../../wire/mcp/envelope.ts";
import type { Conversation } from "./conversation.ts";
import type { McpDoorParts } from "./parts.ts";
import type { Reply } from "./reply.ts";

/** One HTTP request by a known caller, inside its conversation. */
export interface Visit {
  readonly parts: McpDoorParts;
  readonly credential: Shown;
  readonly principal: Principal;
  readonly conversation: Conversation;
  readonly headers: IncomingHttpHeaders;
  readonly reply: Reply;
}

/** A JSON-RPC request, `params` with its `_meta`. */
export interface Asked {
  readonly id: RequestId;
  readonly method: string;
  readonly params: JsonObject;
}

export function draftOf(
  visit: Pick<Visit, "conversation">,
  server: ServerName,
  method: CallDraft["method"],
  tool: ToolName,
  params: JsonObject,
  more: Partial<CallDraft> = {},
): CallDraft {
  const { _meta: _, ...rest } = params;
  return {
    server,
    method,
    tool,
    params: rest,
    clientKey: null,
    door: "mcp",
    protocol: visit.conversation.protocol,
    ...more,
  };
}
