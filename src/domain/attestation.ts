import type { AgentName, Digest, PersonName } from "./ids.ts";

/** The ways in which a running process can show what it is. */
export const ATTESTORS = ["launcher", "join-token", "unix", "oidc", "spiffe", "sign-in"] as const;
export type AttestorKind = (typeof ATTESTORS)[number];

/** What stands behind an enrolment: 0 nobody, 1 whoever held a secret or ran as a user, 2 this machine's system or the
 *  launcher, 3 an issuer that appraised the workload itself. */
export type Strength = 0 | 1 | 2 | 3;

/** Facts about a process, each a name and a text: `unix:uid` is `1000`. */
export type Selectors = Readonly<Record<string, string>>;

/** What an attestor found to be true of whoever showed the evidence. */
export interface Attestation {
  readonly by: AttestorKind;
  /** The agent that the evidence itself names; null where only selectors tell. */
  readonly agent: AgentName | null;
  readonly selectors: Selectors;
  readonly strength: Strength;
  /** A digest of the evidence under this deployment's key; null for the launcher's word, which leaves nothing behind. */
  readonly evidence: Digest | null;
  /** Evidence that opens one enrolment only: what to mark as spent, and until when it would be taken otherwise. */
  readonly once: { readonly issuer: string; readonly id: string; readonly until: number } | null;
}

export type Attested =
  | { readonly kind: "attested"; readonly attestation: Attestation }
  /** `why` is counted and shown to operators; the caller learns only that it was refused. */
  | { readonly kind: "refused"; readonly why: string };

/** One way in which processes of an agent may enrol. */
export interface Registration {
  readonly kind: AttestorKind;
  /** Everything here must have been found, with exactly this value. */
  readonly selectors: Selectors;
  /** On whose behalf such an instance works; null for the deployment's owner. */
  readonly owner: PersonName | null;
  /** Whether a task that such an instance opens by itself starts with the agent's scope. The launcher's tasks always do. */
  readonly scoped: boolean;
}

export type Registered<A> =
  | { readonly kind: "registered"; readonly agent: A; readonly registration: Registration }
  | { readonly kind: "unregistered" }
  /** Several agents fit: which one it is must not be the caller's to say. */
  | { readonly kind: "ambiguous"; readonly agents: readonly AgentName[] };

/** The one agent whose registrations fit what was found. Of several registrations of that agent the first counts. */
export function registrationOf<A extends { readonly name: AgentName; readonly enrol: readonly Registration[] }>(
  agents: readonly A[],
  found: Attestation,
): Registered<A> {
  const fitting = agents.flatMap((agent) => {
    if (found.agent !== null && found.agent !== agent.name) return [];
    const registration = agent.enrol.find((one) => fits(one, found));
    return registration === undefined ? [] : [{ agent, registration }];
  });
  const [only, other] = fitting;
  if (only === undefined) return { kind: "unregistered" };
  if (other !== undefined) return { kind: "ambiguous", agents: fitting.map(({ agent }) => agent.name) };
  return { kind: "registered", ...only };
}

function fits(registration: Registration, found: Attestation): boolean {
  return (
    registration.kind === found.by &&
    Object.entries(registration.selectors).every(
      ([name, value]) => Object.hasOwn(found.selectors, name) && found.selectors[name] === value,
    )
  );
}
