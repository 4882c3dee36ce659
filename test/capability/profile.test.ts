import fc from "fast-check";
import { expect, test } from "vitest";
import { type CapabilityRules, NOTHING_REQUIRED, plainRules } from "../../src/domain/capability-rules.ts";
import { HIGHEST, levelFor, levelOf, meet, narrows, neededBy, PLAIN } from "../../src/domain/capability.ts";
import { profileOf } from "../../src/domain/capability-profile.ts";
import { type Effects, EFFECT_KINDS, NO_EFFECTS } from "../../src/domain/effect.ts";
import { type Evidence, noEvidence, sinceKey } from "../../src/domain/evidence.ts";
import type { Fingerprint } from "../../src/domain/fingerprint.ts";
import { TIERS } from "../../src/domain/tier.ts";
import {
  CLERK,
  DAY,
  evaluation,
  evidence,
  NOW,
  promotion,
  ran,
  RULES,
  someDemotion,
  someEvaluation,
  someEvidence,
  someFinding,
  someFingerprint,
  used,
} from "./evidence.ts";

function profile(held: Evidence, fingerprint: Fingerprint = ran("opus"), now = NOW, rules: CapabilityRules = RULES) {
  return profileOf({ rules, tier: "foundation", fingerprint, evidence: held, now });
}
const writes = (held: Evidence, fingerprint?: Fingerprint, now?: number, rules?: CapabilityRules): number =>
  levelOf(profile(held, fingerprint, now, rules).levels, "files.write");

const TRUSTED = evidence({
  evaluations: [evaluation()],
  rulings: [promotion(3)],
  uses: { "files.write": used({ supervised: 50 }) },
});

test("an agent that nobody made rules for is as its tier has it, whatever it is", () => {
  for (const tier of TIERS) {
    const rules = plainRules(tier);
    const { levels } = profileOf({ rules, tier, fingerprint: ran("x"), evidence: noEvidence(CLERK), now: NOW });
    expect(narrows(PLAIN[tier], levels) || narrows(levels, PLAIN[tier])).toBe(false);
  }
});

test("evidence alone lifts nothing: a person says yes", () => {
  expect(writes(evidence({ evaluations: [evaluation()] }))).toBe(1);
  expect(writes(evidence({ evaluations: [evaluation()], rulings: [promotion(2)] }))).toBe(2);
});

test("a person's yes alone lifts nothing either: what the level asks for has to be there", () => {
  expect(writes(evidence({ rulings: [promotion(3)] }))).toBe(1);
  expect(writes(TRUSTED)).toBe(3);
});

test("rules may let an evaluation alone lift, and nothing beyond what it shows", () => {
  const automatic = [{ ...NOTHING_REQUIRED, evaluation: { suite: "*", score: 0.9 }, confirm: "automatic" as const }];
  const rules = { ...RULES, requires: { "*": { 2: automatic } } };
  expect(writes(evidence({ evaluations: [evaluation()] }), undefined, undefined, rules)).toBe(2);
});

test("another model falls to the floor until it is evaluated, and then has what the person let the agent have", () => {
  const next = ran("haiku");
  expect(writes(TRUSTED, next)).toBe(1);
  const again = evaluation({ id: "e2", fingerprint: next, number: 30 });
  expect(writes({ ...TRUSTED, evaluations: [evaluation(), again] }, next)).toBe(3);
});

test("a model that nobody knows any more falls to the floor", () => {
  const { model: _, ...parts } = ran("opus").parts;
  expect(writes(TRUSTED, { ...ran("opus"), parts })).toBe(1);
});

test("another version is one level down until it has been used enough, or is evaluated", () => {
  const next = ran("opus", "2");
  expect(writes(TRUSTED, next)).toBe(2);
  const key = sinceKey("model", { id: "opus", version: "2" });
  expect(writes({ ...TRUSTED, since: { [key]: 19 } }, next)).toBe(2);
  expect(writes({ ...TRUSTED, since: { [key]: 20 } }, next)).toBe(3);
  expect(writes({ ...TRUSTED, evaluations: [evaluation(), evaluation({ id: "e2", fingerprint: next })] }, next)).toBe(
    3,
  );
});

