import type { Capability } from "./capability.ts";
import type { AgentRules, CapabilityRules, ChangeName, Cost } from "./capability-rules.ts";
import type { Evaluation, Evidence } from "./evidence.ts";
import { type Change, changes, COMPONENTS, type Fingerprint } from "./fingerprint.ts";

/** What one capability of one agent is judged on. */
export interface Ground {
  readonly rules: CapabilityRules;
  readonly own: AgentRules;
  readonly fingerprint: Fingerprint;
  readonly evidence: Evidence;
  readonly now: number;
}

/** Evaluated as exactly what it is now, about this capability. */
export function healed(ground: Ground, capability: Capability): boolean {
  return counting(ground, capability).some(
    (one) => differences(ground.rules, one.fingerprint, ground.fingerprint) === "none",
  );
}

/** Evaluations that passed, count for what the agent is now, and have no failed one of the same suite after them. */
export function counting(ground: Ground, capability: Capability): readonly Evaluation[] {
  const { rules, evidence, fingerprint, now } = ground;
  const since = demotedAt(evidence, capability);
  const about = evidence.evaluations.filter(
    (one) => one.capabilities.includes(capability) && differences(rules, one.fingerprint, fingerprint) !== "floor",
  );
  return about.filter(
    (one) =>
      one.passed &&
      one.number > since &&
      now < one.expiresAt &&
      !about.some((other) => !other.passed && other.suite === one.suite && other.at >= one.at),
  );
}

/** The dearest of what has changed between what was evaluated and what runs. What was not known when it was evaluated
 *  counts as another thing. */
export function differences(rules: CapabilityRules, then: Fingerprint, now: Fingerprint): Cost["kind"] {
  const appeared = COMPONENTS.flatMap((component): Change[] =>
    component !== "tools" && then.parts[component] === undefined && now.parts[component] !== undefined
      ? [{ component, kind: "replaced" }]
      : [],
  );
  const costs = [...changes({ ...then, tools: {} }, now), ...appeared].map((change) => costOf(rules, change).kind);
  return costs.includes("floor") ? "floor" : costs.includes("down") ? "down" : "none";
}

export function costOf(rules: CapabilityRules, change: Change): Cost {
  if (change.component === "tools") return { kind: "none" };
  const name: ChangeName = change.component === "model" && change.kind === "version" ? "version" : change.component;
  return rules.changes[name];
}

/** The last demotion that speaks of it; 0 for none. What was before it counts for nothing above it. */
export function demotedAt(evidence: Evidence, capability: Capability): number {
  const all = evidence.rulings.filter((one) => one.kind === "demotion" && speaksOf(one.capability, capability));
  return Math.max(0, ...all.map(({ number }) => number));
}

export function speaksOf(named: Capability, capability: Capability): boolean {
  return named === capability || named === "*";
}
