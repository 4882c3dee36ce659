import type { Attested } from "../domain/attestation.ts";

/** Looks at one kind of evidence. Says what is true of whoever showed it, and never which agent may come of it. */
export interface Attestor<Evidence> {
  /** Null when it can be used here; else what is missing, in one sentence for an operator. */
  unavailable(): string | null;
  /** Never throws for what the evidence says.
   *  @throws WritError 503 where something that it depends on cannot be reached. */
  attest(evidence: Evidence): Promise<Attested>;
}
