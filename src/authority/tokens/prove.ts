import { reason } from "../../domain/reason.ts";
import { unauthenticated } from "../refusals.ts";
import type { ProofAsked } from "./dpop.ts";
import type { TokenParts } from "./parts.ts";

/** Checks a proof and uses it up; the thumbprint of its key.
 *  @throws WritError 401 `proof_invalid`, or `proof_stale` for one to be sent again with a fresh nonce. */
export function prove({ dpop, clock }: Pick<TokenParts, "dpop" | "clock">, asked: ProofAsked): string {
  const checked = dpop.check(asked, clock.now());
  if (checked.kind === "refused") throw unauthenticated(reason(checked.why));
  if (!checked.proof.spend(clock.now())) throw unauthenticated(reason("proof_invalid"));
  return checked.proof.thumbprint;
}

/** What a request to the token service brings to prove a key: the `DPoP` header, and what it may be about. */
export interface Proving {
  readonly proof: string | null;
  readonly urls: readonly string[];
}

/** The thumbprint of the key that such a request proves; null where it proves none.
 *  @throws WritError as `prove` does. */
export function provenBeside(parts: Pick<TokenParts, "dpop" | "clock">, { proof, urls }: Proving): string | null {
  return proof === null ? null : prove(parts, { header: proof, method: "POST", urls, token: null });
}
