import type { AccessRequest } from "../domain/access-request.ts";
import type { Instance, Principal } from "../domain/principal.ts";
import type { Sequence } from "../domain/ids.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Reason } from "../domain/reason.ts";
import type { Task } from "../domain/task.ts";

export type Verified<T> =
  | { readonly kind: "verified"; readonly value: T }
  | { readonly kind: "refused"; readonly reason: Reason };

/** A minted token, and what the record keeps of it. */
export interface Minted {
  readonly token: string;
  readonly id: string;
  readonly expiresAt: number;
}

/** What a caller showed: a token, and the thumbprint of the key that it proved on this request for this token (RFC 9449);
 *  null where it proved none. */
export interface Shown {
  readonly token: string;
  readonly proven: string | null;
}

/** Makes and checks the three credentials of design §5. Checks form, key, kind, audience and time; revocation is the store's. */
export interface Credentials {
  mintInstance(instance: Instance, epoch: Sequence, now: number): Minted;
  /** A bound credential is verified only together with a proof of its key: `proof_missing` otherwise. */
  verifyInstance(
    shown: Shown,
    now: number,
  ): Verified<{ readonly instance: Instance["id"]; readonly epoch: Sequence; readonly keyId: string }>;
  /** Bound to the instance's key where that was proved at its enrolment. */
  mintTask(task: Task, instance: Instance, profile: string, epoch: Sequence, now: number): Minted;
  /** As `verifyInstance`; the principal says whether the key was proved. */
  verifyTask(shown: Shown, now: number): Verified<Principal>;
  /** The same two whatever was proved: for what is said *about* a token and gives nothing. */
  inspectInstance(
    token: string,
    now: number,
  ): Verified<{ readonly instance: Instance["id"]; readonly epoch: Sequence; readonly keyId: string }>;
  inspectTask(token: string, now: number): Verified<Principal>;
  /** A security event token (RFC 8417) with this `jti`; it says what happened, and opens nothing. */
  mintEvent(audience: string, id: string, claims: JsonObject, now: number): string;
  /** For exactly the call of `request`, for one upstream; single use. */
  mintOperation(request: AccessRequest, audience: string, policyVersion: string, epoch: Sequence, now: number): Minted;
}
