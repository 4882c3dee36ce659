import { type Constraint, describe, violates, type Violation } from "./constraint.ts";
import type { Effects } from "./effect.ts";
import { describeEndorsement, type Endorsement } from "./endorsement.ts";
import { type GrantId, qualified, type ServerName, type TaskId, type ToolName } from "./ids.ts";
import type { Json } from "./json.ts";

/** A qualified tool name, or `server__*` for every tool of one server. Never a wildcard over servers. */
export type ToolPattern = string;

export type GrantOrigin = "plan" | "policy" | "approval" | "just-in-time" | "delegation";

/** Permission for one task. */
export interface Grant {
  readonly id: GrantId;
  readonly task: TaskId;
  readonly tools: readonly ToolPattern[];
  readonly constraints: readonly Constraint[];
  /** How many calls it covers; null for as many as the task's budget holds. */
  readonly uses: number | null;
  readonly used: number;
  readonly expiresAt: number;
  readonly origin: GrantOrigin;
  readonly issuedBy: string;
  /** The grant of the task above that it was split off from; it lives no longer than that one. */
  readonly from?: GrantId;
  /** A person's yes that is remembered. Such a grant names no tool, and so covers no call. */
  readonly endorses?: Endorsement;
  readonly revoked: boolean;
  /** Moves with every change but a use. */
  readonly version: number;
}

export type GrantDraft = Pick<Grant, "tools" | "constraints" | "uses" | "origin" | "issuedBy" | "endorses">;

export function names(patterns: readonly ToolPattern[], server: ServerName, tool: ToolName): boolean {
  return patterns.some((pattern) => pattern === qualified(server, tool) || pattern === `${server}__*`);
}

export type Coverage =
  | { readonly kind: "covered"; readonly grant: Grant }
  /** Grants name the tool, and none admits this call; why the nearest one does not. */
  | { readonly kind: "outside"; readonly violation: Violation }
  | { readonly kind: "unnamed" };

/** The first grant that admits the call. One that is spent or expired still names its tool, and says so;
 *  a revoked one is as if it had never been, and so is one that was issued just in time for a call that was made. One
 *  that is for a single call says nothing about any other. */
export function cover(
  grants: readonly Grant[],
  server: ServerName,
  tool: ToolName,
  input: Json,
  effects: Effects | null,
  now: number,
): Coverage {
  let nearest: Violation | null = null;
  for (const grant of grants) {
    if (grant.revoked || !names(grant.tools, server, tool)) continue;
    if (grant.origin === "just-in-time" && usedUp(grant)) continue;
    const violation = limits(grant, now) ?? firstViolation(grant, input, effects);
    if (violation === null) return { kind: "covered", grant };
    if (isForOneCall(grant)) continue;
    nearest ??= violation;
  }
  return nearest === null ? { kind: "unnamed" } : { kind: "outside", violation: nearest };
}

/** Takes one use; null for a grant revoked, expired or used up. */
export function spend(grant: Grant, now: number): Grant | null {
  return limits(grant, now) === null ? { ...grant, used: grant.used + 1 } : null;
}

/** Gives one use back, for a call that is known not to have run. */
export function unspend(grant: Grant): Grant {
  return { ...grant, used: Math.max(0, grant.used - 1) };
}

/** Gives back uses that were taken and not needed; nothing where it counts none. */
export function giveBack(grant: Grant, uses: number): Grant {
  return grant.uses === null ? grant : { ...grant, used: Math.max(0, grant.used - Math.max(0, uses)) };
}

export function revoke(grant: Grant): Grant {
  return grant.revoked ? grant : { ...grant, revoked: true, version: grant.version + 1 };
}

function limits(grant: Grant, now: number): Violation | null {
  if (grant.revoked) return { argument: "", facts: { limit: "it was revoked" } };
  if (now >= grant.expiresAt) return { argument: "", facts: { limit: "it has expired" } };
  if (usedUp(grant)) {
    return {
      argument: "",
      facts: { limit: grant.uses === 1 ? "its one use is gone" : `its ${grant.uses} uses are gone` },
    };
  }
  return null;
}

function isForOneCall({ constraints }: Grant): boolean {
  return constraints.some(({ kind }) => kind === "whole");
}

function usedUp(grant: Grant): boolean {
  return grant.uses !== null && grant.used >= grant.uses;
}

function firstViolation(grant: Grant, input: Json, effects: Effects | null): Violation | null {
  for (const constraint of grant.constraints) {
    const violation = violates(constraint, input, effects);
    if (violation !== null) return violation;
  }
  return null;
}

/** What the grant allows, in one line. */
export function describeGrant(
  grant: Pick<Grant, "tools" | "constraints" | "uses"> & Partial<Pick<Grant, "endorses" | "issuedBy" | "expiresAt">>,
): string {
  if (grant.endorses !== undefined)
    return describeEndorsement(grant.endorses, grant.issuedBy ?? "somebody", grant.expiresAt ?? 0);
  const where = grant.constraints.map(describe).join(" and ");
  const uses = grant.uses === null ? "" : `, ${grant.uses}×`;
  return `${grant.tools.join(", ")}${where === "" ? "" : ` where ${where}`}${uses}`;
}
