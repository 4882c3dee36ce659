import { type Effects, type EffectKind } from "./effect.ts";
import type { Facts } from "./error.ts";
import { type Json, type JsonObject, isObject, own } from "./json.ts";
import { climbs, globMatches, normalisePath } from "./path.ts";
import { describeTables, outsideTables, type TableLimits } from "./table-access.ts";

/** A limit on one argument, or on all of them at once. Closed: a kind this version does not know is refused when it is read. */
export type Constraint =
  | { readonly kind: "exact"; readonly argument: string; readonly value: Json }
  | { readonly kind: "one_of"; readonly argument: string; readonly values: readonly Json[] }
  /** Over the text as it is; one that climbs is outside, since it ends elsewhere than it starts. */
  | { readonly kind: "prefix"; readonly argument: string; readonly prefix: string }
  | { readonly kind: "range"; readonly argument: string; readonly min?: number; readonly max?: number }
  /** Over the canonical absolute path; `base` is what a relative argument starts from. */
  | { readonly kind: "glob"; readonly argument: string; readonly pattern: string; readonly base: string }
  /** These arguments, and no other beside them: one call. */
  | { readonly kind: "whole"; readonly argument: ""; readonly value: JsonObject }
  /** Over what the statement would touch: these tables and columns, and no effect beside reading, writing and deleting
   *  them. */
  | { readonly kind: "tables"; readonly argument: ""; readonly tables: TableLimits }
  /** Over what the call would do, however it is said: no other kinds of effect, hosts or paths. */
  | {
      readonly kind: "only";
      readonly argument: "";
      readonly effects: readonly EffectKind[];
      /** As `effects.hosts` has them; null for any. */
      readonly hosts: readonly string[] | null;
      /** A pattern over canonical paths; null for any. */
      readonly paths: string | null;
    };

export interface Violation {
  readonly argument: string;
  readonly facts: Facts;
}

/** Null when `argument` of `input` is present and inside the limit, or what the call would do is. A missing argument is
 *  outside every limit, and so is a call of which it is not known what it would do. */
export function violates(constraint: Constraint, input: Json, effects: Effects | null = null): Violation | null {
  if (constraint.kind === "tables" || constraint.kind === "only") {
    const why = effects === null ? "what the call does is not known" : beyond(constraint, effects);
    return why === null ? null : { argument: "", facts: { limit: why } };
  }
  const value = constraint.kind === "whole" ? input : at(input, constraint.argument);
  return value !== undefined && admits(constraint, value)
    ? null
    : {
        argument: constraint.argument,
        facts: { argument: constraint.argument, limit: `it asks that ${describe(constraint)}` },
      };
}

const OF_TABLES: readonly EffectKind[] = ["read", "write", "delete"];
const CARELESS = ["dynamic", "volatile", "defines", "elevated", "fetch-and-run"] as const;

/** Why what the call would do is outside a limit on that; null when it is inside. */
function beyond(limit: Extract<Constraint, { kind: "tables" | "only" }>, effects: Effects): string | null {
  const allowed = limit.kind === "tables" ? OF_TABLES : limit.effects;
  if (effects.kinds.length === 0) return "what the call does is not known";
  const odd = effects.kinds.find((kind) => !allowed.includes(kind));
  if (odd !== undefined) return `it allows no call that would ${odd === "unknown" ? "do what nobody knows" : odd}`;
  const unseen = effects.unrepresented[0];
  if (unseen !== undefined) return `what \`${unseen}\` names cannot be seen`;
  if (limit.kind === "tables") {
    const trait = CARELESS.find((one) => effects.traits.includes(one));
    if (trait !== undefined) return `it allows no statement that is ${trait}`;
    const [path, host] = [effects.paths[0], effects.hosts[0]];
    if (path !== undefined) return `it allows no statement that touches the file ${path}`;
    if (host !== undefined) return `it allows no statement that reaches ${host}`;
    return outsideTables(limit.tables, effects.access, effects.counted);
  }
  const { hosts, paths } = limit;
  const host = hosts === null ? undefined : effects.hosts.find((one) => !hosts.includes(one));
  if (host !== undefined) return `it does not name the host ${host}`;
  const path = paths === null ? undefined : effects.paths.find((one) => !globMatches(paths, one));
  return path === undefined ? null : `${path} is not inside ${paths}`;
}

/** Whether a value that is there is inside the limit. */
export function admits(constraint: Constraint, value: Json): boolean {
  switch (constraint.kind) {
    case "tables":
    case "only":
      return false;
    case "exact":
    case "whole":
      return same(constraint.value, value);
    case "one_of":
      return constraint.values.some((allowed) => same(allowed, value));
    case "prefix":
      return typeof value === "string" && value.startsWith(constraint.prefix) && !climbs(value);
    case "range":
      return (
        typeof value === "number" &&
        (constraint.min === undefined || value >= constraint.min) &&
        (constraint.max === undefined || value <= constraint.max)
      );
    case "glob": {
      const values = Array.isArray(value) ? (value as readonly Json[]) : [value];
      return (
        values.length > 0 &&
        values.every((one) => {
          const path = typeof one === "string" ? normalisePath(one, constraint.base) : null;
          return path !== null && globMatches(constraint.pattern, path);
        })
      );
    }
  }
}

/** The limit in words that a person and an agent can act on. */
export function describe(constraint: Constraint): string {
  switch (constraint.kind) {
    case "exact":
      return `\`${constraint.argument}\` is ${JSON.stringify(constraint.value)}`;
    case "one_of":
      return `\`${constraint.argument}\` is one of ${constraint.values.map((v) => JSON.stringify(v)).join(", ")}`;
    case "prefix":
      return `\`${constraint.argument}\` starts with ${JSON.stringify(constraint.prefix)}`;
    case "range": {
      const low = constraint.min === undefined ? "" : `at least ${constraint.min}`;
      const high = constraint.max === undefined ? "" : `at most ${constraint.max}`;
      return `\`${constraint.argument}\` is ${[low, high].filter(Boolean).join(" and ")}`;
    }
    case "glob":
      return `\`${constraint.argument}\` is inside ${constraint.pattern}`;
    case "whole":
      return `the arguments are ${JSON.stringify(constraint.value)} and no other`;
    case "tables":
      return `it touches nothing but ${describeTables(constraint.tables)}`;
    case "only": {
      const { effects, hosts, paths } = constraint;
      const where = [
        hosts === null ? "" : ` at ${hosts.join(", ") || "no host"}`,
        paths === null ? "" : ` inside ${paths}`,
      ];
      return `it does nothing but ${effects.join(", ")}${where.join("")}`;
    }
  }
}

/** Looks up `a.b.c`; an own member only. */
function at(input: Json, path: string): Json | undefined {
  let here: Json | undefined = input;
  for (const key of path.split(".")) {
    if (here === undefined || !isObject(here)) return undefined;
    here = own(here, key);
  }
  return here;
}

/** JSON equality; member order does not count, `1` and `"1"` differ. */
function same(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item: Json, i) => same(item, b[i] as Json));
  }
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && same(a[key] as Json, b[key] as Json))
    );
  }
  return false;
}
