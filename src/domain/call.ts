import type { CallId, Digest, ServerName, ToolName } from "./ids.ts";
import type { JsonObject } from "./json.ts";
import type { CallMethod, ToolDefinition } from "./tool.ts";

/** A call as a door hands it in, parsed and not yet judged. */
export interface CallDraft {
  readonly server: ServerName;
  readonly method: CallMethod;
  /** The upstream's own name for the tool, or a reserved action. */
  readonly tool: ToolName;
  /** Params without `_meta`, `name` already the upstream's own. */
  readonly params: JsonObject;
  /** The caller's id for this call, unique where the caller is; null where it gives none. */
  readonly clientKey: string | null;
  readonly door: "mcp" | "api" | "upstream";
  /** MCP revision the caller speaks. */
  readonly protocol: string;
  /** Secrets were taken out of its arguments on the way. */
  readonly lightened?: true;
}

export interface Call extends CallDraft {
  readonly id: CallId;
  /** RFC 8785 bytes of the params: what is judged, hashed and forwarded. */
  readonly canonical: string;
  /** SHA-256 over `canonical`; travels on the operation credential. */
  readonly paramsHash: Digest;
  /** Keyed hash of method, server, name, definition hash and canonical params; what approvals are bound to. */
  readonly digest: Digest;
  readonly definition: ToolDefinition | null;
}

/** The arguments a tool gets; for a reserved action, its params. */
export function inputOf(call: Pick<Call, "method" | "params">): JsonObject {
  if (call.method !== "tools/call") return call.params;
  const args = call.params["arguments"];
  return typeof args === "object" && args !== null && !Array.isArray(args) ? (args as JsonObject) : {};
}
