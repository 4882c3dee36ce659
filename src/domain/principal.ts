import type { AttestorKind, Selectors, Strength } from "./attestation.ts";
import type { Delegator } from "./delegation.ts";
import type { AgentName, Digest, InstanceId, PersonName, Sequence, SessionId, SpiffeId, TaskId } from "./ids.ts";

/** How a credential is held: by whoever has a key and proves it with each use, or by whoever carries it. */
export type Binding = "proof-of-possession" | "bearer";

/** Who is calling, as far as a verified task token says. */
export interface Principal {
  /** On whose behalf (`sub`). */
  readonly owner: PersonName;
  /** Who acts (`act.sub`). */
  readonly actor: SpiffeId;
  readonly agent: AgentName;
  readonly instance: InstanceId;
  /** Who handed the task down (`act.act` and further in), the nearest first; absent where a person gave it. */
  readonly delegators?: readonly Delegator[];
  readonly session: SessionId;
  readonly task: TaskId;
  /** The thumbprint of the key the token is bound to (`cnf.jkt`, RFC 7638); null for a bearer token. */
  readonly thumbprint: string | null;
  /** Whether the caller proved that key on this request, or only carried the token. */
  readonly binding: Binding;
  /** The store's sequence when the token was minted: a later revocation kills it. */
  readonly epoch: Sequence;
  readonly profile: string;
  readonly tokenId: string;
  readonly keyId: string;
}

/** One running process of an agent. */
export interface Instance {
  readonly id: InstanceId;
  readonly agent: AgentName;
  readonly owner: PersonName;
  readonly thumbprint: string;
  /** Whether it proved its key when it enrolled. Then every credential of its own, and of its tasks, is bound to it. */
  readonly binding: Binding;
  readonly enrolledBy: AttestorKind;
  readonly enrolledAt: number;
  /** What was found to be true of the process when it enrolled; what the launcher saw of it is for people only. */
  readonly selectors: Selectors;
  readonly strength: Strength;
  /** A digest of what was shown; null for the launcher's word. */
  readonly evidence: Digest | null;
  /** Whether a task it opens by itself starts with the agent's scope. */
  readonly scoped: boolean;
}

/** Isolated state of one bounded run. Labels only rise. */
export interface Session {
  readonly id: SessionId;
  readonly instance: InstanceId;
  readonly readPrivate: boolean;
  readonly readUntrusted: boolean;
  readonly sent: boolean;
  readonly denials: number;
  readonly risk: number;
  /** Moves when a label moves, not when a counter does. */
  readonly version: number;
}

export interface SessionRise {
  readonly readPrivate?: boolean;
  readonly readUntrusted?: boolean;
  readonly sent?: boolean;
}

/** Labels are raised and never lowered; the same session when nothing rises. */
export function raise(session: Session, rise: SessionRise): Session {
  const next = {
    readPrivate: session.readPrivate || rise.readPrivate === true,
    readUntrusted: session.readUntrusted || rise.readUntrusted === true,
    sent: session.sent || rise.sent === true,
  };
  const moved =
    next.readPrivate !== session.readPrivate ||
    next.readUntrusted !== session.readUntrusted ||
    next.sent !== session.sent;
  return moved ? { ...session, ...next, version: session.version + 1 } : session;
}
