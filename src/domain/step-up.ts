import type { Digest, InstanceId, PersonName, TaskId } from "./ids.ts";
import type { JsonObject } from "./json.ts";
import type { SignInId } from "./sign-in.ts";

/** One call that was denied for want of a grant, until the client's person is asked about it. */
export interface StepUp {
  readonly id: string;
  readonly signIn: SignInId;
  readonly client: string;
  readonly owner: PersonName;
  readonly instance: InstanceId;
  readonly task: TaskId;
  /** Where the client signed in for. */
  readonly resource: string;
  /** Qualified. */
  readonly tool: string;
  /** All of them: what is granted is this call and no other. */
  readonly arguments: JsonObject;
  /** Of the grant that it would become. */
  readonly digest: Digest;
  readonly policyVersion: string;
  readonly until: number;
}
