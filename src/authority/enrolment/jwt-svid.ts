import type { Attested } from "../../domain/attestation.ts";
import { readSpiffeId } from "../../domain/spiffe-id.ts";
import type { Attestor } from "../../ports/attestor.ts";
import type { Clock, Digests } from "../../ports/system.ts";
import { claimed, verifyExternal } from "./external-token.ts";
import type { KeySource } from "./key-source.ts";

/** JWT-SVID §2.2 and §3. */
const TYPES = [undefined, "jwt", "jose"];
/** The longest an SVID may still live; SPIRE's default is five minutes. */
const LIFETIME_SECONDS = 24 * 3600;

/** A workload, by the JWT-SVID of a trust domain that is federated here. Each domain's tokens are verified by its own
 *  bundle and no other. An SVID is a bearer token: it enrols one process, and the key is bound from then on. */
export function svidAttestor(parts: {
  readonly clock: Clock;
  readonly digests: Digests;
  /** By trust domain. */
  readonly federation: ReadonlyMap<string, { readonly audience: string; readonly keys: KeySource }>;
}): Attestor<{ readonly token: string }> {
  return {
    unavailable: () => (parts.federation.size > 0 ? null : "`federation` in `writ.yaml` names no trust domain"),
    async attest({ token }): Promise<Attested> {
      const subject = claimed(token, "sub");
      const id = subject === null ? null : readSpiffeId(subject);
      if (subject === null || id === null || id.path === "") return { kind: "refused", why: "svid_subject" };
      const domain = parts.federation.get(id.trustDomain);
      if (domain === undefined) return { kind: "refused", why: "svid_trust_domain_unknown" };
      const rules = { types: TYPES, issuer: null, lifetime: LIFETIME_SECONDS, dated: false, ...domain };
      const verified = await verifyExternal(token, rules, parts.clock.now());
      if (verified.kind === "refused") return { kind: "refused", why: `svid_${verified.why}` };
      const evidence = parts.digests.keyed(verified.signed);
      return {
        kind: "attested",
        attestation: {
          by: "spiffe",
          agent: null,
          selectors: { "spiffe:id": subject, "spiffe:trust-domain": id.trustDomain },
          strength: 3,
          evidence,
          once: { issuer: `spiffe:${id.trustDomain}`, id: evidence, until: verified.expiresAt },
        },
      };
    },
  };
}
