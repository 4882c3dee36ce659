import { admits, type Constraint, describe } from "./constraint.ts";
import type { Grant } from "./grant.ts";
import type { AgentName, InstanceId } from "./ids.ts";
import type { Json } from "./json.ts";
import { globWithin } from "./path.ts";
import { tablesWithin } from "./table-access.ts";

/** One that acted before and handed work down: never a reason to permit, always one to revoke. */
export interface Delegator {
  readonly agent: AgentName;
  readonly instance: InstanceId;
}

/** The actors of one credential at most, who acts included: longer chains are nobody's to understand. */
export const MOST_ACTORS = 4;

/** What somebody wants handed down. */
export type Wanted = Pick<Grant, "tools" | "constraints" | "uses">;

export type HandedDown =
  /** Within `from`; `from` now holds that many uses less. */
  | { readonly kind: "within"; readonly given: Wanted; readonly from: Grant }
  | { readonly kind: "wider"; readonly why: string };

/** Splits `wanted` off `from`: the same tools or fewer, every limit as narrow or narrower, uses taken from those left.
 *  What cannot be shown to be narrower counts as wider, a kind of limit that this version does not know too. */
export function handDown(from: Grant, wanted: Wanted, now: number): HandedDown {
  if (from.revoked || now >= from.expiresAt) return wider("it is over");
  const foreign = wanted.tools.find((tool) => !from.tools.some((pattern) => reaches(pattern, tool)));
  if (wanted.tools.length === 0 || foreign !== undefined) return wider(`it names no tool ${foreign ?? ""}`.trimEnd());
  const constraints = wanted.constraints.map((one) => rebased(one, from.constraints));
  const open = from.constraints.find((limit) => !constraints.some((own) => narrows(own, limit)));
  if (open !== undefined) return wider(`it asks that ${describe(open)}`);
  if (wanted.uses !== null && !(Number.isSafeInteger(wanted.uses) && wanted.uses > 0)) return wider("it counts uses");
  const given = { tools: wanted.tools, constraints, uses: wanted.uses };
  if (from.uses === null) return { kind: "within", given, from };
  if (wanted.uses === null) return wider(`it is good for ${from.uses} uses, so say how many of them`);
  if (wanted.uses > from.uses - from.used) return wider(`it has ${from.uses - from.used} uses left`);
  return { kind: "within", given, from: { ...from, used: from.used + wanted.uses } };
}

/** True when every value that `own` admits, `limit` admits. Sound and not complete: false where that is not plain. */
export function narrows(own: Constraint, limit: Constraint): boolean {
  // What was given for one call is not handed on.
  if (own.argument !== limit.argument || limit.kind === "whole") return false;
  switch (own.kind) {
    case "exact":
      return admitted(limit, [own.value]);
    case "one_of":
      return admitted(limit, own.values);
    case "prefix":
      return limit.kind === "prefix" && own.prefix.startsWith(limit.prefix);
    case "range":
      return limit.kind === "range" && atLeast(own.min, limit.min) && atMost(own.max, limit.max);
    case "glob":
      return limit.kind === "glob" && own.base === limit.base && globWithin(own.pattern, limit.pattern);
    case "tables":
      return limit.kind === "tables" && tablesWithin(own.tables, limit.tables);
    case "only":
      return (
        limit.kind === "only" &&
        own.effects.every((kind) => limit.effects.includes(kind)) &&
        (limit.hosts === null || (own.hosts ?? ["*"]).every((host) => limit.hosts?.includes(host) === true)) &&
        (limit.paths === null || (own.paths !== null && globWithin(own.paths, limit.paths)))
      );
    default:
      return false;
  }
}

function admitted(limit: Constraint, values: readonly Json[]): boolean {
  return values.length > 0 && values.every((value) => admits(limit, value) === true);
}

function atLeast(own: number | undefined, limit: number | undefined): boolean {
  return limit === undefined || (own !== undefined && own >= limit);
}

function atMost(own: number | undefined, limit: number | undefined): boolean {
  return limit === undefined || (own !== undefined && own <= limit);
}

function reaches(pattern: string, tool: string): boolean {
  return pattern === tool || (pattern.endsWith("__*") && tool.startsWith(pattern.slice(0, -1)));
}

/** Where a relative path starts from is a fact of the server, and no wish of whoever asks. */
function rebased(own: Constraint, limits: readonly Constraint[]): Constraint {
  if (own.kind !== "glob") return own;
  const limit = limits.find((one) => one.kind === "glob" && one.argument === own.argument);
  return limit?.kind === "glob" ? { ...own, base: limit.base } : own;
}

function wider(why: string): HandedDown {
  return { kind: "wider", why };
}
