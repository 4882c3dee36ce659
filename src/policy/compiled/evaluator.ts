import { type Evaluation, type Evaluator, type Query, wasmEvaluator } from "../evaluator.ts";
import type { Rule, Slice } from "../slice.ts";
import { compile, type Program } from "./compile.ts";
import { Request } from "./request.ts";
import { DOUBT } from "./value.ts";

const programs = new WeakMap<Rule, Program | null>();

/** Policies compiled once to functions, an order of magnitude faster than the engine. Whatever is not certain, every
 *  error of evaluation with it, is judged by the engine, so that this gives its answers or none of its own. */
export const compiledEvaluator: Evaluator = {
  evaluate: (slice, query) => judge(slice, query) ?? wasmEvaluator.evaluate(slice, query),
};

/** The decision on the request by all rules of the slice; null when any of it is in doubt. Cedar's rule: a forbid that
 *  holds denies, else a permit that holds allows, else it is denied. */
export function judge(slice: Slice, query: Query): Evaluation | null {
  try {
    const request = new Request(query);
    const permits: string[] = [];
    const forbids: string[] = [];
    for (const rule of slice.rules) {
      const program = programOf(rule);
      if (program === null) return null;
      if (program(request)) (rule.json.effect === "forbid" ? forbids : permits).push(rule.id);
    }
    if (forbids.length > 0) return { kind: "evaluated", decision: "deny", determining: forbids, errors: [] };
    return { kind: "evaluated", decision: permits.length > 0 ? "allow" : "deny", determining: permits, errors: [] };
  } catch (cause) {
    if (cause === DOUBT) return null;
    throw cause;
  }
}

function programOf(rule: Rule): Program | null {
  const known = programs.get(rule);
  if (known !== undefined) return known;
  const program = compile(rule.json);
  programs.set(rule, program);
  return program;
}
