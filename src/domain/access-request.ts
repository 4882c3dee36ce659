import type { Approval } from "./approval.ts";
import type { Call } from "./call.ts";
import type { Capability, Levels } from "./capability.ts";
import type { Effects } from "./effect.ts";
import type { Feed } from "./feed.ts";
import type { Grant, GrantDraft } from "./grant.ts";
import type { Sequence } from "./ids.ts";
import type { MemoryUse } from "./memory.ts";
import type { Instance, Principal, Session } from "./principal.ts";
import type { Provenance, SourceLabels } from "./provenance.ts";
import type { Reason } from "./reason.ts";
import type { Task } from "./task.ts";
import type { Mode, Tier } from "./tier.ts";
import type { PinStatus } from "./tool.ts";

/** What the store held when it was asked, in one consistent read. */
export interface Standing {
  readonly task: Task;
  readonly session: Session;
  readonly instance: Instance;
  /** The task's grants, oldest first. */
  readonly grants: readonly Grant[];
  /** The newest approval for this very digest in this task. */
  readonly approval: Approval | null;
  /** The highest revocation watermark over everything the principal stands on. */
  readonly revokedAt: Sequence;
  /** The profile the agent has now. */
  readonly profile: string;
  /** What it lets the agent be trusted with; absent where that is as the tier has it. */
  readonly levels?: Levels;
}

/** Everything a decision may weigh, and nothing else. */
export interface AccessRequest {
  readonly principal: Principal;
  readonly call: Call;
  readonly at: number;
  readonly tier: Tier;
  readonly mode: Mode;
  readonly standing: Standing;
  /** Whether this gateway hears what the others write. */
  readonly feed: Feed;
  readonly effects: Effects;
  /** What it takes to be trusted with; absent where that is to be read from its effects. */
  readonly needs?: readonly Capability[];
  readonly provenance: Provenance;
  /** What its result would bring into the session. */
  readonly source: SourceLabels;
  /** What it does to what agents remember; absent for nothing. */
  readonly memory?: MemoryUse;
  readonly pin: PinStatus;
  /** What the owner lets be issued just in time (Optimized only). */
  readonly envelope: readonly GrantDraft[];
  /** What made the call unreadable or ill-formed; the first one is the reason given. */
  readonly faults: readonly Reason[];
  /** Things of Writ's own that the call names. */
  readonly selfTargets: readonly string[];
  /** The server may send requests of this kind to the client. */
  readonly reverseAllowed: boolean;
}
