import { CAPABILITIES } from "../domain/capability.ts";
import type { CapabilityRules } from "../domain/capability-rules.ts";
import type { AgentName } from "../domain/ids.ts";
import type { Tier } from "../domain/tier.ts";
import { capabilitiesSchema, capabilitiesYaml } from "./capability-schema.ts";
import { resolveRules } from "./capability-resolve.ts";
import { runCapabilityTests, type CapabilityTestResult } from "./capability-tests.ts";
import type { Report } from "./config-bounds.ts";
import { reportIssue } from "./config-issues.ts";
import { didYouMean, namesAt, type Problem } from "./config-problems.ts";
import { inOrder, openYaml } from "./config-yaml.ts";

export type ParsedCapabilities =
  | {
      readonly kind: "loaded";
      readonly rules: CapabilityRules;
      readonly tests: readonly CapabilityTestResult[];
    }
  /** Every problem there is, in the order of the file. */
  | { readonly kind: "refused"; readonly problems: readonly Problem[] };

/** Checks the text of a `capabilities.yaml` for a deployment of this tier with these agents, and runs the tests it
 *  carries. What could lift an agent that has shown nothing does not load. */
export function parseCapabilities(
  text: string,
  file: string,
  deployment: { readonly tier: Tier; readonly agents: readonly AgentName[] },
): ParsedCapabilities {
  const { value, problems, report } = openYaml(text, file);
  if (value === undefined) return refused(problems);
  const checked = capabilitiesYaml.safeParse(value);
  if (!checked.success) {
    for (const issue of checked.error.issues)
      reportIssue(issue, value, (path) => namesAt(path, capabilitiesSchema), report);
    return refused(problems);
  }
  const rules = resolveRules(checked.data, deployment.tier, report);
  const known = [...CAPABILITIES, ...rules.own.map(({ name }) => name)];
  for (const name of Object.keys(checked.data.agents ?? {})) {
    if (name !== "*" && !deployment.agents.includes(name as AgentName))
      report(
        ["agents", name],
        "agent_unknown",
        `there is no agent \`${name}\``,
        didYouMean(name, deployment.agents),
        true,
      );
  }
  for (const [i, one] of (checked.data.tests ?? []).entries())
    nameKnown(one.capability, known, ["tests", i, "capability"], report);
  for (const pattern of Object.keys(checked.data.requires ?? {}))
    nameKnown(pattern, known, ["requires", pattern], report);
  for (const [name, { start }] of Object.entries(checked.data.agents ?? {}))
    for (const pattern of typeof start === "object" ? Object.keys(start) : [])
      nameKnown(pattern, known, ["agents", name, "start", pattern], report);
  if (problems.length > 0) return refused(problems);
  return { kind: "loaded", rules, tests: runCapabilityTests(checked.data.tests ?? [], rules, deployment.tier) };
}

function nameKnown(
  pattern: string,
  known: readonly string[],
  path: readonly (string | number)[],
  report: Report,
): void {
  const family = pattern.endsWith(".*") ? pattern.slice(0, -1) : null;
  if (pattern === "*" || known.includes(pattern) || (family !== null && known.some((one) => one.startsWith(family))))
    return;
  report(path, "capability_unknown", `there is no capability \`${pattern}\``, didYouMean(pattern, known), true);
}

function refused(problems: readonly Problem[]): ParsedCapabilities {
  return { kind: "refused", problems: inOrder(problems) };
}
