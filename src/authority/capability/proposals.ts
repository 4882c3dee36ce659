import { type Capability, levelOf, type Level } from "../../domain/capability.ts";
import { startOf } from "../../domain/capability-rules.ts";
import { type Evidence, type Seen, usesOf } from "../../domain/evidence.ts";
import { counting } from "../../domain/evidence-counting.ts";
import { evidenceOf, type Tally } from "../../domain/evidence-fold.ts";
import { chainOf } from "../../domain/evidence-needs.ts";
import { wishKey } from "../../domain/held-profile.ts";
import type { AgentName, PersonName } from "../../domain/ids.ts";
import type { WriteTx } from "../../ports/store.ts";
import { believed, type CapabilityParts } from "./parts.ts";
import { groundOf, judge, newestOf } from "./judge.ts";

/** Puts before people what the agent has shown enough for, once; takes back what it has not any more. */
export async function propose(
  parts: CapabilityParts,
  tx: WriteTx,
  tally: Tally,
  agent: AgentName,
  seen: readonly Seen[],
): Promise<void> {
  const evidence = believed(parts, evidenceOf(tally, agent));
  const newest = newestOf(seen);
  const open = (await tx.documents("capability_proposal")).filter((one) => one.agent === agent);
  const about = new Set([...Object.keys(evidence.uses), ...evidence.evaluations.flatMap((one) => one.capabilities)]);
  const now = parts.clock.now();
  const held = judge(parts, tally, agent, newest, now);
  for (const capability of about) {
    const from = levelOf(held.levels, capability);
    const to = reachable(parts, tally, agent, newest, capability, now);
    const key = (level: Level): string => wishKey({ agent, capability, level });
    for (const one of open)
      if (one.capability === capability && (one.to > to || one.to <= from) && one.refusedBy === null)
        await tx.dropDocument("capability_proposal", key(one.to));
    if (to <= from || (await tx.document("capability_proposal", key(to))) !== null) continue;
    await tx.putDocument(
      "capability_proposal",
      key(to),
      {
        agent,
        instance: newest?.instance ?? null,
        capability,
        from,
        to,
        evidence: shownFor(evidence, capability),
        at: now,
        refusedBy: null,
      },
      null,
    );
    await tx.publish("capability", agent);
  }
}

/** The level that a person's yes would give it now. */
function reachable(
  parts: CapabilityParts,
  tally: Tally,
  agent: AgentName,
  seen: Seen | null,
  capability: Capability,
  now: number,
): Level {
  const ground = groundOf(parts, tally, agent, seen, now);
  const { fingerprint } = ground;
  const evidence = evidenceOf(tally, agent);
  const start = startOf(ground.own, capability);
  const uses = usesOf(evidence, capability);
  // Nothing beyond the start without evidence; most capabilities of most agents end here.
  if (counting(ground, capability).length === 0 && uses.supervised + uses.alone === 0) return start;
  const { shown } = chainOf(ground, capability, start, []);
  const yes = { kind: "promotion", capability, level: shown, by: "" as PersonName, at: now, fingerprint } as const;
  const rulings = [...evidence.rulings, { ...yes, number: Number.MAX_SAFE_INTEGER }];
  return levelOf(judge(parts, tally, agent, seen, now, { ...evidence, rulings }).levels, capability);
}

/** What speaks for the agent, in plain words. */
export function shownFor(evidence: Evidence, capability: Capability): readonly string[] {
  const uses = usesOf(evidence, capability);
  return [
    ...evidence.evaluations
      .filter((one) => one.capabilities.includes(capability))
      .map((one) => `${one.passed ? "passed" : "failed"} ${one.suite} with ${one.score}, says ${one.evaluator}`),
    `${uses.supervised} uses that a person allowed, ${uses.alone} alone, on ${uses.targets.length} different things and ${uses.days} days`,
    `${uses.refused} refused by people, ${uses.denied} denied`,
  ];
}
