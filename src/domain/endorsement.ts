import type { EffectKind } from "./effect.ts";
import type { ApprovalId } from "./ids.ts";

/** What an argument is to a call that is aimed at something. */
export const TARGET_ROLES = ["host", "recipient", "path", "identity"] as const;
export type TargetRole = (typeof TARGET_ROLES)[number];

/** A person's yes to a question about where a value came from, kept: the same value may be the same kind of target of what
 *  does the same or less. It permits no call; it is only one reason less to ask. */
export interface Endorsement {
  readonly role: TargetRole;
  readonly argument: string;
  /** As people read it, capped and without secrets. */
  readonly shown: string;
  /** A keyed fingerprint of the value and of what it is the target as. */
  readonly mark: string;
  /** How far the call went that was asked about, and what it did. */
  readonly rank: number;
  readonly kinds: readonly EffectKind[];
  /** The amount it was for; null where it was for none. */
  readonly most: number | null;
  readonly approval: ApprovalId;
}

/** Whether it stands for a call that goes so far: for everything that goes less far, and beside it for what does nothing else. */
export function reachesTo(
  held: Pick<Endorsement, "rank" | "kinds">,
  rank: number,
  kinds: readonly EffectKind[],
): boolean {
  if (rank < held.rank) return true;
  // What nobody could say of the one call, nobody can compare with another.
  if (rank > held.rank || kinds.includes("unknown")) return false;
  return kinds.every((kind) => kind === "read" || held.kinds.includes(kind));
}

const DOES: Readonly<Record<EffectKind, string>> = {
  read: "reads",
  write: "writes",
  delete: "deletes",
  execute: "runs something",
  send: "sends",
  spend: "spends",
  administer: "changes who may do what",
  delegate: "hands on authority",
  unknown: "does what it did",
};

/** `what spends or less, up to 5` */
export function describeReach({ kinds, most }: Pick<Endorsement, "kinds" | "most">): string {
  const done = kinds.filter((kind) => kind !== "read").map((kind) => DOES[kind]);
  return `what ${done.length === 0 ? DOES.read : done.join(" and ")} or less${most === null ? "" : `, up to ${most}`}`;
}

/** ``until 15:04Z `payee` "GB33…" may be the target of what spends or less, up to 5: ana said yes to question a_…`` */
export function describeEndorsement(held: Endorsement, by: string, until: number): string {
  const minutes = Math.floor(until / 60_000) % 1_440;
  const at = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, "0")).join(":");
  return `until ${at}Z ${held.shown} may be the target of ${describeReach(held)}: ${by} said yes to question ${held.approval}`;
}
