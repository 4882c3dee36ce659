import { createHash } from "node:crypto";
import { type AgentName, qualified, type ServerName } from "../domain/ids.ts";
import type { ToolDefinition } from "../domain/tool.ts";
import { type Annotations, readAnnotations } from "./annotations.ts";
import { parsePolicy } from "./cedar.ts";
import { compiledEvaluator } from "./compiled/evaluator.ts";
import { readsCounters } from "./counters.ts";
import type { Evaluator } from "./evaluator.ts";
import { checkNames, type Names } from "./names.ts";
import { type PolicyFile, position, problem, type Problem } from "./problem.ts";
import { type Chunk, scan } from "./scan.ts";
import { buildSchema, type GatewaySchema, type Omitted } from "./schema.ts";
import { LoadedSet, type WritRule } from "./set.ts";
import { engineProblem, type Parsed, validate } from "./validate.ts";

/** An agent as policy knows it: its roles, and the capability levels it has earned. */
export interface PolicyAgent {
  readonly name: AgentName;
  readonly roles: readonly string[];
  readonly levels: Readonly<Record<string, number>>;
}

export interface LoadInput {
  readonly files: readonly PolicyFile[];
  readonly definitions: readonly ToolDefinition[];
  /** Every configured server, whether or not its tools have been seen. */
  readonly servers: readonly ServerName[];
  readonly agents: readonly PolicyAgent[];
  /** Roles that people can hold; null leaves the roles of `@ask` unchecked. */
  readonly askRoles: readonly string[] | null;
}

export type Loaded =
  | {
      readonly kind: "loaded";
      readonly set: LoadedSet;
      /** What no policy can speak of. */
      readonly omitted: readonly Omitted[];
      readonly warnings: readonly Problem[];
    }
  /** Nothing of it is in force; every problem at once, in order of file and place. */
  | { readonly kind: "refused"; readonly problems: readonly Problem[] };

/** Reads, checks and readies policy files. Loads all of them or none: a policy left out could be a forbid. */
export function loadPolicies(input: LoadInput, evaluator: Evaluator = compiledEvaluator): Loaded {
  const schema = buildSchema(byName(input.definitions), input.servers);
  const names: Names = {
    actions: schema.actions,
    servers: new Set([...input.servers, ...input.definitions.map((definition) => definition.server)]),
    agents: new Set(input.agents.map((agent) => agent.name)),
    roles: new Set(input.agents.flatMap((agent) => agent.roles)),
  };
  const askRoles = input.askRoles === null ? null : new Set(input.askRoles);
  const problems: Problem[] = [];
  const parsed: Parsed[] = [];
  for (const file of input.files) {
    const { chunks, flaws } = scan(file.text);
    problems.push(...flaws.map((flaw) => problem(file, flaw.at, flaw.code, flaw.message, flaw.hint)));
    for (const chunk of chunks) {
      if (flaws.some((flaw) => flaw.at >= chunk.start && flaw.at < chunk.start + chunk.text.length)) continue;
      const one = parse(file, chunk, names, askRoles);
      problems.push(...one.problems);
      if (one.parsed !== null) parsed.push(one.parsed);
    }
  }
  problems.push(...duplicates(parsed));
  const { errors, warnings } = validate(schema, parsed, problems);
  problems.push(...errors);
  if (problems.length > 0) return { kind: "refused", problems: inOrder(problems, input.files) };
  const rules = parsed.map((one) => one.rule);
  const version = versionOf(input, schema);
  const set = new LoadedSet({ version, rules, actions: schema.actions, agents: input.agents, evaluator });
  return {
    kind: "loaded",
    set,
    omitted: schema.omitted,
    warnings: [...silence(input, rules), ...inOrder(warnings, input.files)],
  };
}

function parse(
  file: PolicyFile,
  chunk: Chunk,
  names: Names,
  askRoles: ReadonlySet<string> | null,
): { parsed: Parsed | null; problems: readonly Problem[] } {
  const answer = parsePolicy(chunk.text);
  if (answer.kind === "failed")
    return {
      parsed: null,
      problems: answer.errors.slice(0, 1).map((error) => engineProblem(file, chunk, error, "policy_syntax")),
    };
  const json = answer.value;
  const { annotations, problems } = readAnnotations(file, chunk, json, askRoles);
  const rule: WritRule = {
    id: annotations.id,
    text: chunk.text,
    json,
    ref: { id: annotations.id, file: file.name, line: position(file, chunk.start).line },
    effect: json.effect,
    says: annotations satisfies Annotations,
    readsCounters: readsCounters(json),
  };
  return { parsed: { file, chunk, rule }, problems: [...problems, ...checkNames(file, chunk, json, names)] };
}

function duplicates(parsed: readonly Parsed[]): readonly Problem[] {
  const first = new Map<string, Parsed>();
  return parsed.flatMap((one) => {
    const { id } = one.rule;
    const earlier = first.get(id);
    if (id === "") return [];
    if (earlier === undefined) {
      first.set(id, one);
      return [];
    }
    const { file, line } = earlier.rule.ref;
    return [
      problem(
        one.file,
        one.chunk.start,
        "policy_id_duplicate",
        `the id \`${id}\` is used twice`,
        `another policy has it at ${file}:${line}; give this one an id of its own`,
      ),
    ];
  });
}

/** Nothing is permitted without a permit: said loudly, since it looks like a fault elsewhere. */
function silence(input: LoadInput, rules: readonly WritRule[]): readonly Problem[] {
  if (rules.some((rule) => rule.effect === "permit")) return [];
  const file = { name: input.files[0]?.name ?? "policies", text: "" };
  return rules.length === 0
    ? [
        problem(
          file,
          0,
          "policies_empty",
          "there is no policy, so nothing is permitted",
          "copy the starter policies, or write one",
        ),
      ]
    : [
        problem(
          file,
          0,
          "policies_permit_nothing",
          "no policy permits anything, so everything is denied",
          "write a `permit`, or copy the starter policies",
        ),
      ];
}

/** The order in which servers were heard is no part of what is in force. */
function byName(definitions: readonly ToolDefinition[]): readonly ToolDefinition[] {
  const name = (one: ToolDefinition): string => qualified(one.server, one.name);
  return definitions.toSorted((a, b) => (name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0));
}

function versionOf(input: LoadInput, schema: GatewaySchema): string {
  const stands = [
    input.files.map((file) => [file.name, file.text]),
    schema.json,
    [...schema.actions.values()].map((action) => [action.name, action.definition]),
    input.agents.map((agent) => [agent.name, agent.roles, Object.entries(agent.levels)]),
  ];
  return `sha-256:${createHash("sha256").update(JSON.stringify(stands)).digest("base64url")}`;
}

function inOrder(problems: readonly Problem[], files: readonly PolicyFile[]): readonly Problem[] {
  const order = new Map(files.map((file, i) => [file.name, i]));
  return [...problems].toSorted(
    (a, b) => (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0) || a.line - b.line || a.column - b.column,
  );
}
