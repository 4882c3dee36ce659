import type { Act } from "./lexicon.ts";

/** What the owner took out of what their words ask for. It only grows: who wants more opens another task. */
export interface Narrowing {
  readonly without: readonly Act[];
  /** Values that are not to be the target of anything, as the owner wrote them. */
  readonly not: readonly string[];
  /** Nothing is done twice. */
  readonly once: boolean;
}

export const UNNARROWED: Narrowing = { without: [], not: [], once: false };

/** Both together. */
export function narrower(a: Narrowing, b: Narrowing): Narrowing {
  return {
    without: [...new Set([...a.without, ...b.without])],
    not: [...new Set([...a.not, ...b.not])],
    once: a.once || b.once,
  };
}

/** Larger with everything that is taken away. */
export function sizeOf({ without, not, once }: Narrowing): number {
  return without.length + not.length + (once ? 1 : 0);
}
