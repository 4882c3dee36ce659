import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import {
  check,
  type EntityJson,
  keepSchema,
  parsePolicy,
  schemaAsJson,
  type TypeAndId,
} from "../../src/policy/cedar.ts";
import { judge as judgeCompiled } from "../../src/policy/compiled/evaluator.ts";
import { type Evaluation, wasmEvaluator } from "../../src/policy/evaluator.ts";
import { scan } from "../../src/policy/scan.ts";
import { bareUid, entityKey, type Rule, SliceIndex } from "../../src/policy/slice.ts";
import type { CorpusResult, Disagreement } from "./run.ts";

interface Vector {
  readonly id: string;
  readonly policies: string;
  readonly schema: string;
  readonly entities: string;
  readonly shouldValidate: boolean;
  readonly requests: readonly {
    readonly description: string;
    readonly principal: TypeAndId;
    readonly action: TypeAndId;
    readonly resource: TypeAndId;
    readonly context: object;
    readonly decision: "allow" | "deny";
    readonly reason: readonly string[];
    readonly errors: readonly string[];
  }[];
}

const SCHEMA = "corpus";
const NO_ACTION = /unable to find an applicable action/;

/** Cedar's own integration tests through our cutting, slicing, pooling and evaluating, beneath the rule that an error
 *  denies: decision, determining policies and failing policies, and whether strict validation takes the policy. */
export async function run(folder: string): Promise<CorpusResult> {
  const file = join(folder, "cedar-corpus.jsonl.gz");
  const disagreements: Disagreement[] = [];
  const ran = new Set<string>();
  if (!existsSync(file)) return { passed: 0, failed: 0, disagreements, ran };
  for (const line of gunzipSync(readFileSync(file)).toString("utf8").split("\n")) {
    if (line === "") continue;
    const vector = exactJson(line) as Vector;
    for (const { name, what } of judge(vector)) {
      ran.add(name);
      if (what !== null) disagreements.push({ name, what });
    }
  }
  return { passed: ran.size - disagreements.length, failed: disagreements.length, disagreements, ran };
}

function* judge(vector: Vector): Generator<{ name: string; what: string | null }> {
  const rules = rulesOf(vector.policies);
  const validation = `${vector.id} validation`;
  const schema = keepSchema(SCHEMA, vector.schema);
  if (typeof rules === "string" || schema.kind === "failed") {
    const what = typeof rules === "string" ? rules : "the schema does not parse";
    yield { name: validation, what };
    for (const { description } of vector.requests) yield { name: `${vector.id} ${description}`, what };
    return;
  }
  const checked = check(vector.schema, Object.fromEntries(rules.map((rule) => [rule.id, rule.text])));
  // A policy that fits no action is a warning to this release of the engine, an error to the one the vectors are
  // from, and an error to our loader.
  const valid =
    checked.kind === "ok" &&
    checked.value.errors.length === 0 &&
    !checked.value.warnings.some((one) => NO_ACTION.test(one.error.message));
  yield {
    name: validation,
    what: valid === vector.shouldValidate ? null : `strict validation ${valid ? "takes" : "refuses"} it`,
  };

  const entities = exactJson(vector.entities) as readonly EntityJson[];
  const above = hierarchy(entities, vector.schema);
  const index = new SliceIndex(rules);
  for (const request of vector.requests) {
    const { principal, action, resource, context } = request;
    const slice = index.find({ principal: above(principal), action: above(action), resource: above(resource) });
    const got = wasmEvaluator.evaluate(slice, { principal, action, resource, context, entities, schema: SCHEMA });
    yield { name: `${vector.id} ${request.description}`, what: difference(got, request) };
    // Where the compiled policies have an answer of their own, it is Cedar's.
    const known = [...entities, ...bare(action, above(action), entities)];
    const quick = judgeCompiled(slice, { principal, action, resource, context, entities: known, schema: null });
    if (quick !== null)
      yield { name: `${vector.id} ${request.description} compiled`, what: difference(quick, request) };
  }
}

/** The action with what the schema puts it under, where the entities do not say it. */
function bare(action: TypeAndId, over: readonly string[], entities: readonly EntityJson[]): readonly EntityJson[] {
  const key = entityKey(action);
  if (entities.some((one) => entityKey(bareUid(one.uid)) === key)) return [];
  const parents = over.filter((one) => one !== key).map((one) => one.split("\0", 2));
  return [{ uid: action, attrs: {}, parents: parents.map(([type = "", id = ""]) => ({ type, id })) }];
}

/** The policies under the names that the vectors give them, by place. */
function rulesOf(text: string): readonly Rule[] | string {
  const { chunks } = scan(text);
  const rules = chunks.map((chunk, i): Rule | null => {
    const parsed = parsePolicy(chunk.text);
    return parsed.kind === "ok" ? { id: `policy${i}`, text: chunk.text, json: parsed.value } : null;
  });
  const parsed = rules.filter((rule) => rule !== null);
  return parsed.length === rules.length ? parsed : "a policy does not parse";
}

function difference(got: Evaluation, want: Vector["requests"][number]): string | null {
  if (got.kind === "failed") return `not judged: ${got.why}`;
  if (got.decision !== want.decision) return `${got.decision}, Cedar says ${want.decision}`;
  if (!same(got.determining, want.reason))
    return `decided by [${got.determining.join()}], Cedar says [${want.reason.join()}]`;
  const failing = got.errors.map((error) => error.policy);
  return same(failing, want.errors) ? null : `failing [${failing.join()}], Cedar says [${want.errors.join()}]`;
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return [...new Set(a)].toSorted().join("\0") === [...new Set(b)].toSorted().join("\0");
}

/** An entity's key and those of all it is in, by the entities given and the action groups of the schema. */
function hierarchy(entities: readonly EntityJson[], schema: string): (entity: TypeAndId) => readonly string[] {
  const parents = new Map<string, string[]>();
  const add = (child: string, parent: string): void => void parents.set(child, [...(parents.get(child) ?? []), parent]);
  for (const entity of entities)
    for (const parent of entity.parents) add(entityKey(bareUid(entity.uid)), entityKey(bareUid(parent)));
  const json = schemaAsJson(schema);
  for (const [namespace, { actions }] of json.kind === "ok" ? Object.entries(json.value) : []) {
    const type = namespace === "" ? "Action" : `${namespace}::Action`;
    for (const [id, action] of Object.entries(actions)) {
      for (const group of action.memberOf ?? []) {
        for (const one of new Set([
          group.type ?? type,
          ...(group.type === undefined ? [] : [`${namespace}::${group.type}`]),
        ])) {
          add(entityKey({ type, id }), entityKey({ type: one, id: group.id }));
        }
      }
    }
  }
  return (entity) => {
    const found = new Set([entityKey(entity)]);
    for (const key of found) for (const parent of parents.get(key) ?? []) found.add(parent);
    return [...found];
  };
}

/** JSON with every integer as it is written: one that a JavaScript number would round keeps its text instead. */
function exactJson(text: string): unknown {
  const { parse, rawJSON } = JSON as unknown as {
    parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
    rawJSON(text: string): unknown;
  };
  return parse(text, (_, value, { source }) => {
    return typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value) && source !== undefined
      ? rawJSON(source)
      : value;
  });
}
