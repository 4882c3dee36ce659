/** What a call would do to the world. `unknown` is an honest answer, and never a harmless one. */
export const EFFECT_KINDS = [
  "read",
  "write",
  "delete",
  "execute",
  "send",
  "spend",
  "administer",
  "delegate",
  "unknown",
] as const;
export type EffectKind = (typeof EFFECT_KINDS)[number];

export interface Effects {
  readonly kinds: readonly EffectKind[];
  /** False unless undoing it is known to be possible. */
  readonly reversible: boolean;
  readonly hosts: readonly string[];
  /** Canonical absolute paths. */
  readonly paths: readonly string[];
  readonly recipients: readonly string[];
  readonly tables: readonly string[];
  readonly columns: readonly string[];
  readonly statements: number;
  /** Arguments that policy cannot see exactly: a rule must not trust their absence. */
  readonly unrepresented: readonly string[];
}

export const UNKNOWN_EFFECTS: Effects = {
  kinds: ["unknown"],
  reversible: false,
  hosts: [],
  paths: [],
  recipients: [],
  tables: [],
  columns: [],
  statements: 0,
  unrepresented: [],
};

/** True when the call changes nothing: reads, and nothing else, all of it known. */
export function onlyReads(effects: Effects): boolean {
  return effects.kinds.length > 0 && effects.kinds.every((kind) => kind === "read");
}

/** Effects that nothing may issue just in time and nothing may observe past. */
export function isIrreversible(effects: Effects): boolean {
  return !onlyReads(effects) && !effects.reversible;
}
