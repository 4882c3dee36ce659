import { createHash } from "node:crypto";
import type { AgentName } from "../domain/ids.ts";
import { qualified, splitQualified } from "../domain/ids.ts";
import type { JsonObject } from "../domain/json.ts";
import type { ToolDefinition } from "../domain/tool.ts";
import type { PolicyVerdict } from "../ports/policy.ts";
import { type Loaded, type LoadInput, loadPolicies } from "./load.ts";
import { didYouMean, type PolicyFile, type Problem } from "./problem.ts";
import { sampleRequest } from "./sample-request.ts";
import { parseTestFile, type TestCase, type TestFile } from "./test-file.ts";

export interface TestResult {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly passed: boolean;
  /** What came instead; null when it passed. */
  readonly why: string | null;
}

export interface TestReport {
  /** All cases passed and every file could be read: nothing here stands against applying. */
  readonly passed: boolean;
  readonly results: readonly TestResult[];
  readonly problems: readonly Problem[];
  /** Policy files without tests beside them. */
  readonly untested: readonly string[];
}

/** Runs the tests beside the policies (`x.test.yaml` for `x.cedar`) against the whole set, as it would be in force. */
export function runPolicyTests(input: LoadInput, files: readonly PolicyFile[]): TestReport {
  const results: TestResult[] = [];
  const problems: Problem[] = [];
  for (const file of files) {
    const parsed = parseTestFile(file);
    if (parsed.kind === "refused") problems.push(...parsed.problems);
    else {
      const outcome = runFile(input, parsed.tests);
      results.push(...outcome.results);
      problems.push(...outcome.problems);
    }
  }
  const beside = new Set(files.map((file) => file.name.replace(/\.test\.ya?ml$/, "")));
  const untested = input.files.map((file) => file.name).filter((name) => !beside.has(name.replace(/\.cedar$/, "")));
  return { passed: problems.length === 0 && results.every((one) => one.passed), results, problems, untested };
}

function runFile(input: LoadInput, tests: TestFile): { results: readonly TestResult[]; problems: readonly Problem[] } {
  const agents = Object.entries(tests.agents).map(([name, one]) => ({
    name: name as AgentName,
    roles: one.roles,
    levels: one.levels,
  }));
  const known = new Set(agents.map((agent) => agent.name));
  const widened = withTools(
    { ...input, agents: [...input.agents.filter((agent) => !known.has(agent.name)), ...agents] },
    tests.tools,
  );
  const loaded = loadPolicies(widened);
  if (loaded.kind === "refused") return { results: [], problems: loaded.problems };
  return {
    problems: [],
    results: tests.cases.map((one) => {
      const why = runCase(widened, loaded, one);
      return { file: tests.file.name, line: one.line, name: one.name, passed: why === null, why };
    }),
  };
}

/** Null when it came out as expected. */
function runCase(input: LoadInput, loaded: Loaded, one: TestCase): string | null {
  const own = one.definition === undefined ? input : withTools(input, { [one.tool]: one.definition });
  const now = one.definition === undefined ? loaded : loadPolicies(own);
  if (now.kind === "refused") return now.problems[0]?.message ?? "the policies do not load with this definition";
  const agents = own.agents.map((agent) => agent.name);
  if (!agents.includes(one.agent as AgentName)) {
    return `there is no agent \`${one.agent}\`: ${didYouMean(one.agent, agents) ?? "name it under `agents` of this file"}`;
  }
  const definition = own.definitions.find((tool) => qualified(tool.server, tool.name) === one.tool) ?? null;
  const levels = own.agents.find((agent) => agent.name === one.agent)?.levels;
  const request = sampleRequest({ ...one, definition, levels });
  if (request === null) return `\`${one.tool}\` is not a tool: write \`server__tool\``;
  if (!now.set.knows(one.tool)) {
    return `there is no tool \`${one.tool}\`: ${didYouMean(one.tool, now.set.actionNames()) ?? "give its `definition`, or name it under `tools` of this file"}`;
  }
  return compare(one, now.set.evaluate(request));
}

function compare(one: TestCase, verdict: PolicyVerdict): string | null {
  const ids = verdict.policies.map((policy) => policy.id).toSorted();
  const by = ids.length === 0 ? "no policy" : ids.join(", ");
  if (verdict.kind !== one.expect)
    return `expected ${one.expect}, got ${verdict.kind} by ${by}${verdict.kind === "error" ? ` (${verdict.why})` : ""}`;
  if (one.policies === undefined) return null;
  const wanted = [...one.policies].toSorted();
  return wanted.join("\0") === ids.join("\0")
    ? null
    : `expected ${one.expect} by ${wanted.join(", ")}, got it by ${by}`;
}

/** The deployment with these tools beside its own, or in their place. */
function withTools(input: LoadInput, tools: Readonly<Record<string, { readonly inputSchema: JsonObject }>>): LoadInput {
  const added = Object.entries(tools).flatMap(([name, tool]): ToolDefinition[] => {
    const split = splitQualified(name);
    if (split === null) return [];
    const body = { name: split.tool, inputSchema: tool.inputSchema };
    const hash = `sha-256:${createHash("sha256").update(JSON.stringify(body)).digest("base64url")}`;
    return [{ server: split.server, name: split.tool, body, hash: hash as ToolDefinition["hash"] }];
  });
  const names = new Set(Object.keys(tools));
  return {
    ...input,
    definitions: [...input.definitions.filter((tool) => !names.has(qualified(tool.server, tool.name))), ...added],
  };
}
