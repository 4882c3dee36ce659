import type { GatewayId } from "./gateway.ts";
import type { CallId, Digest, GrantId, SessionId, TaskId } from "./ids.ts";

/** How a call ended, or has not. */
export type CallState = "admitted" | "completed" | "failed" | "not_run" | "outcome_unknown";

/** One admitted call, from the moment before it runs. */
export interface AdmittedCall {
  readonly id: CallId;
  readonly task: TaskId;
  readonly session: SessionId;
  readonly clientKey: string | null;
  readonly digest: Digest;
  readonly grant: GrantId | null;
  readonly changes: boolean;
  readonly tool: string;
  /** The one that sends it, and alone hears how it ends. */
  readonly gateway: GatewayId;
  readonly admittedAt: number;
  readonly state: CallState;
}
