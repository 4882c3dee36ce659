import { type Profile, profileOf } from "../../domain/capability-profile.ts";
import { rulesFor } from "../../domain/capability-rules.ts";
import type { Evidence, Seen } from "../../domain/evidence.ts";
import { evidenceOf, type Tally } from "../../domain/evidence-fold.ts";
import type { Ground } from "../../domain/evidence-counting.ts";
import type { Fingerprint } from "../../domain/fingerprint.ts";
import type { AgentName } from "../../domain/ids.ts";
import { believed, type CapabilityParts } from "./parts.ts";

/** What this evidence makes of an instance, or of one of which nothing is known. */
export function judge(
  parts: Pick<CapabilityParts, "inForce" | "configuration">,
  tally: Pick<Tally, "open" | "agents">,
  agent: AgentName,
  seen: Seen | null,
  now: number,
  evidence: Evidence = evidenceOf(tally, agent),
): Profile {
  const { rules } = parts.inForce();
  const { tools } = tally.open;
  const recent = (seen?.lately ?? []).filter(({ at }) => now - at < rules.flapMs);
  const flaps = Map.groupBy(recent, ({ component }) => component);
  const flapping = [...flaps.values()].some((changes) => changes.length >= rules.flaps);
  return profileOf({
    rules,
    tier: parts.configuration.tier,
    fingerprint: { parts: seen?.parts ?? {}, tools },
    evidence: believed(parts, evidence),
    now,
    ...(flapping
      ? {
          flapping: recent.map((one): Fingerprint => ({ parts: one.parts, tools })),
          quietAt: Math.max(...recent.map(({ at }) => at)) + rules.flapMs,
        }
      : {}),
  });
}

/** What one capability of it is judged on. */
export function groundOf(
  parts: Pick<CapabilityParts, "inForce" | "configuration">,
  tally: Pick<Tally, "open" | "agents">,
  agent: AgentName,
  seen: Seen | null,
  now: number,
): Ground {
  const { rules } = parts.inForce();
  return {
    rules,
    own: rulesFor(rules, agent, parts.configuration.tier),
    fingerprint: { parts: seen?.parts ?? {}, tools: tally.open.tools },
    evidence: believed(parts, evidenceOf(tally, agent)),
    now,
  };
}

/** The process of an agent of which something was learnt last. */
export function newestOf(seen: readonly Seen[]): Seen | null {
  return seen.reduce<Seen | null>((newest, one) => (newest === null || one.at >= newest.at ? one : newest), null);
}
