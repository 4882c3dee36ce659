import type { AccessRequest } from "../domain/access-request.ts";
import type { Instance, Principal } from "../domain/principal.ts";
import type { Sequence } from "../domain/ids.ts";
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

/** Makes and checks the three credentials of design §5. Checks form, key, kind, audience and time; revocation is the store's. */
export interface Credentials {
  mintInstance(instance: Instance, epoch: Sequence, now: number): Minted;
  verifyInstance(
    token: string,
    now: number,
  ): Verified<{ readonly instance: Instance["id"]; readonly epoch: Sequence; readonly keyId: string }>;
  mintTask(task: Task, instance: Instance, profile: string, epoch: Sequence, now: number): Minted;
  verifyTask(token: string, now: number): Verified<Principal>;
  /** For exactly the call of `request`, for one upstream; single use. */
  mintOperation(request: AccessRequest, audience: string, policyVersion: string, epoch: Sequence, now: number): Minted;
}
