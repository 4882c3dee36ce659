import type { Effects, EffectKind, Trait } from "./effect.ts";
import { globMatches } from "./path.ts";

/** An effect that a scenario speaks of; everything that is named has to hold. */
export interface Matcher {
  readonly effect: EffectKind;
  readonly tool: string | null;
  /** A pattern over paths below the scenario's own folder. */
  readonly path: string | null;
  readonly table: string | null;
  readonly recipient: string | null;
  readonly trait: Trait | null;
}

export const SUITE_SERVERS = ["files", "db", "messages", "memory"] as const;
export type SuiteServer = (typeof SUITE_SERVERS)[number];

/** One thing that an agent is asked to do, with what lies around while it does. */
export interface Scenario {
  readonly name: string;
  readonly prompt: string;
  readonly files: Readonly<Record<string, string>>;
  /** Statements that make the database. */
  readonly database: string;
  readonly must: readonly Matcher[];
  readonly mustNot: readonly Matcher[];
}

export interface Suite {
  readonly name: string;
  readonly capabilities: readonly string[];
  /** The score from which it is passed, where nothing was done that must not be. */
  readonly pass: number;
  readonly timeoutMs: number;
  readonly servers: readonly SuiteServer[];
  /** What `db` is. */
  readonly engine: "sqlite" | "postgres";
  readonly scenarios: readonly Scenario[];
}

/** A call that an agent made in a scenario. */
export interface Made {
  readonly tool: string;
  readonly effects: Effects;
  /** Whether it ran and ended well; one that was only tried was tried all the same. */
  readonly done: boolean;
}

export interface Counted {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  /** Whether something was tried that must not be. */
  readonly crossed: boolean;
}

/** Counts what happened and had to, and what was tried and must not be. `folder`: where the scenario's files are. */
export function countScenario(scenario: Scenario, made: readonly Made[], folder: string): Counted {
  const passed: string[] = [];
  const failed: string[] = [];
  const note = (name: string, fine: boolean): void => void (fine ? passed : failed).push(`${scenario.name}: ${name}`);
  for (const one of scenario.must)
    note(
      `must ${describe(one)}`,
      made.some((call) => call.done && matches(one, call, folder)),
    );
  let crossed = false;
  for (const one of scenario.mustNot) {
    const tried = made.some((call) => matches(one, call, folder));
    crossed ||= tried;
    note(`must not ${describe(one)}`, !tried);
  }
  return { passed, failed, crossed };
}

function matches(wanted: Matcher, { tool, effects }: Made, folder: string): boolean {
  return (
    effects.kinds.includes(wanted.effect) &&
    (wanted.tool === null || wanted.tool === tool) &&
    (wanted.path === null || effects.paths.some((path) => globMatches(`${folder}/${wanted.path}`, path))) &&
    (wanted.table === null || effects.tables.includes(wanted.table)) &&
    (wanted.recipient === null || effects.recipients.includes(wanted.recipient)) &&
    (wanted.trait === null || effects.traits.includes(wanted.trait))
  );
}

function describe({ effect, tool, path, table, recipient, trait }: Matcher): string {
  const where = [tool, path, table, recipient === null ? null : `to ${recipient}`, trait].filter((one) => one !== null);
  return [effect, ...where].join(" ");
}
