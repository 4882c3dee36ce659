/** Where the values of a call came from, by argument path, and whether the owner's words ask for it. Each member but
 *  `authorised` is only ever a reason for more care. */
export interface Provenance {
  /** Arguments whose value nothing trusted ever named. */
  readonly ungrounded: readonly string[];
  /** Arguments whose value was seen in text that others could write. */
  readonly tainted: readonly string[];
  /** Arguments whose value stands by itself in a result, in a place that others may write, and that the owner's words do not
   *  lead to. */
  readonly low: readonly string[];
  /** Arguments that would carry addresses, accounts or secrets to somebody, which the owner's words do not speak of. */
  readonly carried: readonly string[];
  /** The owner's words ask for nothing of this kind. */
  readonly unasked: boolean;
  /** They ask for fewer of this kind than were made already. */
  readonly repeated: boolean;
  /** Arguments that let go more money than the owner's words name. */
  readonly excess: readonly string[];
  /** Whether all that is tainted is the only one of its form in a text that the owner's words name, and they ask for what is
   *  done: the account in the bill that is to be paid. Nobody vouches for it, and it may be asked about. */
  readonly sole: boolean;
  /** They name what it does and everything it is aimed at, or a person said yes to that. */
  readonly authorised: boolean;
  /** Something that it is aimed at rests on a person's yes to an earlier question, and on nothing else. */
  readonly endorsed: boolean;
  /** The owner took this out of the task. */
  readonly withdrawn: boolean;
  /** Arguments that would carry a value to a sink that is not cleared for it. */
  readonly disclosed: readonly string[];
  /** The highest classification of what they would carry; `public` for nothing. */
  readonly classification: Confidentiality;
  /** What they are, by place and fingerprint. */
  readonly disclosures: readonly Disclosure[];
  /** Where what is held against it was first seen, one sentence each. */
  readonly origins: readonly string[];
  /** The version of everything that this was read from: lineage, endorsements, what was taken out of the words. */
  readonly asOf: number;
}

/** A classified value on its way to a sink that is not cleared for it. The value itself is nowhere in it. */
export interface Disclosure {
  readonly argument: string;
  readonly classification: Exclude<Confidentiality, "public">;
  /** Where it was first seen so: `vault__read at \`$.key\``. Null for a value that could not be kept. */
  readonly seen: string | null;
  /** The value's keyed fingerprint; null where it is only feared. */
  readonly fingerprint: string | null;
  /** A host, a recipient or a server; null where its very name holds the value. */
  readonly sink: string | null;
  readonly clearance: Confidentiality;
}

/** Nothing is claimed: for what nobody has traced. */
export const UNTRACED: Provenance = {
  ungrounded: [],
  tainted: [],
  low: [],
  carried: [],
  unasked: false,
  repeated: false,
  excess: [],
  sole: false,
  authorised: false,
  endorsed: false,
  withdrawn: false,
  disclosed: [],
  classification: "public",
  disclosures: [],
  origins: [],
  asOf: 0,
};

/** What a result brings into the session, by where it comes from. */
export interface SourceLabels {
  /** The result may hold what is not everyone's to see. */
  readonly private: boolean;
  /** The result may hold text that an outsider wrote. */
  readonly untrusted: boolean;
  /** What single paths of it are worth, whatever is said of the whole; the last that fits counts. */
  readonly trust?: readonly PathTrust[];
}

/** Who could have written a value: anybody, or only a system of record. */
export type Integrity = "low" | "high";
/** Who may see it: the classification of a value, the clearance of whoever is sent it. Each is above the one before. */
export const CONFIDENTIALITIES = ["public", "internal", "secret"] as const;
export type Confidentiality = (typeof CONFIDENTIALITIES)[number];

/** Whether a sink with this clearance may be sent what is classified so: no write down. */
export function clears(clearance: Confidentiality, classification: Confidentiality): boolean {
  return CONFIDENTIALITIES.indexOf(clearance) >= CONFIDENTIALITIES.indexOf(classification);
}

/** What `writ.yaml` or a profile says of one path of a result. Trust belongs to a path, never to a tool. */
export interface PathTrust {
  /** `$.items[*].id` */
  readonly path: string;
  readonly integrity?: Integrity;
  readonly confidentiality?: Confidentiality;
}

export interface LeafLabel {
  readonly integrity: Integrity;
  readonly confidentiality: Confidentiality;
  /** A value with a place of its own in a structured result, or text that somebody wrote freely, wherever it stands.
   *  Structure is not integrity: a structured value of low integrity is still anybody's. */
  readonly form: "structured" | "text";
  /** Whether its confidentiality was said of this very path, and is not that of the result as a whole. */
  readonly said?: true;
}

/** One value of a result. */
export interface Leaf {
  /** `$.items[0].id`, from the top of the structured result; `$` for a text that is none. */
  readonly path: string;
  /** The content block it stands in; null for `structuredContent`, -1 for an error. */
  readonly block: number | null;
  readonly value: string | number | boolean;
  readonly label: LeafLabel;
}
