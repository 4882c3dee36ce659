import type { Capability, Level, Levels } from "./capability.ts";
import type { AgentName, InstanceId } from "./ids.ts";

/** A name for what an agent may be trusted with, and what that is. */
export interface NamedLevels {
  /** Travels in every credential and stands in every record. */
  readonly hash: string;
  readonly levels: Levels;
}

/** The profile that an instance has now; or, without one, an agent's instances of which nothing else is known. */
export interface HeldProfile extends NamedLevels {
  readonly agent: AgentName;
  readonly instance: InstanceId | null;
  readonly at: number;
  /** When time alone may change it. */
  readonly until: number | null;
  /** What it was before it was widened: a credential made then is good for what it was good for. */
  readonly earlier: readonly NamedLevels[];
}

/** What an agent has shown enough for, and no person has answered yet. */
export interface PromotionProposal {
  readonly agent: AgentName;
  readonly instance: InstanceId | null;
  readonly capability: Capability;
  readonly from: Level;
  readonly to: Level;
  /** What it rests on, in plain words. */
  readonly evidence: readonly string[];
  readonly at: number;
  /** Who said no; null while it is open. */
  readonly refusedBy: string | null;
}

/** The rules in force, as they were written. */
export interface StoredRules {
  readonly version: string;
  readonly text: string;
  readonly appliedBy: string;
  readonly appliedAt: number;
}

/** The key of a gap or a proposal. */
export function wishKey(wish: { readonly agent: string; readonly capability: string; readonly level: number }): string {
  return JSON.stringify([wish.agent, wish.capability, wish.level]);
}
