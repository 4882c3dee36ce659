import type { IncomingHttpHeaders } from "node:http";
import { splitQualified, type ToolName } from "../../domain/ids.ts";
import { isObject, own } from "../../domain/json.ts";
import type { Principal } from "../../domain/principal.ts";
import { errorText } from "../../wire/mcp/envelope.ts";
import { type HeaderParam, headerParams } from "../../wire/mcp/header-params.ts";
import { checkHeaders } from "../../wire/mcp/headers.ts";
import { metaOf } from "../../wire/mcp/meta.ts";
import { ASSUMED_REVISION, CODE, eraOf, HEADER, META, MODERN_REVISIONS } from "../../wire/mcp/revisions.ts";
import type { Conversation } from "./conversation.ts";
import type { Conversations } from "./conversations.ts";
import type { McpDoorParts, View } from "./parts.ts";
import type { Asked } from "./visit.ts";

/** Where a message came in, and from whom. */
export interface Arrival {
  readonly parts: McpDoorParts;
  readonly conversations: Conversations;
  readonly headers: IncomingHttpHeaders;
  readonly view: View;
  readonly principal: Principal;
}

export type Belonging =
  | { readonly kind: "found"; readonly conversation: Conversation }
  | { readonly kind: "refused"; readonly status: number; readonly text: string };

/** Whose conversation a message belongs to: the legacy session its header names, or what its `_meta` says by itself.
 *  Headers that say something else than the body are refused, and so is one era inside the other. */
export function belonging(
  arrival: Arrival,
  message: Omit<Asked, "id"> | null,
  kind: "request" | "notification",
  id: Asked["id"] | null,
): Belonging {
  const refused = (status: number, code: number, why: string, data?: Parameters<typeof errorText>[3]): Belonging => ({
    kind: "refused",
    status,
    text: errorText(id, code, why, data),
  });
  const { headers } = arrival;
  const session = headers[HEADER.session];
  const header = headers[HEADER.protocol];
  const meta = message === null ? null : metaOf(message.params);
  const named = meta === null ? undefined : own(meta, META.protocol);

  if (typeof session === "string") {
    const conversation = arrival.conversations.find(session, arrival.principal, arrival.view);
    if (conversation === null)
      return refused(404, CODE.invalidRequest, "there is no such MCP session; initialize again");
    for (const version of [header, named]) {
      if (version !== undefined && (typeof version !== "string" || eraOf(version) !== "legacy"))
        return refused(400, CODE.invalidRequest, "the protocol version is not one of this session");
    }
    return { kind: "found", conversation };
  }

  const protocol = typeof named === "string" ? named : typeof header === "string" ? header : ASSUMED_REVISION;
  if (typeof named === "string" && typeof header === "string" && named !== header)
    return refused(400, CODE.headerMismatch, "MCP-Protocol-Version: `_meta` names another revision");
  if (eraOf(protocol) === null) {
    return refused(400, CODE.unsupportedRevision, "the protocol version is not spoken here", {
      supported: [...MODERN_REVISIONS],
      requested: protocol.slice(0, 64),
    });
  }
  if (eraOf(protocol) === "legacy")
    return refused(400, CODE.invalidRequest, "the request names no MCP session; initialize first");
  if (message === null) return refused(400, CODE.invalidRequest, `${protocol} has no messages of this kind`);
  if (kind === "request" && (typeof named !== "string" || !isObject(own(meta ?? {}, META.capabilities))))
    return refused(400, CODE.invalidParams, `\`_meta\` lacks \`${META.protocol}\` or \`${META.capabilities}\``);
  const checked = checkHeaders(headers, { kind, ...message }, protocol, declaredFor(arrival, message));
  if (checked.kind === "mismatch") return refused(400, CODE.headerMismatch, `${checked.header}: ${checked.why}`);
  return { kind: "found", conversation: arrival.conversations.modern(arrival.principal, arrival.view, protocol) };
}

/** The header parameters of the called tool; null where it is not known, and its server checks. */
function declaredFor({ parts, view }: Arrival, { method, params }: Omit<Asked, "id">): readonly HeaderParam[] | null {
  const name = own(params, "name");
  if (method !== "tools/call" || typeof name !== "string") return null;
  const target = view.kind === "one" ? { server: view.server, tool: name as ToolName } : splitQualified(name);
  const definition = target === null ? null : parts.catalogue.find({ ...target, method }).definition;
  const schema = definition === null ? undefined : own(definition.body, "inputSchema");
  return isObject(schema) ? headerParams(schema).params : null;
}
