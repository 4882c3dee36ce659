import type { PolicyJson } from "./cedar.ts";
import type { CedarValue } from "./context.ts";
import { contextReads, mentions } from "./expression.ts";

/** What of a request a policy can tell apart. The rest need not be carried into the engine, which is most of what a
 *  decision costs. Always too much rather than too little. */
export interface Needs {
  /** Members of the context, and of each the members taken; null for all of them. */
  readonly context: ReadonlyMap<string, ReadonlySet<string> | null> | null;
  readonly principal: boolean;
  readonly action: boolean;
  /** Reads what changes with every call. */
  readonly counters: boolean;
}

const COUNTERS: Readonly<Record<string, readonly string[]>> = { task: ["calls", "elapsed"], session: ["denials"] };

export function needsOf(policy: PolicyJson): Needs {
  const context = new Map<string, Set<string> | null>();
  let whole = false;
  let counters = false;
  for (const { path, presence } of contextReads(policy.conditions)) {
    const [top, member] = path;
    if (!presence && readsCounter(top, member)) counters = true;
    if (top === undefined) whole = true;
    else if (member === undefined) context.set(top, null);
    else if (context.get(top) !== null) context.set(top, (context.get(top) ?? new Set()).add(member));
  }
  return {
    context: whole ? null : context,
    principal:
      policy.principal.op === "in" ||
      (policy.principal.op === "is" && policy.principal.in !== undefined) ||
      mentions(policy.conditions, "principal"),
    action: policy.action.op === "in" || mentions(policy.conditions, "action"),
    counters,
  };
}

function readsCounter(top: string | undefined, member: string | undefined): boolean {
  if (top === undefined) return true;
  if (!Object.hasOwn(COUNTERS, top)) return false;
  return member === undefined || (COUNTERS[top]?.includes(member) ?? false);
}

export function allNeeds(needs: readonly Needs[]): Needs {
  const context = new Map<string, Set<string> | null>();
  for (const one of needs) {
    for (const [top, members] of one.context ?? []) {
      const before = context.get(top);
      context.set(top, members === null || before === null ? null : new Set([...(before ?? []), ...members]));
    }
  }
  return {
    context: needs.some((one) => one.context === null) ? null : context,
    principal: needs.some((one) => one.principal),
    action: needs.some((one) => one.action),
    counters: needs.some((one) => one.counters),
  };
}

/** The part of the context that is needed. */
export function pruned(
  context: { readonly [key: string]: CedarValue },
  needs: Needs,
): { readonly [key: string]: CedarValue } {
  if (needs.context === null) return context;
  const kept: Record<string, CedarValue> = {};
  for (const [top, members] of needs.context) {
    const value = Object.hasOwn(context, top) ? context[top] : undefined;
    if (value === undefined) continue;
    kept[top] =
      members === null || typeof value !== "object" || Array.isArray(value)
        ? value
        : Object.fromEntries(Object.entries(value).filter(([name]) => members.has(name)));
  }
  return kept;
}
