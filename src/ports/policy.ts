import type { AccessRequest } from "../domain/access-request.ts";
import type { Ask } from "../domain/approval.ts";
import type { PolicyRef } from "../domain/decision.ts";
import type { Obligation } from "../domain/obligation.ts";

export type PolicyVerdict =
  | { readonly kind: "permit"; readonly policies: readonly PolicyRef[]; readonly obligations: readonly Obligation[] }
  /** Only `@ask` forbids stand in the way. */
  | {
      readonly kind: "ask";
      readonly asks: readonly Ask[];
      readonly policies: readonly PolicyRef[];
      /** Of the permits that hold once it is answered. */
      readonly obligations: readonly Obligation[];
    }
  /** `policies` empty: nothing permits. Otherwise these forbid. */
  | {
      readonly kind: "deny";
      readonly policies: readonly PolicyRef[];
      readonly why: string | null;
      readonly hint: string | null;
    }
  /** A policy in the slice failed to evaluate: Cedar would skip it, we deny. */
  | { readonly kind: "error"; readonly policies: readonly PolicyRef[]; readonly why: string };

/** One loaded, validated set. Immutable; replaced as a whole. */
export interface PolicySet {
  /** Digest over the policy text and the schema it was checked against. */
  readonly version: string;
  /** Pure and synchronous. */
  evaluate(request: AccessRequest): PolicyVerdict;
  /** Whether the slice for this request reads members that change with every call (`task.calls`, `task.elapsed`, `session.denials`). */
  readsCounters(request: AccessRequest): boolean;
}
