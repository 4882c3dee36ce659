import { type Capability, LEVEL_NAMES, levelFor, levelOf, type Level } from "../../domain/capability.ts";
import type { Gap } from "../../domain/capability-gap.ts";
import { waysTo } from "../../domain/capability-gap.ts";
import type { Seen } from "../../domain/evidence.ts";
import { usesOf } from "../../domain/evidence.ts";
import { evidenceOf, type Tally } from "../../domain/evidence-fold.ts";
import type { Part } from "../../domain/fingerprint.ts";
import type { PromotionProposal } from "../../domain/held-profile.ts";
import type { AgentName } from "../../domain/ids.ts";
import { isObject, type Json, own } from "../../domain/json.ts";
import type { ReadTx } from "../../ports/store.ts";
import { agentUnknown } from "../refusals.ts";
import { groundOf, judge, newestOf } from "./judge.ts";
import type { CapabilityParts } from "./parts.ts";
import { profileFor } from "./profiles.ts";
import { shownFor } from "./proposals.ts";
import { bring, openTally, seenOf } from "./tally.ts";

/** One capability of an agent, as people read it. */
export interface CapabilityLine {
  readonly capability: Capability;
  readonly level: Level;
  readonly name: string;
  readonly why: readonly string[];
  readonly shown: readonly string[];
  /** How it comes to the next level, the cheapest way first; empty at the highest. */
  readonly next: readonly string[];
}

export interface AgentView {
  readonly agent: AgentName;
  readonly profile: string;
  readonly rules: string | null;
  readonly fingerprint: Readonly<Record<string, Part>>;
  readonly capabilities: readonly CapabilityLine[];
  /** The most that counts for what cannot be undone. */
  readonly irreversible: Level;
  readonly heldTools: readonly string[];
  readonly until: number | null;
  readonly gaps: readonly Gap[];
  readonly proposals: readonly PromotionProposal[];
}

/** What an agent may be trusted with and why, as it is in this look: its process of which something was learnt last.
 *  @throws WritError `agent_unknown`. */
export async function agentView(parts: CapabilityParts, tx: ReadTx, name: string): Promise<AgentView> {
  const agent = parts.configuration.agents.find((one) => one.name === name)?.name;
  if (agent === undefined) throw agentUnknown(name.slice(0, 64));
  const { tally, newest } = await lookAt(tx, agent);
  const now = parts.clock.now();
  const profile = judge(parts, tally, agent, newest, now);
  const ground = groundOf(parts, tally, agent, newest, now);
  const evidence = evidenceOf(tally, agent);
  const lines = Object.entries(profile.judged).map(([capability, { level, why }]): CapabilityLine => {
    const uses = usesOf(evidence, capability);
    const spoken = uses.supervised + uses.alone + uses.refused + uses.denied > 0;
    const evaluated = evidence.evaluations.some((one) => one.capabilities.includes(capability));
    return {
      capability,
      level,
      name: LEVEL_NAMES[level],
      why,
      shown: spoken || evaluated ? shownFor(ground.evidence, capability) : [],
      next: level < 4 ? waysTo(ground, capability, level, (level + 1) as Level) : [],
    };
  });
  const mine = <T extends { readonly agent: AgentName }>(all: readonly T[]): readonly T[] =>
    all.filter((one) => one.agent === agent);
  const actors = { agent, instance: newest?.instance ?? ("" as Seen["instance"]) };
  return {
    agent,
    profile: (await profileFor(parts, tx, actors)).hash,
    rules: parts.inForce().version,
    fingerprint: { ...newest?.parts } as Readonly<Record<string, Part>>,
    capabilities: lines,
    irreversible: profile.levels.irreversible,
    heldTools: Object.keys(profile.levels.tools),
    until: profile.until,
    gaps: mine(await tx.documents("capability_gap")),
    proposals: mine(await tx.documents("capability_proposal")).filter(({ refusedBy }) => refusedBy === null),
  };
}

export interface Difference {
  readonly gains: readonly { readonly capability: Capability; readonly from: Level; readonly to: Level }[];
  readonly losses: readonly { readonly capability: Capability; readonly from: Level; readonly to: Level }[];
  /** Calls of the last week that would have been made at a lower level. */
  readonly calls: readonly {
    readonly call: string;
    readonly tool: string;
    readonly at: number;
    readonly from: Level;
    readonly to: Level;
  }[];
  /** Capabilities that nothing was done with for so long that they could go. */
  readonly unused: readonly Capability[];
}

const WEEK_MS = 7 * 24 * 3_600_000;
const MOST_LOOKED_AT = 5_000;
const MOST_SHOWN = 100;
const UNUSED_MS = 30 * 24 * 3_600_000;

/** What would come of another model (or any other component), before anything changes.
 *  @throws WritError `agent_unknown`. */
export async function whatIf(
  parts: CapabilityParts,
  tx: ReadTx,
  name: string,
  instead: { readonly id: string; readonly version: string | null },
): Promise<Difference> {
  const agent = parts.configuration.agents.find((one) => one.name === name)?.name;
  if (agent === undefined) throw agentUnknown(name.slice(0, 64));
  const { tally, newest } = await lookAt(tx, agent);
  const now = parts.clock.now();
  const known: Seen = newest ?? {
    instance: "" as Seen["instance"],
    agent,
    parts: {},
    at: now,
    lately: [],
    narrowed: 0,
    profile: null,
  };
  // As surely known as the one that runs now.
  const strength = known.parts.model?.strength ?? "observed";
  const next: Seen = { ...known, parts: { ...known.parts, model: { ...instead, strength } } };
  const [was, is] = [judge(parts, tally, agent, newest, now).levels, judge(parts, tally, agent, next, now).levels];
  const moved = Object.keys(is.of)
    .map((capability) => ({ capability, from: levelOf(was, capability), to: levelOf(is, capability) }))
    .filter(({ from, to }) => from !== to);
  const evidence = evidenceOf(tally, agent);
  const tail = await tx.ledgerTail(MOST_LOOKED_AT);
  const calls = tail.flatMap(({ kind, call, at, body }) => {
    const [needs, tool] = [own(body, "needs"), own(body, "tool")];
    if (kind !== "admission" || call === null || at < now - WEEK_MS || own(body, "agent") !== agent) return [];
    if (!Array.isArray(needs) || typeof tool !== "string") return [];
    const about = { needs: needs as readonly string[], tool, irreversible: irreversible(own(body, "effects")) };
    const [from, to] = [levelFor(was, about), levelFor(is, about)];
    return from === to ? [] : [{ call: call as string, tool, at, from, to }];
  });
  return {
    gains: moved.filter(({ from, to }) => to > from),
    losses: moved.filter(({ from, to }) => to < from),
    calls: calls.slice(-MOST_SHOWN),
    unused: Object.entries(evidence.uses)
      .filter(([capability, { lastAt }]) => now - lastAt > UNUSED_MS && levelOf(was, capability) > 1)
      .map(([capability]) => capability),
  };
}

async function lookAt(tx: ReadTx, agent: AgentName): Promise<{ readonly tally: Tally; readonly newest: Seen | null }> {
  const tally = await openTally(tx);
  await bring(tx, tally, agent);
  return { tally, newest: newestOf(await seenOf(tx, tally, agent)) };
}

function irreversible(effects: Json | undefined): boolean {
  return isObject(effects) && own(effects, "reversible") !== true;
}
