import type { Capability, Level } from "./capability.ts";
import { type Requirement, requiredFor } from "./capability-rules.ts";
import type { Ground } from "./evidence-counting.ts";
import { type Lack, lacks, saysLack } from "./evidence-needs.ts";
import { mostFor } from "./fingerprint.ts";
import type { AgentName } from "./ids.ts";

/** What an agent was refused, or asked about, for want of a level: one for each capability and level, however many calls. */
export interface Gap {
  readonly agent: AgentName;
  readonly capability: Capability;
  readonly wanted: Level;
  readonly held: Level;
  /** The tool that was called when it was first noticed. */
  readonly tool: string;
  readonly at: number;
  /** How it is closed, the cheapest first. */
  readonly ways: readonly string[];
}

const ENDORSEMENT = 40;
const ONLY_BY_TIME = 1_000;

/** The ways from what is held to what is wanted, the cheapest first. There is always one. */
export function waysTo(ground: Ground, capability: Capability, held: Level, wanted: Level): readonly string[] {
  const ways: { readonly cost: number; readonly says: string }[] = [];
  let sum = 0;
  const steps: string[] = [];
  for (let level = held + 1; level <= wanted; level++) {
    const step = cheapest(ground, capability, level as Level, held);
    sum += step.cost;
    steps.push(...step.says);
  }
  const needed = [...new Set(steps)];
  if (Number.isFinite(sum)) {
    const yes = `a person's yes: writ capability promote ${ground.evidence.agent} ${capability} ${wanted}`;
    ways.push({ cost: sum, says: [...needed, yes].join(", then ") });
  }
  const endorse = `or a person's word for a time: writ capability endorse ${ground.evidence.agent} ${capability} ${wanted} --for 7d`;
  ways.push({ cost: ENDORSEMENT, says: endorse });
  const sure = sureEnough(ground, wanted);
  return [...ways.toSorted((a, b) => a.cost - b.cost).map(({ says }) => says), ...(sure === null ? [] : [sure])];
}

function sureEnough({ own, rules, fingerprint }: Ground, wanted: Level): string | null {
  const most = own.governed ? mostFor(fingerprint, rules.material) : null;
  if (most === null || most.any >= wanted || most.because === null) return null;
  return `and in any case its ${most.because} has to be ${wanted > 3 ? "attested" : "observed"}, not only claimed`;
}

function cheapest(
  ground: Ground,
  capability: Capability,
  level: Level,
  held: Level,
): { readonly cost: number; readonly says: readonly string[] } {
  let best: { cost: number; says: readonly string[] } = { cost: Number.POSITIVE_INFINITY, says: [] };
  for (const asked of requiredFor(ground.rules, capability, level)) {
    const one = priced(lacks(ground, capability, asked), held, asked);
    if (one.cost < best.cost) best = one;
  }
  return best;
}

function priced(missing: readonly Lack[], held: Level, asked: Requirement): { cost: number; says: readonly string[] } {
  const confirm = asked.confirm === "person" ? 1 : 0;
  return { cost: missing.reduce((sum, lack) => sum + price(lack, held), confirm), says: missing.map(saysLack) };
}

/** Roughly the work it is for people. What may not be used at all is not shown by using it. */
function price(lack: Lack, held: Level): number {
  switch (lack.kind) {
    case "evaluation":
      return 5;
    case "supervised":
    case "sensitive":
    case "targets":
      return held === 0 ? Number.POSITIVE_INFINITY : lack.left;
    case "uses":
      return held === 0 ? Number.POSITIVE_INFINITY : lack.left / 2;
    case "days":
      return held === 0 ? Number.POSITIVE_INFINITY : lack.left * 10;
    case "refusals":
    case "denials":
      return ONLY_BY_TIME;
  }
}
