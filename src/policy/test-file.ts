import { isNode, LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { EFFECT_KINDS, TRAITS } from "../domain/effect.ts";
import type { Json, JsonObject } from "../domain/json.ts";
import { CONFIDENTIALITIES } from "../domain/provenance.ts";
import { TIERS } from "../domain/tier.ts";
import { didYouMean, type PolicyFile, problem, type Problem } from "./problem.ts";

const json: z.ZodType<JsonObject> = z.record(z.string(), z.custom<Json>());
const strings = z.array(z.string());
const count = z.int().min(0);

const definition = z.strictObject({ inputSchema: json });

const testCase = z.strictObject({
  name: z.string().min(1),
  agent: z.string(),
  /** `server__tool`, or a reserved action. */
  tool: z.string(),
  /** For a tool that the deployment does not have. */
  definition: definition.optional(),
  input: json.optional(),
  effects: z
    .strictObject({
      kinds: z.array(z.enum(EFFECT_KINDS)),
      reversible: z.boolean(),
      hosts: strings,
      paths: strings,
      recipients: strings,
      tables: strings,
      columns: strings,
      statements: count,
      unrepresented: strings,
      traits: z.array(z.enum(TRAITS)),
      routine: z.boolean(),
    })
    .partial()
    .optional(),
  task: z
    .strictObject({
      objective: z.string(),
      depth: count,
      calls: count,
      elapsed: count,
      declared: z.boolean(),
      planned: z.boolean(),
    })
    .partial()
    .optional(),
  session: z
    .strictObject({
      readPrivate: z.boolean(),
      readUntrusted: z.boolean(),
      sent: z.boolean(),
      denials: count,
      risk: count,
    })
    .partial()
    .optional(),
  provenance: z
    .strictObject({
      ungrounded: strings,
      tainted: strings,
      low: strings,
      carried: strings,
      unasked: z.boolean(),
      repeated: z.boolean(),
      excess: strings,
      sole: z.boolean(),
      endorsed: z.boolean(),
      withdrawn: z.boolean(),
      authorised: z.boolean(),
      disclosed: strings,
      classification: z.enum(CONFIDENTIALITIES),
    })
    .partial()
    .optional(),
  approvedBy: strings.optional(),
  tier: z.enum(TIERS).optional(),
  expect: z.enum(["permit", "ask", "deny", "error"]),
  /** Exactly the policies that decide, in any order. */
  policies: strings.optional(),
});

const testFile = z.strictObject({
  /** Agents that only these tests know. */
  agents: z
    .record(
      z.string(),
      z.strictObject({ roles: strings.default([]), levels: z.record(z.string(), z.int()).default({}) }),
    )
    .default({}),
  /** Tools that only these tests know. */
  tools: z.record(z.string(), definition).default({}),
  cases: z.array(testCase).min(1),
});

export type TestCase = z.infer<typeof testCase> & { readonly line: number };

export interface TestFile {
  readonly file: PolicyFile;
  readonly agents: z.infer<typeof testFile>["agents"];
  readonly tools: z.infer<typeof testFile>["tools"];
  readonly cases: readonly TestCase[];
}

/** Reads the tests of a policy file. What it does not know is refused: a misspelt key would test nothing. */
export function parseTestFile(
  file: PolicyFile,
):
  | { readonly kind: "parsed"; readonly tests: TestFile }
  | { readonly kind: "refused"; readonly problems: readonly Problem[] } {
  const lines = new LineCounter();
  const document = parseDocument(file.text, {
    lineCounter: lines,
    uniqueKeys: true,
    strict: true,
    prettyErrors: false,
  });
  if (document.errors.length > 0) {
    return {
      kind: "refused",
      problems: document.errors.map((error) =>
        problem(file, error.pos[0], "test_syntax", firstLine(error.message), "write it as YAML"),
      ),
    };
  }
  const place = (path: readonly PropertyKey[]): number => {
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return node.range[0];
    }
    return 0;
  };
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    const message = cause instanceof Error ? firstLine(cause.message).toLowerCase() : "it cannot be read";
    return {
      kind: "refused",
      problems: [problem(file, 0, "test_syntax", message, "write it out without that many aliases")],
    };
  }
  const result = testFile.safeParse(value);
  if (!result.success)
    return { kind: "refused", problems: result.error.issues.flatMap((issue) => issueProblems(file, issue, place)) };
  const cases = result.data.cases.map((one, i) => ({ ...one, line: lines.linePos(place(["cases", i])).line }));
  return { kind: "parsed", tests: { file, agents: result.data.agents, tools: result.data.tools, cases } };
}

const KEYS = [...Object.keys(testFile.shape), ...Object.keys(testCase.shape)];

function issueProblems(
  file: PolicyFile,
  issue: z.core.$ZodIssue,
  place: (path: readonly PropertyKey[]) => number,
): readonly Problem[] {
  const where = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) =>
      problem(
        file,
        place([...issue.path, key]),
        "test_invalid",
        `there is no \`${key}\`${where === "" ? "" : ` in ${where}`}`,
        didYouMean(key, KEYS) ?? "see the starter policies for what a test may say",
      ),
    );
  }
  return [
    problem(
      file,
      place(issue.path),
      "test_invalid",
      `${where === "" ? "the file" : where}: ${firstLine(issue.message).toLowerCase()}`,
      "see the starter policies for what a test may say",
    ),
  ];
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? text;
}
