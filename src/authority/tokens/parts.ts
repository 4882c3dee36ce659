import type { AuthorityParts } from "../parts.ts";
import type { Enrolments } from "../enrolment/enrolments.ts";
import type { KnownIssuer } from "../enrolment/workload-token.ts";
import type { ClientKeys } from "./client-keys.ts";
import type { KeyRing } from "./key-ring.ts";
import type { DpopGuard } from "./dpop.ts";

/** What the token service stands on. */
export interface TokenParts extends AuthorityParts {
  /** `iss`, and the only audience of what clients sign for us. */
  readonly issuer: string;
  /** The resource that task tokens are for: this gateway's `/mcp`. */
  readonly gateway: string;
  /** Every name this gateway is reached by, the issuer's first: a proof names one of them. */
  readonly origins: readonly string[];
  /** What we sign and check with. */
  readonly keys: KeyRing;
  readonly dpop: DpopGuard;
  readonly clients: ClientKeys;
  /** Whose word is believed about other deployments' workloads and people. */
  readonly issuers: readonly KnownIssuer[];
  readonly enrolments: Pick<Enrolments, "attested">;
}
