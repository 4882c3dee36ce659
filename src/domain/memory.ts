import type { AgentName, CallId, Digest, PersonName, SessionId, TaskId } from "./ids.ts";

/** Where the elements of a memory stand: in the arguments of what writes or forgets, in the result of what reads. */
export interface MemoryElements {
  /** `$.items[*]` */
  readonly at: string;
  /** The members that together name an element; none where it is a text that names itself. */
  readonly key: readonly string[];
  /** The members with what it says: `note`, or `notes[*]` for a list, each text of which is a part of its own. */
  readonly text: readonly string[];
  /** What `text` is called where other tools of this memory speak of it; as it is called here where this is left out. */
  readonly as?: readonly string[];
  /** A write leaves nothing of what the element said before. */
  readonly replaces?: boolean;
}

/** What a tool does to memory. */
export interface MemoryRule {
  readonly does: "read" | "write" | "forget";
  readonly elements: readonly MemoryElements[];
  /** Where the result of a write says what of it was kept; all of it where this is left out. */
  readonly kept?: readonly MemoryElements[];
  /** A read gives all there is: what comes after and nobody wrote was put there from outside. */
  readonly whole?: boolean;
}

/** What one call does to memory. */
export type MemoryUse =
  | (MemoryRule & { readonly kind: "elements"; readonly place: string })
  /** A file that agents read as their own words. `text`: what a write leaves in it, null where that is not known ahead.
   *  `whole`: a read gives all of it. */
  | {
      readonly kind: "file";
      readonly place: string;
      readonly does: "read" | "write" | "forget";
      readonly path: string;
      readonly text: string | null;
      readonly whole: boolean;
    };

/** Where a part came from. */
export interface MemorySource {
  readonly call: CallId;
  readonly task: TaskId;
  readonly session: SessionId;
  readonly owner: PersonName;
  readonly agent: AgentName;
}

export interface MemoryLabels {
  /** Others could have written it: it is data, and never what somebody here said. */
  readonly untrusted: boolean;
  readonly private: boolean;
}

/** Where something of a text was first seen, by the session that wrote it. */
export interface MemoryOrigin {
  /** `server__tool` */
  readonly tool: string;
  readonly path: string;
  /** From 1; 0 where it is not known. */
  readonly line: number;
}

/** What a text that is about to be remembered was derived from. */
export interface Derived extends MemoryLabels {
  readonly from: readonly MemoryOrigin[];
}

/** One text of an element. */
export interface MemoryPart extends MemoryLabels {
  /** Keyed, over where it stands and what it says. */
  readonly digest: Digest;
  /** What the text is called. */
  readonly as: string;
  /** What it was written out of, as far as that is known. */
  readonly from?: readonly MemoryOrigin[];
  /** Null: it was there when the memory was first met. */
  readonly source: MemorySource | null;
  readonly at: number;
  readonly expiresAt: number | null;
  /** Who said that it is to count as what somebody here wrote. */
  readonly released: { readonly by: string; readonly at: number } | null;
  /** The text, sealed; null where configuration does not keep it. */
  readonly sealed: string | null;
}

/** What a call that was admitted does to an element, until it is known how it ended: what it brings may be there, and
 *  what it takes may be gone. One that failed stays: it may have done something all the same. */
export interface MemoryPending {
  readonly call: CallId;
  readonly brings: readonly MemoryPart[];
  /** Null: everything. */
  readonly takes: readonly Digest[] | null;
  /** What it leaves is not known ahead; with these labels. */
  readonly awaits: MemoryPart | null;
}

export interface MemoryVersion {
  readonly version: number;
  /** From when on it no longer held. */
  readonly until: number;
  readonly by: string;
  readonly parts: readonly MemoryPart[];
}

/** One element of a memory, as far as Writ knows it. */
export interface MemoryElement {
  /** `m_` and a digest of place and key. */
  readonly id: string;
  readonly place: string;
  readonly key: readonly string[];
  readonly version: number;
  /** As it was left by what is known to have ended. */
  readonly parts: readonly MemoryPart[];
  readonly pending: readonly MemoryPending[];
  /** What was found in its place that nobody wrote through Writ; null where all is as it was left. */
  readonly found: { readonly at: number; readonly parts: readonly MemoryPart[] } | null;
  /** A write left something that is not known ahead, with these labels: what is found there next is what it left. */
  readonly awaits: MemoryPart | null;
  /** Digests of parts that a person took back: they are not shown, wherever they still stand. */
  readonly withdrawn: readonly Digest[];
  /** Earlier ones, the newest last. */
  readonly earlier: readonly MemoryVersion[];
}

/** Whether a memory was read as a whole before: what stands in it from then on was written through Writ, or is a finding. */
export interface MemoryPlace {
  readonly place: string;
  readonly since: number;
}

/** A part whose time has passed; one that a person released lasts. */
export function isOver(part: MemoryPart, now: number): boolean {
  return part.expiresAt !== null && part.expiresAt <= now && part.released === null;
}

/** A part that is shown as data only, until a person releases it. */
export function isQuarantined(part: MemoryPart): boolean {
  return part.untrusted && part.released === null;
}
