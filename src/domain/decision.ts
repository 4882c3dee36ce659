import type { AccessRequest } from "./access-request.ts";
import type { Approval, Ask } from "./approval.ts";
import type { Grant, GrantDraft } from "./grant.ts";
import type { Obligation } from "./obligation.ts";
import type { Reason } from "./reason.ts";

/** Where a policy stands, for `writ why`. */
export interface PolicyRef {
  readonly id: string;
  readonly file: string;
  readonly line: number;
}

/** What a decision rested on besides the call: if any of it moved before admission, it is decided again. */
export interface Basis {
  readonly policyVersion: string;
  /** Context members that change with every call and that a policy in the slice reads. */
  readonly counters: boolean;
}

interface Common {
  readonly request: AccessRequest;
  /** The policies that determined the answer. */
  readonly policies: readonly PolicyRef[];
  readonly basis: Basis;
}

export interface Permit extends Common {
  readonly kind: "permit";
  /** The grant to spend a use of; null where an approval or an observed server stands in for it. */
  readonly grant: Grant | null;
  /** A grant to issue first (Optimized, inside the owner's envelope). */
  readonly proposes: GrantDraft | null;
  /** The approval to use up. */
  readonly approval: Approval | null;
  readonly obligations: readonly Obligation[];
  /** What would have happened on a server that is only observed; such a call is never positive evidence. */
  readonly observed: Reason | null;
}

export interface AskDecision extends Common {
  readonly kind: "ask";
  readonly asks: readonly Ask[];
  /** What goes along with the permit that an answer makes of it. */
  readonly obligations: readonly Obligation[];
}

export interface Deny extends Common {
  readonly kind: "deny";
  readonly reason: Reason;
}

export type Decision = Permit | AskDecision | Deny;
