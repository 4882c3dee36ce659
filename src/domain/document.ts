import type { BypassReport } from "./bypass.ts";
import type { Gateway } from "./gateway.ts";
import type { BrowserSessionRecord, SignInCode } from "./browser-session.ts";
import type { Gap } from "./capability-gap.ts";
import type { HeldProfile, PromotionProposal, StoredRules } from "./held-profile.ts";
import type { Evidence, Seen } from "./evidence.ts";
import type { Open } from "./evidence-fold.ts";
import type { JoinToken } from "./join-token.ts";
import type { Lease } from "./lease.ts";
import type { MemoryElement, MemoryPlace } from "./memory.ts";
import type { Bar, Sweep } from "./revocation.ts";
import type { LineageHead, LineagePart } from "./lineage.ts";
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
  /** By the session at the root of its tasks. */
  lineage: LineageHead;
  /** By session, dot, number. */
  lineage_part: LineagePart;
  /** By the receiver's name. */
  delivery: Delivery;
  /** The one in force, under `active`. */
  capability_rules: StoredRules;
  /** Where counting stands, under `open`. */
  capability_open: Open;
  /** By the agent's name. */
  capability_evidence: Evidence;
  /** By the instance's id. */
  capability_seen: Seen;
  /** By the instance's id, or the agent's name for instances of which nothing is known. */
  capability_profile: HeldProfile;
  /** By agent, capability and level; and so is the next. */
  capability_gap: Gap;
  capability_proposal: PromotionProposal;
  memory: MemoryElement;
  memory_place: MemoryPlace;
}
export type DocumentKind = keyof Documents;
