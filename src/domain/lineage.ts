import type { CallId, SessionId, TaskId } from "./ids.ts";
import type { Confidentiality } from "./provenance.ts";
import type { MemoryOrigin } from "./memory.ts";

/** How a text came into a session that read it in a memory. */
export interface Via {
  readonly element: string;
  /** The session that wrote it; null where nobody did through Writ. */
  readonly session: SessionId | null;
  /** Where that one had it from, as far as it is known. */
  readonly from: readonly MemoryOrigin[];
}

/** What one result brought into a session, kept as keyed fingerprints: no text of it can be read out again. Fingerprints are
 *  packed, six bytes each, in base64. */
export interface LineagePart {
  readonly call: CallId;
  /** `server__tool`. */
  readonly tool: string;
  /** The whole of it is what somebody wrote: a page, a file, an error. */
  readonly prose: boolean;
  readonly private: boolean;
  /** The task whose owner's words name the channel, page or file that was read; null where they do not. */
  readonly named: TaskId | null;
  /** The same for anything the call was asked with, as a search is. */
  readonly searched: TaskId | null;
  /** It is what the server knows of whoever the work is for. */
  readonly own?: boolean;
  readonly paths: readonly string[];
  /** Whole values, and for each where it stands: index of its path, number of its record (-1 for none). */
  readonly leaves: string;
  readonly places: readonly (readonly [path: number, record: number])[];
  /** The words of the short values of each record. */
  readonly records: readonly (readonly [record: number, words: string])[];
  /** Addresses of every kind inside texts, with path, line and form (`FORMS`); hosts of URLs beside them. */
  readonly atoms: string;
  readonly lines: readonly (readonly [path: number, line: number, form: number])[];
  /** Words, and pairs of words, of texts. */
  readonly words: string;
  /** Texts of a memory that others could have written, each with its path and its words; absent where there are none. */
  readonly via?: readonly (Via & { readonly path: string; readonly words: string })[];
  /** Whole values that configuration vouches for, with the paths it does so at and for each which; absent where there are
   *  none. */
  readonly vouched?: { readonly values: string; readonly paths: readonly string[]; readonly at: readonly number[] };
  /** Values that not everybody may see, by where they stand; absent where there are none. */
  readonly classified?: readonly ClassifiedPlace[];
  /** The highest classification of what was too much to keep; absent where all was kept. */
  readonly lost?: Classification;
}

export type Classification = Exclude<Confidentiality, "public">;

export interface ClassifiedPlace {
  readonly level: Classification;
  /** `$.items[0].key` */
  readonly path: string;
  /** What its values are recognised by, ten bytes each, in base64: twenty bits of how it begins, its length with a bit for
   *  whether it counts only between words, its fingerprint. */
  readonly values: string;
}

/** A permitted call that changes something: what it was aimed at. */
export interface LineageUse {
  readonly call: CallId;
  readonly tool: string;
  readonly task: TaskId;
  /** How far it went: 1 a change that can be undone, 2 one that cannot. */
  readonly rank: number;
  readonly targets: string;
  /** How much money it let go, where it says so. */
  readonly spent?: number;
  /** What else it carried that nobody had named and that no result held by itself. */
  readonly wrote?: string;
  /** The owner's words stood behind these very values: each with what it was the target as. Absent where they did not. */
  readonly endorses?: string;
}

export interface LineageHead {
  readonly session: SessionId;
  /** How many parts there are, numbered from 0. */
  readonly parts: number;
  /** The newest ones. */
  readonly uses: readonly LineageUse[];
  /** Something was too much to keep: what was seen nowhere may have been seen. */
  readonly cut: boolean;
  /** Moves with every change. */
  readonly version: number;
}
