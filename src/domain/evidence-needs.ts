import type { Capability, Level } from "./capability.ts";
import { type Requirement, requiredFor } from "./capability-rules.ts";
import { counting, type Ground } from "./evidence-counting.ts";
import { NO_USES, type Uses, usesOf } from "./evidence.ts";

/** One thing that a level asks for and that is not there. */
export type Lack =
  | { readonly kind: "evaluation"; readonly suite: string; readonly score: number }
  | { readonly kind: "supervised" | "uses" | "sensitive" | "targets" | "days"; readonly left: number }
  | { readonly kind: "refusals" | "denials"; readonly most: number };

/** How far what was shown reaches, level by level from `start`. */
export interface Chain {
  /** The highest level of which all that is asked for is there. */
  readonly shown: Level;
  /** The highest that needs nobody's yes. */
  readonly automatic: Level;
  /** Why `shown` ends where it does. */
  readonly missing: string;
}

export function chainOf(ground: Ground, capability: Capability, start: Level, moments: number[]): Chain {
  let shown: Level = start;
  let automatic: Level = start;
  let missing = "nothing more can be reached by evidence";
  for (const one of counting(ground, capability)) moments.push(one.expiresAt);
  for (let level = start + 1; level <= 4; level++) {
    const alternatives = requiredFor(ground.rules, capability, level as Level);
    const met = alternatives.filter((one) => lacks(ground, capability, one).length === 0);
    if (met.length === 0) {
      const [first] = alternatives;
      if (first !== undefined) missing = lacks(ground, capability, first).map(saysLack).join(", ");
      break;
    }
    if (automatic === shown && met.some(({ confirm }) => confirm === "automatic")) automatic = level as Level;
    shown = level as Level;
  }
  return { shown, automatic, missing };
}

/** What of a requirement is not there. */
export function lacks(ground: Ground, capability: Capability, asked: Requirement): readonly Lack[] {
  const found: Lack[] = [];
  const { evaluation } = asked;
  if (evaluation !== null) {
    const fine = counting(ground, capability).some(
      (one) => (evaluation.suite === "*" || one.suite === evaluation.suite) && one.score >= evaluation.score,
    );
    if (!fine) found.push({ kind: "evaluation", ...evaluation });
  }
  const uses = usesNow(ground, capability);
  const count = (kind: "supervised" | "uses" | "sensitive" | "targets" | "days", has: number): void => {
    if (has < asked[kind]) found.push({ kind, left: asked[kind] - has });
  };
  count("supervised", uses.supervised);
  count("uses", uses.supervised + uses.alone);
  count("sensitive", uses.sensitive);
  count("targets", uses.targets.length);
  count("days", uses.days);
  if (share(uses.refused, uses.supervised) > asked.refusals) found.push({ kind: "refusals", most: asked.refusals });
  if (share(uses.denied, uses.supervised + uses.alone) > asked.denials)
    found.push({ kind: "denials", most: asked.denials });
  return found;
}

/** What was used since the last demotion: what was before it was weighed then. What counts against it counts for ever. */
function usesNow({ evidence }: Ground, capability: Capability): Uses {
  const all = usesOf(evidence, capability);
  const before = Object.hasOwn(evidence.usesBefore, capability)
    ? (evidence.usesBefore[capability] ?? NO_USES)
    : NO_USES;
  return {
    ...all,
    alone: all.alone - before.alone,
    supervised: all.supervised - before.supervised,
    sensitive: all.sensitive - before.sensitive,
    days: all.days - before.days,
  };
}

function share(against: number, well: number): number {
  return against === 0 ? 0 : against / (against + well);
}

export function saysLack(lack: Lack): string {
  switch (lack.kind) {
    case "evaluation":
      return lack.suite === "*"
        ? `an evaluation about it, passed with ${lack.score}`
        : `the suite ${lack.suite}, passed with ${lack.score}`;
    case "supervised":
      return `${lack.left} more uses that a person allows`;
    case "uses":
      return `${lack.left} more uses that end well`;
    case "sensitive":
      return `${lack.left} more uses that cannot be undone or call for care`;
    case "targets":
      return `${lack.left} more different things it is done to`;
    case "days":
      return `use on ${lack.left} more days`;
    case "refusals":
      return `fewer refusals, at most ${Math.round(lack.most * 100)} % of what people answer`;
    case "denials":
      return `fewer denials, at most ${Math.round(lack.most * 100)} % of its calls`;
  }
}
