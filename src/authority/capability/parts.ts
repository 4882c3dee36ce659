import type { CapabilityRules } from "../../domain/capability-rules.ts";
import type { Evidence } from "../../domain/evidence.ts";
import type { AuthorityParts } from "../parts.ts";

/** The rules that hold now. */
export interface RulesInForce {
  /** Null where there is no `capabilities.yaml`, and all is as the tier has it. */
  readonly version: string | null;
  readonly rules: CapabilityRules;
}

export interface CapabilityParts extends Pick<
  AuthorityParts,
  "store" | "clock" | "ids" | "digests" | "configuration" | "log"
> {
  readonly inForce: () => RulesInForce;
}

/** Evidence by evaluators that are still believed. */
export function believed({ configuration }: Pick<CapabilityParts, "configuration">, evidence: Evidence): Evidence {
  const trusted = new Set(configuration.evaluators.filter(({ revoked }) => !revoked).map(({ name }) => name));
  const evaluations = evidence.evaluations.filter(({ evaluator }) => trusted.has(evaluator));
  return evaluations.length === evidence.evaluations.length ? evidence : { ...evidence, evaluations };
}
