import type { Attested, Selectors } from "../../domain/attestation.ts";
import { isObject, type Json, type JsonObject, own } from "../../domain/json.ts";
import type { Attestor } from "../../ports/attestor.ts";
import type { IssuerConfiguration } from "../../ports/configuration.ts";
import type { Clock, Digests } from "../../ports/system.ts";
import { claimed, verifyExternal } from "./external-token.ts";
import type { KeySource } from "./key-source.ts";

export interface KnownIssuer {
  readonly configuration: IssuerConfiguration;
  /** What its tokens must be for: this deployment. */
  readonly audience: string;
  readonly keys: KeySource;
}

/** OpenID tokens of workloads have no kind of their own; every kind that says one is another thing. */
export const PLAIN_JWT = [undefined, "jwt"] as const;
const LONGEST = 512;

/** Where Kubernetes has what it says of a pod's token. */
const KUBERNETES: Readonly<Record<string, readonly string[]>> = {
  "k8s:namespace": ["namespace"],
  "k8s:service_account": ["serviceaccount", "name"],
  "k8s:service_account_uid": ["serviceaccount", "uid"],
  "k8s:pod_uid": ["pod", "uid"],
};
/** What runs code of somebody who may not write to the repository. */
const OF_A_PULL_REQUEST: readonly unknown[] = ["pull_request", "pull_request_target"];

/** A workload, by the OpenID token that its platform issued for us: Kubernetes, GitHub Actions, any other. `wanted` are
 *  the selectors that registrations pin; no other claim is kept. A token enrols one process, once. */
export function workloadAttestor(
  parts: { readonly clock: Clock; readonly digests: Digests; readonly issuers: readonly KnownIssuer[] },
  wanted: ReadonlySet<string>,
): Attestor<{ readonly token: string }> {
  return {
    unavailable: () => (parts.issuers.length > 0 ? null : "`issuers` in `writ.yaml` names none"),
    async attest({ token }): Promise<Attested> {
      const issuer = claimed(token, "iss");
      const known = parts.issuers.find((one) => one.configuration.issuer === issuer);
      if (known === undefined) return { kind: "refused", why: "issuer_unknown" };
      const { name, lifetimeMs } = known.configuration;
      const verified = await verifyExternal(
        token,
        {
          types: PLAIN_JWT,
          issuer: known.configuration.issuer,
          audience: known.audience,
          lifetime: lifetimeMs / 1000,
          dated: true,
          keys: known.keys,
        },
        parts.clock.now(),
      );
      if (verified.kind === "refused") return { kind: "refused", why: `oidc_${verified.why}` };
      const evidence = parts.digests.keyed(verified.signed);
      return {
        kind: "attested",
        attestation: {
          by: "oidc",
          agent: null,
          selectors: { "oidc:issuer": name, ...selectorsOf(verified.claims, wanted) },
          strength: 3,
          evidence,
          once: { issuer: `oidc:${name}`, id: evidence, until: verified.expiresAt },
        },
      };
    },
  };
}

/** Of all that the token says, what somebody pins. Texts only: `1` and `"1"` are two things. */
export function selectorsOf(claims: JsonObject, wanted: ReadonlySet<string>): Selectors {
  const found: Record<string, string> = {};
  for (const name of wanted) {
    const value = valueOf(claims, name);
    if (typeof value === "string" && value.length <= LONGEST) found[name] = value;
  }
  return found;
}

function valueOf(claims: JsonObject, selector: string): Json | undefined {
  if (selector === "github:pull_request") {
    const event = own(claims, "event_name");
    return typeof event !== "string" ? undefined : OF_A_PULL_REQUEST.includes(event) ? "yes" : "no";
  }
  if (selector.startsWith("claim:")) return own(claims, selector.slice("claim:".length));
  const path = KUBERNETES[selector];
  return path?.reduce<Json | undefined>(
    (here, step) => (isObject(here) ? own(here, step) : undefined),
    own(claims, "kubernetes.io"),
  );
}
