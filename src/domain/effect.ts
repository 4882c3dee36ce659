import type { TableAccess } from "./table-access.ts";

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

export function isEffectKind(text: string): text is EffectKind {
  return (EFFECT_KINDS as readonly string[]).includes(text);
}

/** Finer than a kind, where a rule needs it. Each is a reason for more care; none is ever a reason for less. */
export const TRAITS = [
  /** What would run is made up while it runs: it cannot be read off the call. */
  "dynamic",
  /** It runs as another, more powerful user. */
  "elevated",
  /** It brings software in. */
  "installs",
  /** It runs what it has just fetched. */
  "fetch-and-run",
  /** It touches paths outside the workspace. */
  "outside",
  /** It touches places where secrets are kept. */
  "secret-place",
  /** It touches what configures an agent, or what an agent remembers. */
  "agent-memory",
  /** It touches what something runs later, by itself: hooks, start-up files, schedules, pipelines, folders of commands. */
  "runs-later",
  /** Its arguments hold a secret. */
  "secret-text",
  /** It goes through everything there is: recursively, or without a condition. */
  "sweeping",
  /** It throws away work that is nowhere else. */
  "discards",
  /** It reaches a private, local or link-local address. */
  "private-network",
  /** It reaches the service that gives machines their credentials. */
  "metadata-service",
  /** It calls a function that does more than compute, or that nobody knows. */
  "volatile",
  /** It changes what tables are, not what is in them. */
  "defines",
  /** It runs a program of which nobody has said what it does. */
  "unfamiliar",
  /** What the tool does was guessed from its definition. */
  "inferred",
] as const;
export type Trait = (typeof TRAITS)[number];

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
  /** Arguments that only fill the placeholders of a statement that was judged: whatever they are, it does the same. */
  readonly values?: readonly string[];
  readonly traits: readonly Trait[];
  /** It is known to do nothing but what work in a workspace always does: it deletes files it names there or in a
   *  temporary folder, it runs the project's own build. False where anything else is among it. */
  readonly routine: boolean;
  /** Table by table, for grants that are limits on tables. */
  readonly access: readonly TableAccess[];
  /** Whoever runs the statement counts the rows it changes, and takes back what is too many. */
  readonly counted: boolean;
  /** The call in one sentence, made from its parsed form alone; null where only its kinds are known. */
  readonly says: string | null;
}

/** Nothing at all, for building on. */
export const NO_EFFECTS: Effects = {
  kinds: [],
  reversible: true,
  hosts: [],
  paths: [],
  recipients: [],
  tables: [],
  columns: [],
  statements: 0,
  unrepresented: [],
  traits: [],
  routine: true,
  access: [],
  counted: false,
  says: null,
};

export const UNKNOWN_EFFECTS: Effects = { ...NO_EFFECTS, kinds: ["unknown"], reversible: false, routine: false };

/** True when the call changes nothing: reads, and nothing else, all of it known. */
export function onlyReads(effects: Effects): boolean {
  return effects.kinds.length > 0 && effects.kinds.every((kind) => kind === "read");
}

/** Effects that nothing may issue just in time and nothing may observe past. */
export function isIrreversible(effects: Effects): boolean {
  return !onlyReads(effects) && !effects.reversible;
}

/** What both do together: every effect of either, and no more trust than the less trusted of the two. */
export function join(a: Effects, b: Effects): Effects {
  const both = <T>(one: readonly T[], other: readonly T[]): readonly T[] =>
    other.length === 0 ? one : one.length === 0 ? other : [...new Set([...one, ...other])];
  return {
    kinds: both(a.kinds, b.kinds),
    reversible: a.reversible && b.reversible,
    hosts: both(a.hosts, b.hosts),
    paths: both(a.paths, b.paths),
    recipients: both(a.recipients, b.recipients),
    tables: both(a.tables, b.tables),
    columns: both(a.columns, b.columns),
    statements: a.statements + b.statements,
    unrepresented: both(a.unrepresented, b.unrepresented),
    traits: both(a.traits, b.traits),
    routine: a.routine && b.routine,
    access: [...a.access, ...b.access],
    counted: a.counted || b.counted,
    says: a.says === null || b.says === null ? (a.says ?? b.says) : `${a.says}; ${b.says}`,
  };
}
