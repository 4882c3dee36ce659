import { CAPABILITIES, type Capability, down, type Level, type Levels, lowest, meet } from "./capability.ts";
import { type AgentRules, type CapabilityRules, floorOf, rulesFor, startOf } from "./capability-rules.ts";
import type { Evidence } from "./evidence.ts";
import { type Anchor, anchorsOf, heldTools } from "./evidence-anchors.ts";
import { describePart, type Fingerprint, mostFor } from "./fingerprint.ts";
import type { Tier } from "./tier.ts";
import { usesOf } from "./evidence.ts";

/** How one capability came to its level, in plain words. */
export interface Judged {
  readonly level: Level;
  readonly why: readonly string[];
}

export interface Profile {
  readonly levels: Levels;
  readonly judged: Readonly<Record<Capability, Judged>>;
  /** The next moment at which time alone may change it; null for never. */
  readonly until: number | null;
}

/** What an agent may be trusted with. The same rules, fingerprint, evidence and moment give the same answer anywhere:
 *  nothing else is looked at. `flapping`: what it was just before as well, where it changes to and fro; the lowest of all
 *  holds until that is quiet at `quietAt`. */
export function profileOf(given: {
  readonly rules: CapabilityRules;
  readonly tier: Tier;
  readonly fingerprint: Fingerprint;
  readonly evidence: Evidence;
  readonly now: number;
  readonly flapping?: readonly Fingerprint[];
  readonly quietAt?: number;
}): Profile {
  const one = single(given, given.fingerprint);
  const others = (given.flapping ?? []).map((fingerprint) => single(given, fingerprint));
  if (others.length === 0) return one;
  const levels = others.reduce((held, other) => meet(held, other.levels), one.levels);
  const judged = Object.fromEntries(
    Object.entries(one.judged).map(([name, was]) => {
      const level = lowest([was.level, ...others.map((other) => other.judged[name]?.level ?? was.level)]);
      const why = "what the agent is changes to and fro, so the lowest of all holds";
      return [name, level < was.level ? { level, why: [...was.why, why] } : was];
    }),
  );
  return { levels, judged, until: earliest([one.until, given.quietAt ?? null, ...others.map(({ until }) => until)]) };
}

type Given = Omit<Parameters<typeof profileOf>[0], "flapping" | "quietAt" | "fingerprint">;

function single(given: Given, fingerprint: Fingerprint): Profile {
  const { rules, tier, evidence, now } = given;
  const own = rulesFor(rules, evidence.agent, tier);
  const named = [...new Set([...CAPABILITIES, ...rules.own.map(({ name }) => name)])].toSorted();
  const moments: number[] = [];
  const judged: Record<Capability, Judged> = {};
  for (const capability of named) judged[capability] = judge({ ...given, own, fingerprint }, capability, moments);
  const most = own.governed ? mostFor(fingerprint, rules.material) : null;
  return {
    judged,
    levels: {
      of: Object.fromEntries(named.map((name) => [name, judged[name]?.level ?? 0])),
      rest: startOf(own, ""),
      tools: own.governed && rules.newTool === "zero" ? heldTools(evidence, fingerprint, now) : {},
      irreversible: most?.irreversible ?? 4,
    },
    until: earliest(moments.filter((at) => at > now)),
  };
}

function judge(
  given: Given & { readonly own: AgentRules; readonly fingerprint: Fingerprint },
  capability: Capability,
  moments: number[],
): Judged {
  const { rules, own, fingerprint, evidence, now } = given;
  const anchors = anchorsOf(given, capability, moments);
  const best = anchors.reduce((a: Anchor, b) => (b.level >= a.level ? b : a));
  const why = [...best.why];
  let { level } = best;
  function hold(to: Level, because: string): void {
    if (to >= level) return;
    level = to;
    why.push(because);
  }

  const start = startOf(own, capability);
  const { decayMs } = rules;
  if (decayMs !== null && level > start) {
    const since = Math.max(usesOf(evidence, capability).lastAt, best.at);
    const steps = Math.floor(Math.max(0, now - since) / decayMs);
    moments.push(since + (steps + 1) * decayMs);
    hold(down(level, steps, start), `it was not used for ${Math.floor((now - since) / 86_400_000)} days`);
  }
  const against = evidence.findings.filter(({ at }) => now < at + rules.findingMs);
  moments.push(...against.map(({ at }) => at + rules.findingMs));
  if (against.length > 0)
    hold(
      down(level, against.length, floorOf(own, capability)),
      `findings count against it: ${against.map(({ code }) => code).join(", ")}`,
    );
  for (const cap of demotions(evidence, capability, now)) hold(cap.level, `${cap.by} took it down to ${cap.level}`);
  if (own.governed) {
    const most = mostFor(fingerprint, rules.material);
    if (most.because !== null) hold(most.any, `its ${most.because} is ${sureness(fingerprint, most.because)}`);
  }
  return { level, why };
}

function sureness(fingerprint: Fingerprint, component: Exclude<keyof Fingerprint["parts"], never> | "tools"): string {
  const part = component === "tools" ? undefined : fingerprint.parts[component];
  return part === undefined ? "not known" : `only ${part.strength} (${describePart(part)})`;
}

/** Demotions that no later word of a person answers. */
function demotions(evidence: Evidence, capability: Capability, now: number): Evidence["rulings"] {
  const speaks = (one: { readonly capability: Capability }): boolean =>
    one.capability === capability || one.capability === "*";
  const about = evidence.rulings.filter(speaks);
  const promoted = Math.max(
    0,
    ...about.filter(({ kind }) => kind === "promotion").map(({ number }) => number),
    ...evidence.endorsements.filter((one) => speaks(one) && now < one.until).map(({ number }) => number),
  );
  return about.filter(({ kind, number }) => kind === "demotion" && number > promoted);
}

function earliest(moments: readonly (number | null)[]): number | null {
  const known = moments.filter((at) => at !== null);
  return known.length === 0 ? null : Math.min(...known);
}
