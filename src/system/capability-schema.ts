import { z } from "zod";
import { EFFECT_KINDS } from "../domain/effect.ts";
import { COMPONENTS, STRENGTHS } from "../domain/fingerprint.ts";
import { DURATION } from "./config-units.ts";

/** The shape of `capabilities.yaml`, as it is written. Meaning is `capability-file.ts`. */

const duration = z
  .string({ error: "a duration such as 30s, 15m or 7d" })
  .regex(DURATION, "a duration such as 30s, 15m or 7d");
const level = z.int().min(0, "a level from 0 to 4").max(4, "a level from 0 to 4");
const capability = z.string().regex(/^[a-z][a-z0-9]*(\.[a-z][a-z0-9-]*)?$/, "a name such as refund.issue");
const pattern = z
  .string()
  .regex(/^(\*|[a-z][a-z0-9]*(\.(\*|[a-z][a-z0-9-]*))?)$/, "a capability, a family such as sql.*, or *");
const agentName = z.string().regex(/^(\*|[a-z][a-z0-9-]{0,31})$/, "an agent's name, or * for every other");
const many = z.int().min(0, "a whole number, 0 or more");
const share = z.number().min(0, "a share from 0 to 1").max(1, "a share from 0 to 1");
const score = z.number().gt(0, "a score above 0, up to 1").max(1, "a score above 0, up to 1");

const requirement = z.strictObject({
  evaluation: z.strictObject({ suite: z.string().min(1).max(64).optional(), score: score.optional() }).optional(),
  supervised: many.optional(),
  uses: many.optional(),
  sensitive: many.optional(),
  targets: many.max(64, "at most 64 targets").optional(),
  days: many.optional(),
  refusals: share.optional(),
  denials: share.optional(),
  confirm: z.enum(["person", "automatic"]).optional(),
});
const anyOf = z.union([requirement, z.array(requirement).min(1, "at least one requirement")], {
  error: "a requirement, or a list of which one is enough",
});

const cost = z.union([z.enum(["none", "floor"]), z.strictObject({ down: z.int().min(1, "a number of uses") })], {
  error: "`none`, `floor`, or { down: USES }",
});

const agent = z.strictObject({
  start: z
    .union([level, z.record(pattern, level)], { error: "a level from 0 to 4, or one for each capability" })
    .optional(),
  floor: level.optional(),
});

const model = z.strictObject({
  id: z.string().min(1),
  version: z.string().min(1).optional(),
  known: z.enum(STRENGTHS).optional(),
});

const testCase = z.strictObject({
  name: z.string().min(1),
  agent: z.string().optional(),
  capability,
  /** What it was when it was evaluated and promoted. */
  model: model.optional(),
  /** What it is now; default the same. */
  now: model.optional(),
  evaluation: z.strictObject({ suite: z.string(), score, age: duration.optional() }).optional(),
  supervised: many.optional(),
  uses: many.optional(),
  sensitive: many.optional(),
  targets: many.optional(),
  days: many.optional(),
  refused: many.optional(),
  denied: many.optional(),
  findings: many.optional(),
  promoted: level.optional(),
  endorsed: level.optional(),
  demoted: level.optional(),
  unused: duration.optional(),
  expect: level,
});

export const capabilitiesYaml = z.strictObject({
  capabilities: z
    .record(
      capability,
      z.strictObject({
        effects: z.array(z.enum(EFFECT_KINDS)).min(1, "at least one effect"),
        tools: z.array(z.string()).min(1, "at least one tool, as server__tool"),
      }),
    )
    .optional(),
  material: z.array(z.enum(COMPONENTS)).optional(),
  agents: z.record(agentName, agent).optional(),
  requires: z.record(pattern, z.partialRecord(z.enum(["1", "2", "3", "4"]), anyOf)).optional(),
  changes: z
    .strictObject({
      model: cost.optional(),
      version: cost.optional(),
      prompt: cost.optional(),
      package: cost.optional(),
      harness: cost.optional(),
      new_tool: z.enum(["zero", "none"]).optional(),
    })
    .optional(),
  findings: duration.optional(),
  decay: z.union([z.literal("never"), duration], { error: "a duration such as 90d, or `never`" }).optional(),
  longest: duration.optional(),
  flapping: z.strictObject({ times: z.int().min(2, "2 or more").optional(), within: duration.optional() }).optional(),
  tests: z.array(testCase).optional(),
});

export type CapabilitiesYaml = z.infer<typeof capabilitiesYaml>;
export type RequirementYaml = z.infer<typeof requirement>;
export type CapabilityTest = z.infer<typeof testCase>;

export const capabilitiesSchema = z.toJSONSchema(capabilitiesYaml, { io: "input" });
