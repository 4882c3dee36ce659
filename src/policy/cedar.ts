import {
  checkParseSchema,
  type DetailedError,
  type EntityJson,
  isAuthorized,
  policyToJson,
  type PolicyJson,
  preparsePolicySet,
  preparseSchema,
  type Schema,
  type SchemaJson,
  schemaToJson,
  statefulIsAuthorized,
  type TypeAndId,
  validate,
} from "@cedar-policy/cedar-wasm/nodejs";

// The only file that calls the engine. It throws untyped on what it cannot take in, so every call is wrapped.

export type { DetailedError, EntityJson, PolicyJson, Schema, SchemaJson, TypeAndId };

export type Attempt<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "failed"; readonly errors: readonly DetailedError[] };

export interface CedarRequest {
  readonly principal: TypeAndId;
  readonly action: TypeAndId;
  readonly resource: TypeAndId;
  readonly context: object;
  readonly entities: readonly object[];
  /** Name of a pre-parsed schema that request and entities are held against; null where they are built to fit. */
  readonly schema: string | null;
}

export interface CedarResponse {
  readonly allowed: boolean;
  readonly determining: readonly string[];
  readonly errors: readonly { readonly policy: string; readonly message: string }[];
}

/** The policy as Cedar's own JSON. Integers beyond 2^53 are rounded in it: nothing is judged by them. */
export function parsePolicy(text: string): Attempt<PolicyJson> {
  return attempt(() => {
    const answer = policyToJson(text);
    return answer.type === "success" ? ok(answer.json) : failed(answer.errors);
  });
}

export function parseSchema(schema: Schema): Attempt<null> {
  return attempt(() => {
    const answer = checkParseSchema(schema);
    return answer.type === "success" ? ok(null) : failed(answer.errors);
  });
}

export function schemaAsJson(text: string): Attempt<SchemaJson<string>> {
  return attempt(() => {
    const answer = schemaToJson(text);
    return answer.type === "success" ? ok(answer.json) : failed(answer.errors);
  });
}

export interface Finding {
  readonly policy: string;
  readonly error: DetailedError;
}

/** Strict validation of the policies, by id, against `schema`. */
export function check(
  schema: Schema,
  policies: Readonly<Record<string, string>>,
): Attempt<{ errors: readonly Finding[]; warnings: readonly Finding[] }> {
  return attempt(() => {
    const answer = validate({
      schema,
      policies: { staticPolicies: { ...policies } },
      validationSettings: { mode: "strict" },
    });
    if (answer.type === "failure") return failed(answer.errors);
    const finding = (one: { policyId: string; error: DetailedError }): Finding => ({
      policy: one.policyId,
      error: one.error,
    });
    return ok({ errors: answer.validationErrors.map(finding), warnings: answer.validationWarnings.map(finding) });
  });
}

/** Puts a parsed set under `id`, in place of what was there. The engine never frees an id. */
export function keepPolicies(id: string, policies: Readonly<Record<string, string>>): Attempt<null> {
  return attempt(() => {
    const answer = preparsePolicySet(id, { staticPolicies: { ...policies } });
    return answer.type === "success" ? ok(null) : failed(answer.errors);
  });
}

export function keepSchema(name: string, schema: Schema): Attempt<null> {
  return attempt(() => {
    const answer = preparseSchema(name, schema);
    return answer.type === "success" ? ok(null) : failed(answer.errors);
  });
}

/** Judges the request by the set kept under `id`. */
export function judgeKept(id: string, request: CedarRequest): Attempt<CedarResponse> {
  return attempt(() => {
    const { principal, action, resource } = request;
    const answer = statefulIsAuthorized({
      principal,
      action,
      resource,
      context: request.context as Record<string, never>,
      entities: request.entities as EntityJson[],
      preparsedPolicySetId: id,
      ...(request.schema === null ? {} : { preparsedSchemaName: request.schema, validateRequest: true }),
    });
    return answer.type === "success" ? ok(response(answer.response)) : failed(answer.errors);
  });
}

/** Judges the request by the whole set, parsed on the spot: slow, and the yardstick for everything faster. */
export function judgeWhole(policies: Readonly<Record<string, string>>, request: CedarRequest): Attempt<CedarResponse> {
  return attempt(() => {
    const { principal, action, resource } = request;
    const answer = isAuthorized({
      principal,
      action,
      resource,
      context: request.context as Record<string, never>,
      entities: request.entities as EntityJson[],
      policies: { staticPolicies: { ...policies } },
    });
    return answer.type === "success" ? ok(response(answer.response)) : failed(answer.errors);
  });
}

function response(given: {
  decision: string;
  diagnostics: { reason: string[]; errors: { policyId: string; error: DetailedError }[] };
}): CedarResponse {
  return {
    allowed: given.decision === "allow",
    determining: given.diagnostics.reason,
    errors: given.diagnostics.errors.map((one) => ({ policy: one.policyId, message: one.error.message })),
  };
}

function attempt<T>(body: () => Attempt<T>): Attempt<T> {
  try {
    return body();
  } catch (cause) {
    return failed([bare(cause instanceof Error ? cause.message : String(cause))]);
  }
}

function ok<T>(value: T): Attempt<T> {
  return { kind: "ok", value };
}

function failed(errors: readonly DetailedError[]): { kind: "failed"; errors: readonly DetailedError[] } {
  return { kind: "failed", errors: errors.length === 0 ? [bare("the engine refused it and did not say why")] : errors };
}

function bare(message: string): DetailedError {
  return { message, help: null, code: null, url: null, severity: null };
}
