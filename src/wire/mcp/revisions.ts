/** The two ways of speaking MCP: `initialize` and a session, or every request on its own. */
export type Era = "legacy" | "modern";

/** Revisions we speak, newest first. */
export const MODERN_REVISIONS = ["2026-07-28"] as const;
export const LEGACY_REVISIONS = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] as const;
export const NEWEST_MODERN = MODERN_REVISIONS[0];
export const NEWEST_LEGACY = LEGACY_REVISIONS[0];
/** What a legacy request without a version header means (2025-06-18 and later say so). */
export const ASSUMED_REVISION = "2025-03-26";

/** Null for a revision we do not know: it is refused, never guessed. */
export function eraOf(revision: string): Era | null {
  if ((MODERN_REVISIONS as readonly string[]).includes(revision)) return "modern";
  return (LEGACY_REVISIONS as readonly string[]).includes(revision) ? "legacy" : null;
}

/** Header names as `node:http` gives them. */
export const HEADER = {
  protocol: "mcp-protocol-version",
  session: "mcp-session-id",
  method: "mcp-method",
  name: "mcp-name",
  lastEventId: "last-event-id",
  paramPrefix: "mcp-param-",
} as const;

/** Members of `_meta` that 2026-07-28 puts on every request. */
export const META = {
  protocol: "io.modelcontextprotocol/protocolVersion",
  client: "io.modelcontextprotocol/clientInfo",
  capabilities: "io.modelcontextprotocol/clientCapabilities",
  logLevel: "io.modelcontextprotocol/logLevel",
  subscription: "io.modelcontextprotocol/subscriptionId",
  server: "io.modelcontextprotocol/serverInfo",
} as const;

/** JSON-RPC and MCP error codes. A gateway invents none between -32000 and -32099. */
export const CODE = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  headerMismatch: -32020,
  missingCapability: -32021,
  unsupportedRevision: -32022,
} as const;
