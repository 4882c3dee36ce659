import type { Digest, ServerName, ToolName } from "./ids.ts";
import type { JsonObject } from "./json.ts";

/** A tool as its server describes it. Everything in it is the server's word. */
export interface ToolDefinition {
  readonly server: ServerName;
  readonly name: ToolName;
  /** The whole definition as received, unknown members included. */
  readonly body: JsonObject;
  readonly hash: Digest;
}

/** Reserved actions for what is not a tool; the leading `$` cannot start a tool's name here. */
export const RESERVED_ACTIONS = {
  "resources/list": "$list",
  "resources/templates/list": "$list",
  "resources/read": "$read",
  "resources/subscribe": "$subscribe",
  "resources/unsubscribe": "$subscribe",
  "prompts/list": "$list",
  "prompts/get": "$prompt",
  "completion/complete": "$complete",
  "sampling/createMessage": "$sample",
  "elicitation/create": "$elicit",
  "roots/list": "$roots",
} as const;
export type ReservedMethod = keyof typeof RESERVED_ACTIONS;
export type CallMethod = "tools/call" | ReservedMethod;

/** How a definition compares with what was pinned for the place it comes from. */
export type PinStatus =
  | { readonly kind: "pinned"; readonly hash: Digest }
  /** The server now says something else than what was pinned. */
  | {
      readonly kind: "drifted";
      readonly pinned: Digest;
      readonly now: Digest;
      readonly diff: readonly string[];
      readonly why?: readonly string[];
    }
  /** The server was pinned before and never had this tool. */
  | { readonly kind: "new"; readonly now: Digest }
  /** Something about it is odd, so that nobody but a person accepts it; why, in sentences. */
  | { readonly kind: "suspect"; readonly now: Digest; readonly why: readonly string[] }
  | { readonly kind: "missing" }
  /** A reserved action has no definition to pin. */
  | { readonly kind: "reserved" };

/** What was accepted for one tool of one place. */
export interface Pin {
  readonly server: ServerName;
  readonly tool: ToolName;
  /** Hash of how the server is launched or where it is: a pin does not follow a name elsewhere. */
  readonly origin: Digest;
  readonly definition: JsonObject;
  readonly hash: Digest;
  readonly acceptedBy: string;
  readonly acceptedAt: number;
}
