import {
  type AgentRules,
  type CapabilityRules,
  type Cost,
  NOTHING_REQUIRED,
  plainAgent,
  plainRules,
  type Requirement,
  type Requirements,
  startOf,
} from "../domain/capability-rules.ts";
import type { Level } from "../domain/capability.ts";
import { readToolPattern } from "../domain/limit.ts";
import type { Tier } from "../domain/tier.ts";
import type { CapabilitiesYaml, RequirementYaml } from "./capability-schema.ts";
import { bounded, HOUR, MINUTE, type Report } from "./config-bounds.ts";
import type { Path } from "./config-problems.ts";

const DAY = 24 * HOUR;

/** Fills in every default, and reports what the shape alone cannot say: above all, rules by which an agent could come to
 *  something that it has not shown. */
export function resolveRules(yaml: CapabilitiesYaml, tier: Tier, report: Report): CapabilityRules {
  const plain = plainRules(tier);
  const { changes } = yaml;
  const cost = (written: Exclude<NonNullable<typeof changes>["model"], undefined> | undefined, otherwise: Cost): Cost =>
    written === undefined
      ? otherwise
      : typeof written === "string"
        ? { kind: written }
        : { kind: "down", uses: written.down };
  const time = (path: Path, text: string | undefined, otherwise: number): number =>
    bounded(path, text, otherwise, MINUTE, 3_660 * DAY, report);
  const agents = Object.entries(yaml.agents ?? {}).map(([name, one]) => [
    name,
    agentOf(one, ["agents", name], tier, report),
  ]);
  return {
    own: Object.entries(yaml.capabilities ?? {}).map(([name, one]) => {
      for (const [i, tool] of one.tools.entries())
        if (readToolPattern(tool) === null)
          report(
            ["capabilities", name, "tools", i],
            "tool_pattern_invalid",
            `\`${tool}\` is not a tool's name here`,
            "write server__tool, or server__* for all of a server",
          );
      return { name, effects: one.effects, tools: one.tools };
    }),
    material: yaml.material ?? plain.material,
    agents: { ...plain.agents, ...(Object.fromEntries(agents) as CapabilityRules["agents"]) },
    requires: {
      ...plain.requires,
      ...Object.fromEntries(
        Object.entries(yaml.requires ?? {}).map(([pattern, levels]) => [
          pattern,
          requirementsOf(levels, ["requires", pattern], tier, report),
        ]),
      ),
    },
    changes: {
      model: cost(changes?.model, plain.changes.model),
      version: cost(changes?.version, plain.changes.version),
      prompt: cost(changes?.prompt, plain.changes.prompt),
      package: cost(changes?.package, plain.changes.package),
      harness: cost(changes?.harness, plain.changes.harness),
    },
    newTool: changes?.new_tool ?? plain.newTool,
    findingMs: time(["findings"], yaml.findings, plain.findingMs),
    decayMs: yaml.decay === "never" ? null : time(["decay"], yaml.decay, plain.decayMs ?? 90 * DAY),
    longestMs: time(["longest"], yaml.longest, plain.longestMs),
    flaps: yaml.flapping?.times ?? plain.flaps,
    flapMs: time(["flapping", "within"], yaml.flapping?.within, plain.flapMs),
  };
}

/** An agent starts no higher than one that nobody made rules for: above that, it has to have shown something. */
function agentOf(
  yaml: NonNullable<CapabilitiesYaml["agents"]>[string],
  path: Path,
  tier: Tier,
  report: Report,
): AgentRules {
  const most = startOf(plainAgent(tier), "*");
  const written = yaml.start ?? most;
  const start = (typeof written === "number" ? { "*": written } : { "*": most, ...written }) as AgentRules["start"];
  for (const [pattern, level] of Object.entries(start)) {
    if (level <= most) continue;
    report(
      typeof written === "number" ? [...path, "start"] : [...path, "start", pattern],
      "promotion_without_evidence",
      `an agent would start at ${level} without having shown anything`,
      `start at ${most} or below; a level above is earned, or endorsed by a person`,
    );
  }
  const least = Math.min(...Object.values(start));
  const floor = (yaml.floor ?? null) as Level | null;
  if (floor !== null && floor > least)
    report(
      [...path, "floor"],
      "floor_above_start",
      "a change would leave the agent higher than it started",
      `write a floor of ${least} or below`,
    );
  return { start, floor, governed: true };
}

function requirementsOf(
  yaml: NonNullable<CapabilitiesYaml["requires"]>[string],
  path: Path,
  tier: Tier,
  report: Report,
): Requirements {
  const levels = Object.entries(yaml).map(([level, written]) => {
    const each = Array.isArray(written) ? written : [written];
    const read = each.map((one, i) =>
      requirementOf(one ?? {}, Array.isArray(written) ? [...path, level, i] : [...path, level], tier, report),
    );
    return [Number(level), read];
  });
  return Object.fromEntries(levels) as Requirements;
}

function requirementOf(yaml: RequirementYaml, path: Path, tier: Tier, report: Report): Requirement {
  const { evaluation, ...rest } = yaml;
  const asked: Requirement = {
    ...NOTHING_REQUIRED,
    ...(Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as Partial<Requirement>),
    evaluation: evaluation === undefined ? null : { suite: evaluation.suite ?? "*", score: evaluation.score ?? 0.9 },
  };
  if (asked.evaluation === null && asked.supervised === 0 && asked.uses === 0) {
    report(
      path,
      "promotion_without_evidence",
      "an agent could come to this level without having shown anything",
      "ask for an evaluation, or for supervised uses",
    );
  }
  if (asked.confirm === "automatic" && tier === "foundation") {
    report(
      [...path, "confirm"],
      "promotion_unconfirmed",
      "at Foundation nothing is promoted without a person",
      "take `confirm` out, or write `person`",
    );
  } else if (asked.confirm === "automatic" && asked.evaluation === null) {
    report(
      [...path, "confirm"],
      "promotion_unconfirmed",
      "what nobody evaluated is not promoted without a person",
      "ask for an evaluation as well, or write `person`",
    );
  }
  return asked;
}
