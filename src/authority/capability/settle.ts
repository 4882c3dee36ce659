import { type Levels, narrows, PLAIN } from "../../domain/capability.ts";
import type { Profile } from "../../domain/capability-profile.ts";
import type { Seen } from "../../domain/evidence.ts";
import { evidenceOf, type Tally } from "../../domain/evidence-fold.ts";
import type { HeldProfile, NamedLevels } from "../../domain/held-profile.ts";
import type { AgentName, InstanceId } from "../../domain/ids.ts";
import type { Json } from "../../domain/json.ts";
import type { WriteTx } from "../../ports/store.ts";
import { canonicalize } from "../../wire/json/canonical.ts";
import { profileOf as configuredProfile } from "../profile.ts";
import { closeGaps } from "./gaps.ts";
import { judge } from "./judge.ts";
import type { CapabilityParts } from "./parts.ts";
import { propose } from "./proposals.ts";
import { bring, record, SEEN_KEPT_MS, seenOf } from "./tally.ts";

const EARLIER_KEPT = 4;

/** Looks again at the profiles of every agent whose evidence moved. What is narrower than before kills, in this very
 *  transaction, every credential that was made under what it was; what is wider counts from the next credential on. */
export async function settle(parts: CapabilityParts, tx: WriteTx, tally: Tally): Promise<void> {
  for (const agent of [...tally.touched].toSorted()) {
    await bring(tx, tally, agent);
    if (parts.configuration.agents.some((one) => one.name === agent)) {
      const seen = await seenOf(tx, tally, agent);
      await settleOne(parts, tx, tally, agent, null);
      for (const one of seen) await settleOne(parts, tx, tally, agent, one);
      await propose(parts, tx, tally, agent, seen);
      await closeGaps(parts, tx, tally, agent, seen);
    }
    tally.touched.delete(agent);
  }
}

async function settleOne(
  parts: CapabilityParts,
  tx: WriteTx,
  tally: Tally,
  agent: AgentName,
  seen: Seen | null,
): Promise<void> {
  const key = seen?.instance ?? agent;
  const before = await tx.document("capability_profile", key);
  const now = parts.clock.now();
  const keptUntil = seen === null ? null : now + SEEN_KEPT_MS;
  const profile = judge(parts, tally, agent, seen, now);
  const named = (narrowed: number): NamedLevels => name(parts, agent, seen?.instance ?? null, narrowed, profile.levels);
  // Until something was known of it, it had the profile of those of which nothing is.
  const shared = seen === null ? null : await tx.document("capability_profile", agent);
  const was: NamedLevels = before ?? shared ?? name(parts, agent, null, 0, PLAIN[parts.configuration.tier]);
  const count = (): number =>
    seen === null ? evidenceOf(tally, agent).narrowed : (tally.seen.get(seen.instance)?.narrowed ?? seen.narrowed);
  const same = named(count()).hash === was.hash;
  if (same && (before === null ? seen === null : before.until === profile.until)) return;
  const held: HeldProfile = {
    ...was,
    agent,
    instance: seen?.instance ?? null,
    at: now,
    until: profile.until,
    earlier: before?.earlier ?? [],
  };
  if (same) return tx.putDocument("capability_profile", key, held, keptUntil);
  const recorded = seen === null ? evidenceOf(tally, agent).profile : seen.profile;
  // Counted anew from the record, it is what the record says it was.
  if (before === null && recorded === named(count()).hash)
    return tx.putDocument("capability_profile", key, { ...held, ...named(count()) }, keptUntil);
  const narrowed =
    narrows(was.levels, profile.levels) || before?.earlier.some((one) => narrows(one.levels, profile.levels)) === true;
  if (seen !== null && !tally.seen.has(seen.instance)) tally.seen.set(seen.instance, seen);
  const next = narrowed ? named(count() + 1) : named(count());
  await record(tx, tally, {
    kind: "capability_profile",
    at: now,
    call: null,
    task: null,
    body: {
      agent,
      instance: seen?.instance ?? null,
      from: was.hash,
      to: next.hash,
      narrowed,
      rules: parts.inForce().version,
      ...difference(was.levels, profile),
    },
  });
  // What it shared with others stays theirs; its own credentials do not name its profile any more.
  if (narrowed && (before !== null || seen === null))
    for (const one of [was, ...held.earlier])
      if (one.hash !== shared?.hash) await tx.revoke({ kind: "profile", id: one.hash });
  const earlier = narrowed ? [] : [{ hash: was.hash, levels: was.levels }, ...held.earlier].slice(0, EARLIER_KEPT);
  await tx.putDocument("capability_profile", key, { ...held, ...next, earlier }, keptUntil);
  await tx.publish("capability", key);
}

/** As long as all is as the tier has it, a profile is named after the configuration alone. */
function name(
  parts: CapabilityParts,
  agent: AgentName,
  instance: InstanceId | null,
  narrowed: number,
  levels: Levels,
): NamedLevels {
  const { tier, agents } = parts.configuration;
  const configured = agents.find((one) => one.name === agent);
  const base = configured === undefined ? "unknown" : configuredProfile(configured, parts.digests);
  const plain = PLAIN[tier];
  const asConfigured = narrowed === 0 && !narrows(levels, plain) && !narrows(plain, levels);
  const hash = asConfigured
    ? base
    : parts.digests.plain(canonicalize({ base, holder: instance ?? agent, narrowed, levels } as unknown as Json));
  return { hash, levels };
}

/** What moved, and why it is what it is now. */
function difference(was: Levels, { levels, judged }: Profile): { readonly levels: Json; readonly why: Json } {
  const moved = Object.entries(levels.of).filter(([one, level]) => level !== (was.of[one] ?? was.rest));
  return {
    levels: Object.fromEntries(moved),
    why: Object.fromEntries(moved.map(([one]) => [one, [...(judged[one]?.why ?? [])]])),
  };
}
