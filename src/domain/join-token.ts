import type { AgentName } from "./ids.ts";

/** A secret that enrols one process of `agent`, once; kept under its keyed digest and never itself. */
export interface JoinToken {
  readonly agent: AgentName;
  /** Who made it. */
  readonly by: string;
  readonly expiresAt: number;
}
