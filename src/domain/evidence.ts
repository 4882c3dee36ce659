import type { Capability, Level } from "./capability.ts";
import type { Fingerprint } from "./fingerprint.ts";
import type { AgentName, InstanceId, PersonName } from "./ids.ts";

/** The result of one run of a suite, as its evaluator signed it. */
export interface Evaluation {
  /** The digest of the statement: the same one counts once. */
  readonly id: string;
  readonly evaluator: string;
  readonly suite: string;
  readonly passed: boolean;
  /** 0 to 1. */
  readonly score: number;
  /** What the suite is about. */
  readonly capabilities: readonly Capability[];
  /** What ran. */
  readonly fingerprint: Fingerprint;
  readonly at: number;
  readonly expiresAt: number;
  /** Where it stands in the ledger. */
  readonly number: number;
}

/** A person's word for an agent, for a time. */
export interface Endorsement {
  readonly capability: Capability;
  readonly level: Level;
  readonly by: PersonName;
  readonly at: number;
  readonly until: number;
  readonly fingerprint: Fingerprint;
  readonly number: number;
}

/** A person lets an agent have what it has shown, or takes it back. */
export interface Ruling {
  readonly kind: "promotion" | "demotion";
  readonly capability: Capability;
  readonly level: Level;
  readonly by: PersonName;
  readonly at: number;
  /** What the agent was then. */
  readonly fingerprint: Fingerprint;
  readonly number: number;
}

/** What an agent did with one capability, and how it went. */
export interface Uses {
  /** Calls that ended well without being asked about. */
  readonly alone: number;
  /** Calls that a person looked at, allowed, and that ended well. */
  readonly supervised: number;
  /** Of both, those that could not be undone or gave another reason for care. */
  readonly sensitive: number;
  readonly refused: number;
  readonly denied: number;
  /** What they were done to, each once; no more are kept than any rule can ask for. */
  readonly targets: readonly string[];
  /** Calls that counted lately: the same again does not. */
  readonly lately: readonly string[];
  readonly days: number;
  readonly lastDay: number;
  readonly lastAt: number;
}

export const NO_USES: Uses = {
  alone: 0,
  supervised: 0,
  sensitive: 0,
  refused: 0,
  denied: 0,
  targets: [],
  lately: [],
  days: 0,
  lastDay: -1,
  lastAt: 0,
};
export const TARGETS_KEPT = 64;
export const LATELY_KEPT = 256;

export interface FindingAgainst {
  readonly code: string;
  readonly at: number;
}

/** Everything that is held for and against one agent. */
export interface Evidence {
  readonly agent: AgentName;
  /** What the agent was when it was first seen. */
  readonly first: Fingerprint | null;
  readonly evaluations: readonly Evaluation[];
  readonly endorsements: readonly Endorsement[];
  readonly rulings: readonly Ruling[];
  readonly uses: Readonly<Record<Capability, Uses>>;
  /** Calls that ended well since a component became what it is now, by component and its value. */
  readonly since: Readonly<Record<string, number>>;
  /** Uses as they stood when a demotion was made: what was before it counts for nothing above it. */
  readonly usesBefore: Readonly<Record<Capability, Uses>>;
  readonly findings: readonly FindingAgainst[];
  /** How often the profile of its instances of which nothing else is known was narrowed: what held before and after is
   *  never called the same. */
  readonly narrowed: number;
  /** What their profile was last called; null before the first. */
  readonly profile: string | null;
}

export function noEvidence(agent: AgentName): Evidence {
  return {
    agent,
    first: null,
    evaluations: [],
    endorsements: [],
    rulings: [],
    uses: {},
    since: {},
    usesBefore: {},
    findings: [],
    narrowed: 0,
    profile: null,
  };
}

export function usesOf(evidence: Pick<Evidence, "uses">, capability: Capability): Uses {
  return Object.hasOwn(evidence.uses, capability) ? (evidence.uses[capability] ?? NO_USES) : NO_USES;
}

/** The key of `since` for one component's value. */
export function sinceKey(component: string, part: { readonly id: string; readonly version: string | null }): string {
  return JSON.stringify([component, part.id, part.version]);
}

/** What one running process was seen to be, and lately was. */
export interface Seen {
  readonly instance: InstanceId;
  readonly agent: AgentName;
  readonly parts: Fingerprint["parts"];
  /** When something of it was learnt last. */
  readonly at: number;
  /** What it was before each change, the newest last. */
  readonly lately: readonly { readonly at: number; readonly component: string; readonly parts: Fingerprint["parts"] }[];
  /** How often its profile was narrowed, and what it was last called. */
  readonly narrowed: number;
  readonly profile: string | null;
}
