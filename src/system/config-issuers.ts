import type { ClientName } from "../domain/client.ts";
import type { AgentName, PersonName } from "../domain/ids.ts";
import type { IssuerConfiguration, TrustDomainConfiguration } from "../ports/configuration.ts";
import { bounded, HOUR, isLoopback, MINUTE, type Report } from "./config-bounds.ts";
import { didYouMean, type Path } from "./config-problems.ts";
import type { IssuerYaml, TrustDomainYaml } from "./config-schema.ts";

const ALGORITHMS = ["ES256", "RS256"];

/** The issuers whose tokens are believed; no two of the same name on the wire. */
export function resolveIssuers(
  yaml: Readonly<Record<string, IssuerYaml>> | undefined,
  known: {
    readonly clients: readonly string[];
    readonly agents: readonly string[];
    readonly people: readonly string[];
  },
  report: Report,
): readonly IssuerConfiguration[] {
  const seen = new Set<string>();
  return Object.entries(yaml ?? {}).map(([name, one]) => {
    const path = ["issuers", name];
    safe([...path, "issuer"], one.issuer, report);
    if (one.jwks_uri !== undefined) safe([...path, "jwks_uri"], one.jwks_uri, report);
    if (/[?#]/.test(one.issuer))
      report([...path, "issuer"], "value_invalid", "an issuer has no query", "write it as its tokens do");
    if (seen.has(one.issuer))
      report([...path, "issuer"], "issuer_repeated", "two issuers have this name", "write it once");
    seen.add(one.issuer);
    return {
      name,
      issuer: one.issuer,
      jwksUri: one.jwks_uri ?? null,
      audience: one.audience ?? null,
      algorithms: one.algorithms ?? ALGORITHMS,
      lifetimeMs: bounded([...path, "max_life"], one.max_life, 24 * HOUR, MINUTE, 7 * 24 * HOUR, report),
      grants: (one.grants ?? []).map((grant, i) => {
        const here = [...path, "grants", i];
        oneOf([...here, "client"], "client", grant.client, known.clients, report);
        oneOf([...here, "agent"], "agent", grant.agent, known.agents, report);
        for (const [subject, person] of Object.entries(grant.people))
          oneOf([...here, "people", subject], "person", person, known.people, report);
        return {
          client: grant.client as ClientName,
          agent: grant.agent as AgentName,
          people: grant.people as Readonly<Record<string, PersonName>>,
        };
      }),
    };
  });
}

/** The trust domains that are believed beside our own, which nobody else may speak for. */
export function resolveFederation(
  yaml: Readonly<Record<string, TrustDomainYaml>> | undefined,
  own: string,
  at: (path: string) => string,
  report: Report,
): readonly TrustDomainConfiguration[] {
  return Object.entries(yaml ?? {}).map(([name, { bundle, audience }]) => {
    const path = ["federation", name];
    if (name === own)
      report(path, "trust_domain_own", "this is Writ's own trust domain", "federate with another", true);
    const remote = /^[a-z]+:\/\//i.test(bundle);
    if (remote) safe([...path, "bundle"], bundle, report);
    return {
      name,
      bundle: remote ? { kind: "url", url: bundle } : { kind: "file", file: at(bundle) },
      audience: audience ?? null,
    };
  });
}

function oneOf(path: Path, what: string, name: string, known: readonly string[], report: Report): void {
  if (!known.includes(name))
    report(path, `${what}_unknown`, `there is no ${what} \`${name}\` in this file`, didYouMean(name, known));
}

function safe(path: Path, text: string, report: Report): void {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname))) return;
  report(path, "issuer_unsafe", "keys cannot be fetched safely from there", "use https, or http on this machine");
}