test("a new tool starts at nothing, and what the agent did before is as it was", () => {
  const next = { ...ran("opus"), tools: { ...ran("opus").tools, files__shred: "h3" } };
  const { levels } = profile(TRUSTED, next);
  const call = { needs: ["files.write"], irreversible: false };
  expect(levelFor(levels, { ...call, tool: "files__shred" })).toBe(0);
  expect(levelFor(levels, { ...call, tool: "files__write" })).toBe(3);
  const seen = { ...TRUSTED, rulings: [...TRUSTED.rulings, promotion(3, { fingerprint: next, number: 40 })] };
  expect(levelFor(profile(seen, next).levels, { ...call, tool: "files__shred" })).toBe(3);
});

test("an evaluation that expires takes with it what asks for it, and the profile says when", () => {
  const { until } = profile(TRUSTED);
  expect(until).toBe(NOW + 30 * DAY);
  expect([writes(TRUSTED, ran("opus"), NOW + 30 * DAY - 1), writes(TRUSTED, ran("opus"), NOW + 30 * DAY)]).toEqual([
    3, 2,
  ]);
});

test("a newer run of the same suite that fails ends what the older one gave; what use alone has shown stays", () => {
  const failed = evaluation({ id: "e2", passed: false, score: 0.4, at: NOW, number: 30 });
  expect(writes({ ...TRUSTED, evaluations: [evaluation(), failed] })).toBe(2);
});

test("a demotion holds whatever was shown before it, until a person promotes again on what came after", () => {
  const taken = promotion(1, { kind: "demotion", number: 30 });
  const down = { ...TRUSTED, rulings: [promotion(3), taken], usesBefore: TRUSTED.uses };
  expect(writes(down)).toBe(1);
  const back = promotion(2, { number: 50 });
  expect(writes({ ...down, rulings: [...down.rulings, back] })).toBe(1);
  const shown = [...TRUSTED.evaluations, evaluation({ id: "e2", number: 40 })];
  expect(writes({ ...down, evaluations: shown, rulings: [...down.rulings, back] })).toBe(2);
});

test("a model that is only claimed counts to 2, and to 1 for what cannot be undone", () => {
  const claimed = ran("opus", null, "claimed");
  const { levels } = profile(TRUSTED, claimed);
  expect([levelOf(levels, "files.write"), levels.irreversible]).toEqual([2, 1]);
  expect(profile(TRUSTED).levels.irreversible).toBe(3);
  expect(profile(TRUSTED, ran("opus", null, "attested")).levels.irreversible).toBe(HIGHEST);
});

test("what is not used is lost, level by level, and never below where it started", () => {
  const lasting = { ...TRUSTED, evaluations: [evaluation({ expiresAt: NOW + 900 * DAY })] };
  const after = (days: number): number => writes(lasting, ran("opus"), NOW + days * DAY);
  expect([after(89), after(90), after(180), after(270)]).toEqual([3, 2, 1, 1]);
});

test("an agent that changes to and fro has the lowest of all that it was", () => {
  const held = { rules: RULES, tier: "foundation", evidence: TRUSTED, now: NOW } as const;
  const flapping = profileOf({ ...held, fingerprint: ran("opus"), flapping: [ran("haiku")], quietAt: NOW + 5 });
  expect([levelOf(flapping.levels, "files.write"), flapping.until]).toEqual([1, NOW + 5]);
});

const RUNS = { numRuns: 400 };

test("more against an agent never raises a level", () => {
  fc.assert(
    fc.property(
      someEvidence,
      someFingerprint,
      fc.oneof(
        someDemotion.map((one) => ({ rulings: one })),
        someFinding.map((one) => ({ findings: one })),
        someEvaluation.map((one) => ({ evaluations: { ...one, passed: false } })),
        fc.record({ refused: fc.nat(5), denied: fc.nat(5) }),
      ),
      (held, fingerprint, more) => {
        const worse = against(held, more);
        expect(narrows(profile(worse, fingerprint).levels, profile(held, fingerprint).levels)).toBe(false);
      },
    ),
    RUNS,
  );
});

