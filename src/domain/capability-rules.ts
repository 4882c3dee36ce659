import type { Capability, Level, OwnCapability } from "./capability.ts";
import type { Component } from "./fingerprint.ts";
import type { AgentName } from "./ids.ts";
import type { Tier } from "./tier.ts";

/** What must have been shown. All of it. */
export interface Requirement {
  /** An evaluation by this suite (`*`: by any that is about the capability), passed with at least this score. */
  readonly evaluation: { readonly suite: string; readonly score: number } | null;
  /** Calls that a person looked at and allowed. */
  readonly supervised: number;
  /** Calls that ended well, supervised or not. */
  readonly uses: number;
  readonly sensitive: number;
  readonly targets: number;
  readonly days: number;
  /** The largest share of refusals among what people answered; 1 for any. */
  readonly refusals: number;
  /** The largest share of denials among its calls; 1 for any. */
  readonly denials: number;
  /** Whether a person has to say yes as well. */
  readonly confirm: "person" | "automatic";
}

/** Any one of them is enough. */
export type Requirements = Readonly<Partial<Record<Level, readonly Requirement[]>>>;

/** What a change of an agent costs. */
export type Cost =
  | { readonly kind: "none" }
  /** To the floor, until it is evaluated again. */
  | { readonly kind: "floor" }
  /** One level, until so many calls have ended well, or it is evaluated again. */
  | { readonly kind: "down"; readonly uses: number };

export type ChangeName = "model" | "version" | "prompt" | "package" | "harness";

export interface AgentRules {
  /** With no evidence at all; `*` for the rest. */
  readonly start: Readonly<Record<Capability, Level>>;
  /** What a change may take it down to; null for what it starts with, as one that has shown nothing. */
  readonly floor: Level | null;
  /** False for an agent that nobody made rules for: what it is costs nothing, and how surely that is known caps nothing. */
  readonly governed: boolean;
}

export interface CapabilityRules {
  readonly own: readonly OwnCapability[];
  /** What a model's name, a program or a prompt must be known as, for a level to count. */
  readonly material: readonly Component[];
  /** By agent; `*` for the others. */
  readonly agents: Readonly<Record<string, AgentRules>>;
  /** By capability, by `sql.*`, or by `*`; the first that fits, in this order. */
  readonly requires: Readonly<Record<string, Requirements>>;
  readonly changes: Readonly<Record<ChangeName, Cost>>;
  /** What tools do that are new since: nothing (`zero`), or as any other. */
  readonly newTool: "zero" | "none";
  /** Each finding takes a level, for this long. */
  readonly findingMs: number;
  /** Unused for this long, a level is lost; null for never. */
  readonly decayMs: number | null;
  /** The longest that an evaluation or an endorsement may be good for. */
  readonly longestMs: number;
  /** This often within `flapMs` is flapping: then the lowest of all that was seen holds until it has been quiet so long. */
  readonly flaps: number;
  readonly flapMs: number;
}

const DAY = 24 * 3_600_000;

export const NOTHING_REQUIRED: Requirement = {
  evaluation: null,
  supervised: 0,
  uses: 0,
  sensitive: 0,
  targets: 0,
  days: 0,
  refusals: 1,
  denials: 1,
  confirm: "person",
};

const evaluated = (score: number): Pick<Requirement, "evaluation"> => ({ evaluation: { suite: "*", score } });

/** What each level takes where nobody says otherwise. */
export const USUAL: Requirements = {
  1: [{ ...NOTHING_REQUIRED, ...evaluated(0.8) }],
  2: [
    { ...NOTHING_REQUIRED, ...evaluated(0.9) },
    { ...NOTHING_REQUIRED, supervised: 20, targets: 5, days: 2, refusals: 0.1 },
  ],
  3: [{ ...NOTHING_REQUIRED, ...evaluated(0.9), supervised: 50, targets: 10, days: 3, refusals: 0.05, denials: 0.2 }],
  4: [
    { ...NOTHING_REQUIRED, ...evaluated(0.95), supervised: 200, sensitive: 50, targets: 25, days: 14, refusals: 0.02 },
  ],
};

/** What an agent is that nobody made rules for: as its tier has it. */
export function plainAgent(tier: Tier): AgentRules {
  const level = tier === "optimized" ? 3 : 2;
  return { start: { "*": level }, floor: null, governed: false };
}

/** What holds where there is no `capabilities.yaml`. */
export function plainRules(tier: Tier): CapabilityRules {
  return {
    own: [],
    material: ["model", "package", "tools"],
    agents: { "*": plainAgent(tier) },
    requires: { "*": USUAL },
    changes: {
      model: { kind: "floor" },
      version: { kind: "down", uses: 20 },
      prompt: { kind: "down", uses: 10 },
      package: { kind: "down", uses: 20 },
      harness: { kind: "down", uses: 10 },
    },
    newTool: "zero",
    findingMs: 7 * DAY,
    decayMs: 90 * DAY,
    longestMs: 90 * DAY,
    flaps: 3,
    flapMs: 3_600_000,
  };
}

export function rulesFor(rules: CapabilityRules, agent: AgentName, tier: Tier): AgentRules {
  const named = Object.hasOwn(rules.agents, agent) ? rules.agents[agent] : undefined;
  return named ?? (Object.hasOwn(rules.agents, "*") ? rules.agents["*"] : undefined) ?? plainAgent(tier);
}

export function startOf(rules: AgentRules, capability: Capability): Level {
  return forCapability(rules.start, capability) ?? 0;
}

export function floorOf(rules: AgentRules, capability: Capability): Level {
  const start = startOf(rules, capability);
  return rules.floor === null || rules.floor > start ? start : rules.floor;
}

export function requiredFor(rules: CapabilityRules, capability: Capability, level: Level): readonly Requirement[] {
  return forCapability(rules.requires, capability)?.[level] ?? [];
}

/** By its own name, by its family (`sql.*`), or by `*`. */
function forCapability<T>(table: Readonly<Record<string, T>>, capability: Capability): T | undefined {
  const family = `${capability.split(".")[0] ?? ""}.*`;
  for (const key of [capability, family, "*"]) if (Object.hasOwn(table, key)) return table[key];
  return undefined;
}
