import type { Brand } from "./brand.ts";

export type AgentName = Brand<string, "AgentName">;
export type InstanceId = Brand<string, "InstanceId">;
export type SessionId = Brand<string, "SessionId">;
export type TaskId = Brand<string, "TaskId">;
export type GrantId = Brand<string, "GrantId">;
export type CallId = Brand<string, "CallId">;
export type ApprovalId = Brand<string, "ApprovalId">;
export type PersonName = Brand<string, "PersonName">;
export type ServerName = Brand<string, "ServerName">;
export type ToolName = Brand<string, "ToolName">;
export type SpiffeId = Brand<string, "SpiffeId">;
/** `sha-256:` or `hmac-sha-256:` and the base64url digest. */
export type Digest = Brand<string, "Digest">;
/** A position in the store's order of events; larger is later. Never a time. */
export type Sequence = Brand<number, "Sequence">;

/** The prefix of a minted id says what it names when it stands alone in a log line. */
export const ID_PREFIX = { instance: "i", session: "s", task: "t", grant: "g", call: "c", approval: "a" } as const;
export type IdKind = keyof typeof ID_PREFIX;
export type IdOf<K extends IdKind> = {
  instance: InstanceId;
  session: SessionId;
  task: TaskId;
  grant: GrantId;
  call: CallId;
  approval: ApprovalId;
}[K];

/** Servers, agents and people; what joins them (`__`, `/`, `:`) is no part of a name. */
const NAME = /^[a-z][a-z0-9-]{0,31}$/;

/** The server that is Writ itself, as an agent sees it; no other may have the name. */
export const OWN_SERVER = "writ" as ServerName;

/** `spiffe://<trust-domain>/agent/<name>/<instance>` (SPIFFE-ID §2). */
export function spiffeId(trustDomain: string, agent: AgentName, instance: InstanceId): SpiffeId {
  return `spiffe://${trustDomain}/agent/${agent}/${instance}` as SpiffeId;
}

/** The name a client sees when one endpoint serves all servers, and the name of the Cedar action. */
export function qualified(server: ServerName, tool: ToolName): string {
  return `${server}__${tool}`;
}

/** The inverse of `qualified`; null when `name` has no server part. */
export function splitQualified(name: string): { server: ServerName; tool: ToolName } | null {
  const at = name.indexOf("__");
  if (at <= 0) return null;
  const server = name.slice(0, at);
  if (!NAME.test(server)) return null;
  return { server: server as ServerName, tool: name.slice(at + 2) as ToolName };
}
