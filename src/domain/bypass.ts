/** What came of one attempt to get past Writ from where an agent stands. `barrier`: the system refused it. `friction`: it
 *  is in the way, and no more. `open`: nothing stopped it. */
export type BypassResult = "barrier" | "friction" | "open";

export interface BypassAttempt {
  /** What was tried, `read the admin key`. Never what was found. */
  readonly what: string;
  readonly result: BypassResult;
  readonly says: string;
  /** Null where there is nothing to mend. */
  readonly mend: string | null;
}

/** One look from an agent's position, kept until the next. */
export interface BypassReport {
  readonly at: number;
  /** The user id it was tried as. */
  readonly uid: number;
  readonly attempts: readonly BypassAttempt[];
}

export function opened(report: Pick<BypassReport, "attempts">): readonly BypassAttempt[] {
  return report.attempts.filter((one) => one.result === "open");
}
