import type { AccessRequest } from "../domain/access-request.ts";
import type { PolicyRef } from "../domain/decision.ts";
import { qualified } from "../domain/ids.ts";
import type { PolicyVerdict } from "../ports/policy.ts";
import type { LoadedSet } from "./set.ts";

export interface Explanation {
  readonly version: string;
  readonly tool: string;
  readonly agent: string;
  readonly verdict: PolicyVerdict;
  /** Every policy whose scope can match, in the order of the files. */
  readonly considered: readonly Considered[];
  /** How many policies there are in all. */
  readonly total: number;
}

export interface Considered extends PolicyRef {
  readonly effect: "permit" | "forbid";
  readonly ask: string | null;
  readonly reason: string | null;
  readonly holds: "holds" | "does not hold" | "error";
  /** It made the verdict what it is. */
  readonly decided: boolean;
}

/** Why the policies say what they say of this request. Judges each of them alone as well: for people, not for the path. */
export function explain(set: LoadedSet, request: AccessRequest): Explanation {
  const { slice, verdict, determining } = set.weigh(request);
  return {
    version: set.version,
    tool: qualified(request.call.server, request.call.tool),
    agent: request.principal.agent,
    verdict,
    considered: slice.map((rule) => ({
      ...rule.ref,
      effect: rule.effect,
      ask: rule.says.ask,
      reason: rule.says.reason,
      holds: set.holds(rule, request),
      decided: determining.has(rule.id),
    })),
    total: set.rules.length,
  };
}

/** The same for a terminal: the verdict, then one line for each policy. */
export function explanationLines(one: Explanation): readonly string[] {
  const width = Math.max(0, ...one.considered.map((rule) => rule.id.length));
  return [
    `${one.tool} by ${one.agent}: ${summary(one.verdict)}`,
    `${one.considered.length} of ${one.total} policies speak of this call`,
    ...one.considered.map((rule) => {
      const kind = rule.ask === null ? rule.effect : `${rule.effect}, ask ${rule.ask}`;
      return `  ${rule.decided ? "→" : " "} ${rule.id.padEnd(width)}  ${kind}: ${rule.holds}  ${rule.file}:${rule.line}`;
    }),
  ];
}

function summary(verdict: PolicyVerdict): string {
  switch (verdict.kind) {
    case "permit":
      return "permitted by policy; the task's grants still count";
    case "ask":
      return `asked of ${[...new Set(verdict.asks.map((ask) => ask.role))].join(" and ")}`;
    case "deny":
      return verdict.policies.length === 0
        ? "denied, since nothing permits it"
        : `forbidden${verdict.why === null ? "" : `: ${verdict.why}`}`;
    case "error":
      return `denied, since it cannot be judged: ${verdict.why}`;
  }
}
