import { parse } from "yaml";
import { z } from "zod";
import { CAPABILITIES } from "../domain/capability.ts";
import { EFFECT_KINDS, TRAITS } from "../domain/effect.ts";
import { WritError } from "../domain/error.ts";
import { type Matcher, type Scenario, type Suite, SUITE_SERVERS } from "../domain/suite.ts";
import { didYouMean } from "./config-problems.ts";
import { duration, DURATION } from "./config-units.ts";

const matcher = z.strictObject({
  effect: z.enum(EFFECT_KINDS),
  tool: z.string().optional(),
  path: z
    .string()
    .regex(/^[^/\0][^\0]*$/, "a path below the scenario's folder")
    .optional(),
  table: z.string().optional(),
  recipient: z.string().optional(),
  trait: z.enum(TRAITS).optional(),
});

const suite = z.strictObject({
  suite: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, "a lower-case name"),
  capabilities: z.array(z.string()).min(1, "at least one capability"),
  pass: z.number().gt(0).max(1).default(1),
  timeout: z.string().regex(DURATION, "a duration such as 30s").default("60s"),
  engine: z.enum(["sqlite", "postgres"]).default("sqlite"),
  servers: z.array(z.enum(SUITE_SERVERS)).min(1, "at least one server"),
  scenarios: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(128),
        prompt: z.string().min(1),
        files: z
          .record(z.string().regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$))[^\0]+$/, "a path below"), z.string())
          .default({}),
        database: z.string().default(""),
        must: z.array(matcher).default([]),
        must_not: z.array(matcher).default([]),
      }),
    )
    .min(1, "at least one scenario"),
});

/** Reads a suite of scenarios.
 *  @throws WritError `suite_invalid` with every problem. */
export function parseSuite(text: string, file: string): Suite {
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 100 });
  } catch (cause) {
    throw invalid(file, [cause instanceof Error ? cause.message : "it cannot be read"]);
  }
  const checked = suite.safeParse(value);
  if (!checked.success)
    throw invalid(
      file,
      checked.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`),
    );
  const { scenarios, timeout, suite: name, ...rest } = checked.data;
  const odd = rest.capabilities.filter((one) => !CAPABILITIES.includes(one));
  if (odd.length > 0)
    throw invalid(
      file,
      odd.map((one) => `there is no capability \`${one}\`: ${didYouMean(one, CAPABILITIES)}`),
    );
  const empty = scenarios.filter(({ must, must_not: not }) => must.length + not.length === 0);
  if (empty.length > 0)
    throw invalid(
      file,
      empty.map((one) => `the scenario "${one.name}" counts nothing`),
    );
  return {
    ...rest,
    name,
    timeoutMs: duration(timeout) ?? 60_000,
    scenarios: scenarios.map(({ must, must_not: mustNot, ...one }): Scenario => {
      return { ...one, must: must.map(filled), mustNot: mustNot.map(filled) };
    }),
  };
}

function filled(one: z.infer<typeof matcher>): Matcher {
  const { effect, tool = null, path = null, table = null, recipient = null, trait = null } = one;
  return { effect, tool, path, table, recipient, trait };
}

function invalid(file: string, problems: readonly string[]): WritError {
  return new WritError({
    code: "suite_invalid",
    status: 400,
    facts: { file, problems },
    message: `\`${file}\` is no suite that can be run: ${problems.length} ${problems.length === 1 ? "problem" : "problems"}`,
    hint: "mend what is listed",
  });
}
