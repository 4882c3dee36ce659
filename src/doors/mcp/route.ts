import type { CallDraft } from "../../domain/call.ts";
import { type ServerName, splitQualified, type ToolName } from "../../domain/ids.ts";
import { isObject, type JsonObject, own } from "../../domain/json.ts";
import { RESERVED_ACTIONS, type ReservedMethod } from "../../domain/tool.ts";
import type { Conversation } from "./conversation.ts";

export type Routed =
  | { readonly kind: "routed"; readonly server: ServerName; readonly tool: ToolName; readonly params: JsonObject }
  | { readonly kind: "unroutable"; readonly why: string };

/** Which upstream a request is for, and its params as that upstream names things. Null for a method that is no call. */
export function callMethod(method: string): CallDraft["method"] | null {
  if (method === "tools/call") return method;
  return Object.hasOwn(RESERVED_ACTIONS, method) &&
    !method.startsWith("sampling/") &&
    !method.startsWith("elicitation/") &&
    method !== "roots/list"
    ? (method as ReservedMethod)
    : null;
}

/** No tool that a server lists has a longer name, its server's in front. */
const LONGEST_NAME = 256;

export function route(conversation: Conversation, method: CallDraft["method"], params: JsonObject): Routed {
  const { view } = conversation;
  const reserved = method === "tools/call" ? null : (RESERVED_ACTIONS[method] as ToolName);
  if (view.kind === "one") {
    const name = own(params, "name");
    if (reserved !== null) return { kind: "routed", server: view.server, tool: reserved, params };
    if (typeof name !== "string") return { kind: "unroutable", why: "`name` is missing" };
    if (name.length > LONGEST_NAME) return { kind: "unroutable", why: "`name` is longer than any name" };
    return { kind: "routed", server: view.server, tool: name as ToolName, params };
  }
  switch (method) {
    case "tools/call":
    case "prompts/get": {
      const split = splitName(own(params, "name"));
      if (split === null) return { kind: "unroutable", why: "`name` is not of the form `server__name`" };
      return {
        kind: "routed",
        server: split.server,
        tool: reserved ?? split.tool,
        params: { ...params, name: split.tool },
      };
    }
    case "completion/complete": {
      const ref = own(params, "ref");
      const split = isObject(ref) ? splitName(own(ref, "name")) : null;
      if (isObject(ref) && split !== null && reserved !== null) {
        return {
          kind: "routed",
          server: split.server,
          tool: reserved,
          params: { ...params, ref: { ...ref, name: split.tool } },
        };
      }
      return byUri(conversation, isObject(ref) ? own(ref, "uri") : undefined, reserved, params);
    }
    default:
      return byUri(conversation, own(params, "uri"), reserved, params);
  }
}

function byUri(conversation: Conversation, uri: unknown, tool: ToolName | null, params: JsonObject): Routed {
  const server = typeof uri === "string" ? conversation.directory.find(uri) : null;
  return server === null || tool === null
    ? {
        kind: "unroutable",
        why: "no one server listed a resource of this `uri`; list the resources, or use the server's own endpoint `/mcp/<server>`",
      }
    : { kind: "routed", server, tool, params };
}

function splitName(name: unknown): { server: ServerName; tool: ToolName } | null {
  return typeof name === "string" && name.length <= LONGEST_NAME ? splitQualified(name) : null;
}
