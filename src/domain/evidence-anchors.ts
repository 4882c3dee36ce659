import { type Capability, down, type Level } from "./capability.ts";
import { type Cost, floorOf, startOf } from "./capability-rules.ts";
import { type Evidence, sinceKey } from "./evidence.ts";
import { costOf, counting, demotedAt, type Ground, healed, speaksOf } from "./evidence-counting.ts";
import { chainOf } from "./evidence-needs.ts";
import { type Change, changes, describePart, type Fingerprint, newTools } from "./fingerprint.ts";

/** Something that a level stands on. */
export interface Anchor {
  readonly level: Level;
  readonly at: number;
  readonly why: readonly string[];
}

/** What the level of one capability may stand on: what the agent starts with, what it has shown and a person (or the rules)
 *  let it have, and what a person endorses for a time. Each after what has changed since it was given. */
export function anchorsOf(ground: Ground, capability: Capability, moments: number[]): readonly [Anchor, ...Anchor[]] {
  const { own, evidence, now } = ground;
  const start = startOf(own, capability);
  const chain = chainOf(ground, capability, start, moments);
  const anchors: [Anchor, ...Anchor[]] = [
    changed(ground, capability, start, evidence.first, [`it starts at ${start}`]),
  ];
  if (chain.automatic > start) {
    const why = [`what the rules ask for ${chain.automatic} is there`];
    const at = Math.max(0, ...counting(ground, capability).map((one) => one.at));
    anchors.push({ ...changed(ground, capability, chain.automatic, evidence.first, why), at });
  }
  const since = demotedAt(evidence, capability);
  for (const one of evidence.rulings) {
    if (one.kind !== "promotion" || !speaksOf(one.capability, capability) || one.number <= since) continue;
    const level = Math.min(one.level, chain.shown) as Level;
    const short = level < one.level ? [`what ${one.level} asks for is not there any more: ${chain.missing}`] : [];
    const why = [`${one.by} let it have ${one.level}`, ...short];
    const anchor = changed(ground, capability, level, one.fingerprint, why, one.level);
    anchors.push({ ...anchor, at: one.at });
  }
  for (const one of evidence.endorsements) {
    if (!speaksOf(one.capability, capability) || now >= one.until) continue;
    moments.push(one.until);
    if (one.number <= since) continue;
    const why = [`${one.by} endorses it at ${one.level} for a time`];
    anchors.push({ ...changed(ground, capability, one.level, one.fingerprint, why), at: one.at });
  }
  return anchors;
}

/** A level given to what the agent was then, as it counts for what it is now. */
function changed(
  ground: Ground,
  capability: Capability,
  given: Level,
  then: Fingerprint | null,
  why: readonly string[],
  meant: Level = given,
): Anchor {
  const { own, evidence, fingerprint } = ground;
  let level = given;
  const said = [...why];
  if (!own.governed) return { level, at: 0, why: said };
  const from = { parts: { ...evidence.first?.parts, ...then?.parts }, tools: {} };
  for (const change of changes(from, fingerprint)) {
    if (change.component === "tools") continue;
    const cost = costOf(ground.rules, change);
    const to = afterCost(ground, capability, change, cost, level);
    // Said also where what is wanting has taken it as low: it is what a person looks for.
    if (to < meant && cost.kind !== "none" && !healed(ground, capability)) said.push(saysChange(change, fingerprint));
    level = to;
  }
  return { level, at: 0, why: said };
}

function afterCost(ground: Ground, capability: Capability, change: Change, cost: Cost, level: Level): Level {
  const { own, evidence } = ground;
  if (cost.kind === "none" || healed(ground, capability)) return level;
  if (cost.kind === "floor") return Math.min(level, floorOf(own, capability)) as Level;
  const part = change.component === "tools" ? undefined : ground.fingerprint.parts[change.component];
  const done = part === undefined ? 0 : (evidence.since[sinceKey(change.component, part)] ?? 0);
  return done >= cost.uses ? level : down(level, 1, floorOf(own, capability));
}

function saysChange(change: Change, now: Fingerprint): string {
  if (change.component === "tools") return "its tools changed";
  const part = now.parts[change.component];
  if (part === undefined) return `its ${change.component} is not known any more`;
  return `its ${change.component} is ${describePart(part)} now`;
}

/** Tools that the agent never had while anybody looked: they start at nothing. */
export function heldTools(evidence: Evidence, fingerprint: Fingerprint, now: number): Readonly<Record<string, 0>> {
  if (evidence.first === null) return {};
  const seen: readonly Fingerprint[] = [
    evidence.first,
    ...evidence.evaluations.filter((one) => one.passed && now < one.expiresAt).map((one) => one.fingerprint),
    ...evidence.rulings.filter(({ kind }) => kind === "promotion").map((one) => one.fingerprint),
    ...evidence.endorsements.map((one) => one.fingerprint),
  ];
  const fresh = newTools(evidence.first, fingerprint).filter(
    (tool) => !seen.some((one) => one.tools[tool] === fingerprint.tools[tool]),
  );
  return Object.fromEntries(fresh.map((tool) => [tool, 0 as const]));
}
