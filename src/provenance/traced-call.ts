import { type Effects, onlyReads } from "../domain/effect.ts";
import { type Endorsement, TARGET_ROLES, type TargetRole } from "../domain/endorsement.ts";
import type { TaskId } from "../domain/ids.ts";
import { isObject, type Json, type JsonObject, own } from "../domain/json.ts";
import type { ToolRule } from "../ports/configuration.ts";
import type { Lineage } from "./lineage.ts";
import type { Words } from "./words.ts";

/** A call, as far as it matters where its values came from. */
export interface Traced {
  readonly server: string;
  readonly tool: string;
  readonly rule: ToolRule;
  readonly effects: Effects;
  readonly input: JsonObject;
  readonly task: TaskId;
  /** Whether the owner's words are there at all. */
  readonly declared: boolean;
  /** The owner's plan names the tool. */
  readonly planned: boolean;
  readonly words: Words;
  readonly lineage: Lineage;
  /** What people said yes to, and may be relied on now. */
  readonly endorsements: readonly Endorsement[];
}

/** How far a call goes: 0 it only reads, 1 it changes what can be changed back, 2 it cannot be taken back. */
export function rankOf(effects: Effects): 0 | 1 | 2 {
  if (onlyReads(effects)) return 0;
  return effects.reversible && effects.kinds.every((kind) => kind === "read" || kind === "write") ? 1 : 2;
}

export interface Target {
  readonly role: TargetRole;
  /** The argument, by its top name. */
  readonly name: string;
  readonly value: string;
}

const MOST_TARGETS = 200;

export function targetsOf({ rule, input }: Pick<Traced, "rule" | "input">): readonly Target[] {
  const targets: Target[] = [];
  for (const role of TARGET_ROLES) {
    const locators = [...(rule[role] ?? []), ...(role === "path" ? (rule.attachment ?? []) : [])];
    for (const locator of locators) {
      const [name = ""] = keysOf(locator);
      for (const value of valuesAt(locator, input)) targets.push({ role, name, value });
    }
  }
  return targets.slice(0, MOST_TARGETS);
}

/** What stands at that place of the arguments; `[*]` for every one of a list. */
export function valuesAt(locator: string, input: JsonObject): readonly string[] {
  return scalarsAt(input, keysOf(locator));
}

function keysOf(locator: string): readonly string[] {
  return locator
    .replace(/^\$\.?/, "")
    .replaceAll("[*]", "")
    .split(".");
}

function scalarsAt(here: Json, [key, ...rest]: readonly string[]): readonly string[] {
  if (key === undefined) return scalars(here);
  if (Array.isArray(here)) return (here as readonly Json[]).flatMap((one) => scalarsAt(one, [key, ...rest]));
  const value = isObject(here) ? own(here, key) : undefined;
  return value === undefined ? [] : scalarsAt(value, rest);
}

export function scalars(value: Json | undefined): readonly string[] {
  if (value === undefined || value === null || typeof value === "boolean") return [];
  if (typeof value === "string" || typeof value === "number") return [String(value)];
  return Object.values(value as Json[] | JsonObject).flatMap(scalars);
}
