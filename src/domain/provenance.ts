/** Where the values of a call came from, by argument path. First cut: session labels only; lineage fills these. */
export interface Provenance {
  /** Arguments whose value nothing trusted ever named. */
  readonly ungrounded: readonly string[];
  /** Arguments whose value was seen in text that others could write. */
  readonly tainted: readonly string[];
}

/** What a result brings into the session, by where it comes from. */
export interface SourceLabels {
  /** The result may hold what is not everyone's to see. */
  readonly private: boolean;
  /** The result may hold text that an outsider wrote. */
  readonly untrusted: boolean;
}