function against(held: Evidence, more: Record<string, unknown>): Evidence {
  if ("refused" in more) {
    const { refused, denied } = more as { refused: number; denied: number };
    const uses = Object.entries(held.uses).map(([name, one]) => [
      name,
      { ...one, refused: one.refused + refused, denied: one.denied + denied },
    ]);
    return { ...held, uses: Object.fromEntries(uses) as Evidence["uses"] };
  }
  const [list] = Object.keys(more) as ["rulings" | "findings" | "evaluations"];
  return { ...held, [list]: [...held[list], more[list]] };
}

test("removing what speaks for an agent never raises a level", () => {
  fc.assert(
    fc.property(someEvidence, someFingerprint, fc.nat(), (held, fingerprint, pick) => {
      const without = (["evaluations", "rulings", "endorsements"] as const).flatMap((list) =>
        held[list].flatMap((one, i) => {
          const counts =
            list === "evaluations" ? (one as { passed: boolean }).passed : !("kind" in one) || one.kind === "promotion";
          return counts ? [{ ...held, [list]: held[list].filter((_, at) => at !== i) }] : [];
        }),
      );
      const fewer = Object.entries(held.uses).map(([name, one]) => [
        name,
        { ...one, supervised: Math.floor(one.supervised / 2), alone: Math.floor(one.alone / 2), targets: [] },
      ]);
      const all = [...without, { ...held, uses: Object.fromEntries(fewer) as Evidence["uses"] }];
      const less = all[pick % all.length] as Evidence;
      expect(narrows(profile(less, fingerprint).levels, profile(held, fingerprint).levels)).toBe(false);
    }),
    RUNS,
  );
});

test("time alone never raises what it did not say it would: nothing moves before `until`", () => {
  fc.assert(
    fc.property(someEvidence, someFingerprint, fc.integer({ min: 0, max: 5 * DAY }), (held, fingerprint, later) => {
      const now = profile(held, fingerprint);
      const at = Math.min(NOW + later, (now.until ?? Number.MAX_SAFE_INTEGER) - 1);
      expect(profile(held, fingerprint, at).levels).toEqual(now.levels);
    }),
    RUNS,
  );
});

test("what is within both is above neither, whichever is asked for first", () => {
  fc.assert(
    fc.property(someEvidence, someEvidence, someFingerprint, (one, other, fingerprint) => {
      const [a, b] = [profile(one, fingerprint).levels, profile(other, fingerprint).levels];
      const both = meet(a, b);
      expect([narrows(both, a) && narrows(both, b) && narrows(a, both), meet(b, a)]).toEqual([false, both]);
      expect(narrows(a, both) || !narrows(both, a)).toBe(true);
    }),
    RUNS,
  );
});

test("every effect of a call is a capability, wherever it is", () => {
  const kinds = fc.uniqueArray(fc.constantFrom(...EFFECT_KINDS), { minLength: 1 });
  const place = fc.record({ paths: fc.boolean(), tables: fc.boolean(), hosts: fc.boolean(), memory: fc.boolean() });
  fc.assert(
    fc.property(kinds, place, (all, at) => {
      const effects: Effects = {
        ...NO_EFFECTS,
        kinds: all,
        paths: at.paths ? ["/a"] : [],
        tables: at.tables ? ["t"] : [],
        hosts: at.hosts ? ["h"] : [],
        traits: at.memory ? ["agent-memory"] : [],
      };
      for (const kind of all) expect(neededBy({ ...effects, kinds: [kind] }, "x__y")).not.toEqual([]);
      const each = all.flatMap((kind) => neededBy({ ...effects, kinds: [kind] }, "x__y"));
      expect(new Set(neededBy(effects, "x__y"))).toEqual(new Set(each));
    }),
  );
});

test("a capability of one's own stands in the place of the built-in one, for its tools and effects alone", () => {
  const own = [{ name: "refund.issue", effects: ["spend" as const], tools: ["shop__refund"] }];
  const effects: Effects = { ...NO_EFFECTS, kinds: ["write", "spend"] };
  expect(neededBy(effects, "shop__refund", own)).toEqual(["data.write", "refund.issue"]);
  expect(neededBy(effects, "shop__other", own)).toEqual(["data.write", "payment.make"]);
});
