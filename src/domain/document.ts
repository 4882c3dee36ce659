import type { BypassReport } from "./bypass.ts";
import type { Gateway } from "./gateway.ts";
import type { BrowserSessionRecord, SignInCode } from "./browser-session.ts";
import type { JoinToken } from "./join-token.ts";
import type { Lease } from "./lease.ts";
import type { MemoryElement, MemoryPlace } from "./memory.ts";
import type { Bar, Sweep } from "./revocation.ts";
import type { Secret, VaultKey } from "./secret.ts";
import type { AuthorizationCode, RegisteredClient, SignIn, SignInToken } from "./sign-in.ts";
import type { StepUp } from "./step-up.ts";
import type { Delivery } from "./security-event.ts";
import type { SigningKeyRecord } from "./signing-key.ts";

/** What is written seldom and read by its key: one kind for each noun, kept whole. What every call reads, or what is
 *  looked up by more than its key, has a table of its own. */
export interface Documents {
  gateway: Gateway;
  signing_key: SigningKeyRecord;
  /** By the keyed digest of the token. */
  join_token: JoinToken;
  secret: Secret;
  vault_key: VaultKey;
  lease: Lease;
  /** By the keyed digest of the code. */
  sign_in_code: SignInCode;
  /** By the keyed digest of the cookie. */
  browser_session: BrowserSessionRecord;
  /** By the keyed digest of the code. */
  authorization_code: AuthorizationCode;
  sign_in: SignIn;
  /** A code that was used, or a refresh token, by its keyed digest. */
  sign_in_token: SignInToken;
  registered_client: RegisteredClient;
  step_up: StepUp;
  /** By kind, colon, id of what was revoked; and so is the next. */
  bar: Bar;
  sweep: Sweep;
  bypass: BypassReport;
  /** By the receiver's name. */
  delivery: Delivery;
  memory: MemoryElement;
  memory_place: MemoryPlace;
}
export type DocumentKind = keyof Documents;
