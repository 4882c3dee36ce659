import type { CommandNode, CompoundList } from "./syntax.ts";
import type { Field } from "./field.ts";

export type Body = CommandNode | CompoundList;

/** What is known of the shell's own state at a point of the text. Copied where a part of it runs apart from the rest. */
export interface Scope {
  /** Texts that variables hold, with HOLE for what is not known; null for what may be anything. A name that is not in
   *  it was never assigned here, and comes from outside. */
  readonly variables: Map<string, string | null>;
  /** What a name may stand for; `certain` when it can be nothing else any more. */
  readonly functions: Map<string, { readonly bodies: readonly Body[]; readonly certain: boolean }>;
  /** `$1` and what follows; null where that is not known. */
  positional: readonly Field[] | null;
  /** The folders it may be in; null for any. */
  cwds: readonly string[] | null;
  /** What fails ends it (`set -e`). */
  strict: boolean;
}

export function newScope(cwd: string): Scope {
  return { variables: new Map(), functions: new Map(), positional: null, cwds: [cwd], strict: false };
}

/** A subshell's own. */
export function copyOf(scope: Scope): Scope {
  return { ...scope, variables: new Map(scope.variables), functions: new Map(scope.functions) };
}

/** `scope` becomes what it is when `other`, made from it, may have happened or not. */
export function maybe(scope: Scope, other: Scope): void {
  for (const [name, value] of other.variables) {
    if (scope.variables.has(name) ? scope.variables.get(name) !== value : true) scope.variables.set(name, null);
  }
  for (const [name, one] of other.functions) {
    const here = scope.functions.get(name);
    if (here === one) continue;
    const bodies = [...new Set([...(here?.bodies ?? []), ...one.bodies])];
    scope.functions.set(name, { bodies, certain: here !== undefined && here.certain && one.certain });
  }
  scope.cwds = eitherOf(scope.cwds, other.cwds);
  scope.strict &&= other.strict;
}

const MOST_FOLDERS = 4;

export function eitherOf(one: readonly string[] | null, other: readonly string[] | null): readonly string[] | null {
  if (one === null || other === null) return null;
  if (one === other) return one;
  const both = [...new Set([...one, ...other])];
  return both.length > MOST_FOLDERS ? null : both;
}
