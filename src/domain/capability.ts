import type { Effects, EffectKind } from "./effect.ts";
import { names, type ToolPattern } from "./grant.ts";
import { splitQualified } from "./ids.ts";
import type { Tier } from "./tier.ts";

/** How far an agent has come with one capability: 0 none · 1 supervised (each use asked) · 2 bounded (inside a declared
 *  grant) · 3 trusted (a grant may be issued just in time) · 4 autonomous (what cannot be undone, inside the budget). */
export type Level = 0 | 1 | 2 | 3 | 4;
export const LEVEL_NAMES = ["none", "supervised", "bounded", "trusted", "autonomous"] as const;
export const HIGHEST: Level = 4;

/** What an agent can be more or less trusted with, named by effect and by what it is done to. */
export type Capability = string;

export const CAPABILITIES: readonly Capability[] = [
  "data.read",
  "data.write",
  "data.delete",
  "files.read",
  "files.write",
  "files.delete",
  "sql.read",
  "sql.write",
  "sql.delete",
  "sql.define",
  "web.read",
  "web.write",
  "web.delete",
  "memory.read",
  "memory.write",
  "shell.execute",
  "message.send",
  "payment.make",
  "system.administer",
  "delegate",
  "unknown",
];

/** A capability of a deployment's own: these effects of these tools are this one, and no built-in one. */
export interface OwnCapability {
  readonly name: Capability;
  readonly effects: readonly EffectKind[];
  readonly tools: readonly ToolPattern[];
}

/** What a call needs: every effect of it is one capability at least. Where it is not plain which of several places an
 *  effect is on, it counts for each of them. `tool` is qualified. */
export function neededBy(effects: Effects, tool: string, own: readonly OwnCapability[] = []): readonly Capability[] {
  const target = splitQualified(tool);
  const needs = new Set<Capability>();
  for (const kind of effects.kinds) {
    const theirs = own.filter(
      (one) => one.effects.includes(kind) && target !== null && names(one.tools, target.server, target.tool),
    );
    for (const one of theirs.length > 0 ? theirs.map(({ name }) => name) : builtIn(kind, effects)) needs.add(one);
  }
  const defines = effects.traits.includes("defines") || effects.access.some(({ verb }) => verb === "define");
  if (defines) needs.add("sql.define");
  return [...needs];
}

function builtIn(kind: EffectKind, effects: Effects): readonly Capability[] {
  switch (kind) {
    case "read":
    case "write":
    case "delete":
      return places(effects).map((place) =>
        place === "memory" ? (kind === "read" ? "memory.read" : "memory.write") : `${place}.${kind}`,
      );
    case "execute":
      return ["shell.execute"];
    case "send":
      return ["message.send"];
    case "spend":
      return ["payment.make"];
    case "administer":
      return effects.traits.includes("defines") ? ["sql.define"] : ["system.administer"];
    case "delegate":
      return ["delegate"];
    case "unknown":
      return ["unknown"];
  }
}

function places(effects: Effects): readonly string[] {
  const found = [
    ...(effects.paths.length > 0 ? ["files"] : []),
    ...(effects.tables.length > 0 || effects.access.length > 0 || effects.statements > 0 ? ["sql"] : []),
    ...(effects.hosts.length > 0 ? ["web"] : []),
    ...(effects.traits.includes("agent-memory") ? ["memory"] : []),
  ];
  return found.length === 0 ? ["data"] : found;
}

/** What an agent holds now. */
export interface Levels {
  readonly of: Readonly<Record<Capability, Level>>;
  /** Of every capability that `of` does not name. */
  readonly rest: Level;
  /** Tools that are held lower than what they do, by qualified name. */
  readonly tools: Readonly<Record<string, Level>>;
  /** The most that counts for what cannot be undone. */
  readonly irreversible: Level;
}

/** What holds where nobody ever spoke of capabilities: everything as the tier alone has it. */
export const PLAIN: Readonly<Record<Tier, Levels>> = {
  foundation: { of: {}, rest: 2, tools: {}, irreversible: HIGHEST },
  advanced: { of: {}, rest: 2, tools: {}, irreversible: HIGHEST },
  optimized: { of: {}, rest: 3, tools: {}, irreversible: HIGHEST },
};

export function levelOf(levels: Levels, capability: Capability): Level {
  return Object.hasOwn(levels.of, capability) ? (levels.of[capability] ?? levels.rest) : levels.rest;
}

/** The level that a call of `tool` is made at: the lowest of all it needs. One that needs nothing is made at the highest. */
export function levelFor(
  levels: Levels,
  call: { readonly needs: readonly Capability[]; readonly tool: string; readonly irreversible: boolean },
): Level {
  if (call.needs.length === 0) return HIGHEST;
  const held = Object.hasOwn(levels.tools, call.tool) ? (levels.tools[call.tool] ?? HIGHEST) : HIGHEST;
  const most = call.irreversible ? levels.irreversible : HIGHEST;
  return lowest([held, most, ...call.needs.map((one) => levelOf(levels, one))]);
}

/** What is within both: no capability, tool or kind of effect above either. */
export function meet(a: Levels, b: Levels): Levels {
  const named = [...new Set([...Object.keys(a.of), ...Object.keys(b.of)])].toSorted();
  const tools = [...new Set([...Object.keys(a.tools), ...Object.keys(b.tools)])].toSorted();
  return {
    of: Object.fromEntries(named.map((one) => [one, lowest([levelOf(a, one), levelOf(b, one)])])),
    rest: lowest([a.rest, b.rest]),
    tools: Object.fromEntries(
      tools.map((tool) => [tool, lowest([a.tools[tool] ?? HIGHEST, b.tools[tool] ?? HIGHEST])]),
    ),
    irreversible: lowest([a.irreversible, b.irreversible]),
  };
}

/** True when `next` holds anything lower than `before` did. */
export function narrows(before: Levels, next: Levels): boolean {
  const named = new Set([...Object.keys(before.of), ...Object.keys(next.of)]);
  return (
    next.rest < before.rest ||
    next.irreversible < before.irreversible ||
    [...named].some((one) => levelOf(next, one) < levelOf(before, one)) ||
    Object.entries(next.tools).some(([tool, level]) => level < (before.tools[tool] ?? HIGHEST))
  );
}

export function lowest(levels: readonly Level[]): Level {
  return levels.reduce((a, b) => (b < a ? b : a), HIGHEST);
}

export function isLevel(value: unknown): value is Level {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= HIGHEST;
}

/** `level` taken down by so much, and never under `least` unless it was there. */
export function down(level: Level, by: number, least: Level): Level {
  return Math.max(Math.min(level, least), level - by, 0) as Level;
}
