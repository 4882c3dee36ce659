import { check, type DetailedError, type Finding } from "./cedar.ts";
import { entities } from "./expression.ts";
import { type PolicyFile, problem, type Problem, unitsOf } from "./problem.ts";
import type { Chunk } from "./scan.ts";
import { type Action, type GatewaySchema, toCedar } from "./schema.ts";
import type { WritRule } from "./set.ts";
import { bareUid } from "./slice.ts";

/** A policy that parses, and where it came from. */
export interface Parsed {
  readonly file: PolicyFile;
  readonly chunk: Chunk;
  readonly rule: WritRule;
}

/** Strict validation by the engine. What `known` already told at the same place is not told again. */
export function validate(
  schema: GatewaySchema,
  parsed: readonly Parsed[],
  known: readonly Problem[],
): { errors: readonly Problem[]; warnings: readonly Problem[] } {
  const answers = batches(schema, parsed).map(({ json, places }) => ({
    places,
    answer: checkBatch(json, parsed, places),
  }));
  const refused = answers.find(({ answer }) => answer.kind === "failed");
  if (refused?.answer.kind === "failed") {
    const first = parsed[refused.places[0] ?? 0];
    const message = refused.answer.errors[0]?.message ?? "the engine refused the policies";
    return {
      errors:
        first === undefined
          ? []
          : [
              problem(
                first.file,
                first.chunk.start,
                "policy_invalid",
                message,
                "this is the engine's word on several policies at once",
              ),
            ],
      warnings: [],
    };
  }
  const found = answers.flatMap(({ answer }) => (answer.kind === "ok" ? [answer.value] : []));
  const told = new Set(known.map(placeKey));
  const collect = (findings: readonly Finding[], fallback: string): readonly Problem[] => {
    const unique = new Map<string, Problem>();
    for (const { policy, error } of findings) {
      const one = parsed[Number(policy.slice(1))];
      if (one === undefined) continue;
      const made = engineProblem(one.file, one.chunk, error, fallback);
      if (made.code === "tool_unknown" || made.code === "type_unknown" ? told.has(placeKey(made)) : false) continue;
      // One mistake in a rule for all tools is found once for each tool.
      const key = `${placeKey(made)}:${made.code}`;
      if (!unique.has(key)) unique.set(key, made);
    }
    return [...unique.values()];
  };
  const errors = collect(
    found.flatMap((one) => one.errors),
    "policy_invalid",
  );
  // Without a server there is no action that anything could apply to, which says nothing about the policies.
  const warnings =
    schema.actions.size === 0
      ? []
      : collect(
          found.flatMap((one) => one.warnings),
          "policy_impossible",
        );
  const unapplied = warnings.filter((one) => one.code === "policy_never_applies");
  const impossible = warnings.filter(
    (one) => one.code !== "policy_never_applies" && !unapplied.some((other) => placeKey(other) === placeKey(one)),
  );
  // What is wrong with a policy already says why it fits nothing.
  const broken = new Set([...known, ...errors].map((one) => one.file));
  return {
    errors: [...errors, ...unapplied.filter((one) => !broken.has(one.file))],
    warnings: impossible.filter((one) => !broken.has(one.file)),
  };
}

/** The engine holds each policy against every action of the schema it is given. A policy whose scope names its actions
 *  needs only those it mentions; the others are checked against all. */
function batches(
  schema: GatewaySchema,
  parsed: readonly Parsed[],
): readonly { readonly json: GatewaySchema["json"]; readonly places: readonly number[] }[] {
  const byActions = new Map<string, { actions: readonly Action[] | null; places: number[] }>();
  for (const [i, { rule }] of parsed.entries()) {
    const actions = actionsOf(schema, rule);
    const key = JSON.stringify(actions?.map((action) => action.name) ?? null);
    const batch = byActions.get(key) ?? { actions, places: [] };
    batch.places.push(i);
    byActions.set(key, batch);
  }
  return [...byActions.values()].map(({ actions, places }) => ({
    json: actions === null ? schema.json : toCedar(actions),
    places,
  }));
}

function actionsOf(schema: GatewaySchema, rule: WritRule): readonly Action[] | null {
  const scope = scopeActions(rule.json);
  if (scope === null || scope.length === 0 || !scope.every((id) => schema.actions.has(id))) return null;
  const mentioned = entities(rule.json)
    .filter((entity) => entity.type === "Writ::Action")
    .map((entity) => entity.id);
  return [...new Set(mentioned)].toSorted().flatMap((id) => schema.actions.get(id) ?? []);
}

/** Ids of the actions the scope names; null when it is open. */
function scopeActions({ action }: WritRule["json"]): readonly string[] | null {
  if (action.op === "All") return null;
  if ("entities" in action) return action.entities.map((uid) => bareUid(uid).id);
  return "entity" in action ? [bareUid(action.entity).id] : null;
}

function checkBatch(
  json: GatewaySchema["json"],
  parsed: readonly Parsed[],
  places: readonly number[],
): ReturnType<typeof check> {
  return check(json, Object.fromEntries(places.map((i) => [`p${i}`, parsed[i]?.rule.text ?? ""])));
}

/** What the engine says, at its place in the file and under a code of ours. */
export function engineProblem(file: PolicyFile, chunk: Chunk, error: DetailedError, fallback: string): Problem {
  const where = error.sourceLocations?.[0];
  const offset = chunk.start + (where === undefined ? 0 : unitsOf(chunk.text, where.start));
  const message = error.message
    .replace(/^for policy `[^`]*`, /, "")
    .replace(/^failed to parse policy (?:with id `[^`]*` )?from string: /, "");
  const code = CODES.find(([pattern]) => pattern.test(message))?.[1] ?? fallback;
  return problem(
    file,
    offset,
    code,
    message,
    error.help ?? where?.label ?? HINTS[code] ?? "Cedar's own documentation explains it",
  );
}

const CODES: readonly (readonly [RegExp, string])[] = [
  [/^attribute .* not found/, "attribute_unknown"],
  [/access to optional attribute/, "attribute_optional"],
  [/^unrecognized action/, "tool_unknown"],
  [/^unrecognized entity type/, "type_unknown"],
  [/^unexpected type|^the types .* are not compatible|^types .* are not compatible/, "type_mismatch"],
  [/template/, "policy_template"],
  [/unable to find an applicable action/, "policy_never_applies"],
  [/policy is impossible/, "policy_impossible"],
];

const HINTS: Readonly<Record<string, string>> = {
  policy_syntax: "read it up to this place: something before it is not finished, or does not belong",
  attribute_unknown:
    "`writ tools list` shows the arguments of a tool; some are left out because Cedar cannot type them",
  policy_never_applies: "no known tool fits its scope",
  policy_impossible: "its condition holds for no request; look for a comparison that cannot be true",
};

function placeKey(one: Problem): string {
  return `${one.file}:${one.line}:${one.column}`;
}
