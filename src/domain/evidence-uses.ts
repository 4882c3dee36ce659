import type { Capability } from "./capability.ts";
import { type Effects, isIrreversible } from "./effect.ts";
import { type Evidence, LATELY_KEPT, TARGETS_KEPT, usesOf } from "./evidence.ts";

const DAY = 24 * 3_600_000;
const LONGEST_TARGET = 80;

/** One call that ended well. */
export interface Use {
  readonly digest: string;
  readonly targets: readonly string[];
  readonly sensitive: boolean;
  /** Whether a person looked at it and allowed it. */
  readonly looked: boolean;
  readonly at: number;
}

/** Counts a use of one capability; the same evidence where it is a call that counted lately. */
export function counted(evidence: Evidence, capability: Capability, use: Use): Evidence {
  const before = usesOf(evidence, capability);
  if (before.lately.includes(use.digest)) return evidence;
  const day = Math.floor(use.at / DAY);
  const targets = [...new Set([...before.targets, ...use.targets])].slice(0, TARGETS_KEPT);
  const next = {
    ...before,
    alone: before.alone + (use.looked ? 0 : 1),
    supervised: before.supervised + (use.looked ? 1 : 0),
    sensitive: before.sensitive + (use.sensitive ? 1 : 0),
    targets,
    lately: [...before.lately, use.digest].slice(-LATELY_KEPT),
    days: before.days + (day > before.lastDay ? 1 : 0),
    lastDay: Math.max(before.lastDay, day),
    lastAt: Math.max(before.lastAt, use.at),
  };
  return { ...evidence, uses: { ...evidence.uses, [capability]: next } };
}

/** Counts something against an agent: repeats count as well. */
export function turned(evidence: Evidence, needs: readonly Capability[], how: "refused" | "denied"): Evidence {
  const uses = { ...evidence.uses };
  for (const capability of needs) {
    const before = usesOf(evidence, capability);
    uses[capability] = { ...before, [how]: before[how] + 1 };
  }
  return { ...evidence, uses };
}

/** What a call is done to, as far as it concerns one capability; the call itself where it names nothing. */
export function targetsOf(effects: Effects, capability: Capability, digest: string): readonly string[] {
  const family = capability.split(".")[0];
  const named =
    family === "files" || family === "memory"
      ? effects.paths
      : family === "sql"
        ? effects.tables
        : family === "web"
          ? effects.hosts
          : family === "message"
            ? effects.recipients
            : [...effects.recipients, ...effects.paths, ...effects.tables, ...effects.hosts];
  return named.length === 0 ? [digest] : named.map((one) => one.slice(0, LONGEST_TARGET));
}

export function isSensitive(effects: Effects): boolean {
  return isIrreversible(effects) || effects.traits.length > 0;
}
