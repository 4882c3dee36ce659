import type { Attestation } from "../../domain/attestation.ts";
import { WritError } from "../../domain/error.ts";
import type { Attestor } from "../../ports/attestor.ts";
import type { SeenPeer } from "../../ports/peer.ts";
import type { AuthorityParts } from "../parts.ts";
import { type Enrolled, evidenceRefused, register } from "./enrol.ts";

/** What a process can show of itself, by the attestor that looks at it. The launcher's word comes another way: it has a
 *  key of its own. */
export interface Evidence {
  readonly "join-token": { readonly token: string };
  readonly oidc: { readonly token: string };
  readonly spiffe: { readonly token: string };
  /** The other end of the connection that the request came by; text where nothing is known of it. */
  readonly unix: { readonly peer: SeenPeer | string };
}
export type EvidenceKind = keyof Evidence;
export type Attestors = { readonly [K in EvidenceKind]: Attestor<Evidence[K]> };

/** Enrolment by evidence: the one way for every attestor. */
export interface Enrolments {
  /** Has the evidence looked at, and makes an instance of the one agent registered for what was found.
   *  @throws WritError 401 `evidence_refused` whatever is wrong with it, and as `register` does. */
  enrol<K extends EvidenceKind>(
    kind: K,
    evidence: Evidence[K],
    thumbprint: string,
    proven?: boolean,
  ): Promise<Enrolled>;
  /** Has the evidence looked at, and makes of it what `make` does. Both kinds of refusal are counted.
   *  @throws WritError 401 `evidence_refused`, and as `make` does. */
  attested<K extends EvidenceKind, T>(
    kind: K,
    evidence: Evidence[K],
    make: (attestation: Attestation) => Promise<T>,
  ): Promise<T>;
  /** How many were refused since the start, by reason. */
  readonly refused: ReadonlyMap<string, number>;
  /** What each attestor lacks here; null when it can be used. */
  readonly attestors: () => readonly { readonly kind: EvidenceKind; readonly lacks: string | null }[];
}

export function createEnrolments(parts: AuthorityParts, attestors: Attestors): Enrolments {
  const refused = new Map<string, number>();
  const count = (why: string): void => void refused.set(why, (refused.get(why) ?? 0) + 1);
  async function attested<K extends EvidenceKind, T>(
    kind: K,
    evidence: Evidence[K],
    make: (attestation: Attestation) => Promise<T>,
  ): Promise<T> {
    const found = await attestors[kind].attest(evidence);
    if (found.kind === "refused") {
      count(found.why);
      throw evidenceRefused();
    }
    return make(found.attestation).catch((cause: unknown) => {
      if (cause instanceof WritError) count(cause.code === "evidence_refused" ? "evidence_spent" : cause.code);
      throw cause;
    });
  }
  return {
    attested,
    enrol: (kind, evidence, thumbprint, proven) =>
      attested(kind, evidence, (attestation) => register(parts, attestation, thumbprint, proven)),
    refused,
    attestors: () =>
      (Object.keys(attestors) as EvidenceKind[]).map((kind) => ({ kind, lacks: attestors[kind].unavailable() })),
  };
}
