import fc from "fast-check";
import { type CapabilityRules, plainRules } from "../../src/domain/capability-rules.ts";
import type { Level } from "../../src/domain/capability.ts";
import { type Evidence, noEvidence, NO_USES, type Uses } from "../../src/domain/evidence.ts";
import type { Fingerprint, Strength } from "../../src/domain/fingerprint.ts";
import type { AgentName, PersonName } from "../../src/domain/ids.ts";

export const CLERK = "clerk" as AgentName;
export const NOW = 1_800_000_000_000;
export const DAY = 24 * 3_600_000;
const DANA = "dana" as PersonName;

/** A clerk that starts supervised, and falls back to that. */
export const RULES: CapabilityRules = {
  ...plainRules("foundation"),
  agents: { [CLERK]: { start: { "*": 1 }, floor: 1, governed: true } },
};

export function ran(model: string, version: string | null = null, strength: Strength = "observed"): Fingerprint {
  return {
    parts: {
      model: { id: model, version, strength },
      package: { id: "node", version: "sha-256:abc", strength: "attested" },
    },
    tools: { files__write: "h1", shop__refund: "h2" },
  };
}

export function used(more: Partial<Uses>): Uses {
  return { ...NO_USES, targets: Array.from({ length: 12 }, (_, i) => `t${i}`), days: 5, lastAt: NOW, ...more };
}

export function evaluation(more: Partial<Evidence["evaluations"][number]> = {}): Evidence["evaluations"][number] {
  return {
    id: "e1",
    evaluator: "lab",
    suite: "file-hygiene",
    passed: true,
    score: 1,
    capabilities: ["files.write"],
    fingerprint: ran("opus"),
    at: NOW - DAY,
    expiresAt: NOW + 30 * DAY,
    number: 10,
    ...more,
  };
}

export function promotion(level: Level, more: Partial<Evidence["rulings"][number]> = {}): Evidence["rulings"][number] {
  return {
    kind: "promotion",
    capability: "files.write",
    level,
    by: DANA,
    at: NOW - DAY,
    fingerprint: ran("opus"),
    number: 20,
    ...more,
  };
}

export function evidence(more: Partial<Evidence> = {}): Evidence {
  return { ...noEvidence(CLERK), first: ran("opus"), ...more };
}

const model = fc.constantFrom("opus", "haiku", "other");
export const someFingerprint = fc
  .record({
    model,
    version: fc.constantFrom(null, "1", "2"),
    strength: fc.constantFrom("claimed", "observed", "attested"),
  })
  .map((one) => ran(one.model, one.version, one.strength as Strength));
const level = fc.constantFrom<Level>(0, 1, 2, 3, 4);
const time = fc.integer({ min: NOW - 100 * DAY, max: NOW });
const number = fc.integer({ min: 1, max: 100 });
const capability = fc.constantFrom("files.write", "sql.write", "*");

export const someEvaluation = fc
  .record({
    passed: fc.boolean(),
    score: fc.constantFrom(0.5, 0.9, 1),
    suite: fc.constantFrom("file-hygiene", "sql-safety"),
    fingerprint: someFingerprint,
    at: time,
    expiresAt: fc.integer({ min: NOW - DAY, max: NOW + DAY }),
    number,
  })
  .map((one) => evaluation(one));
export const somePromotion = fc
  .record({ level, capability, at: time, number, fingerprint: someFingerprint })
  .map((one) => promotion(one.level, one));
export const someDemotion = somePromotion.map((one) => ({ ...one, kind: "demotion" as const }));
export const someEndorsement = fc
  .record({
    level,
    capability,
    at: time,
    number,
    fingerprint: someFingerprint,
    until: fc.integer({ min: NOW - DAY, max: NOW + DAY }),
  })
  .map((one) => ({ ...one, by: DANA }));
export const someFinding = fc.record({ code: fc.constantFrom("call_reused", "claim_outranked"), at: time });
const someUses = fc
  .record({
    alone: fc.nat(300),
    supervised: fc.nat(300),
    sensitive: fc.nat(60),
    refused: fc.nat(20),
    denied: fc.nat(20),
    days: fc.nat(20),
    lastAt: time,
  })
  .map((one) => used(one));
export const someEvidence: fc.Arbitrary<Evidence> = fc
  .record({
    evaluations: fc.array(someEvaluation, { maxLength: 4 }),
    rulings: fc.array(fc.oneof(somePromotion, someDemotion), { maxLength: 4 }),
    endorsements: fc.array(someEndorsement, { maxLength: 2 }),
    findings: fc.array(someFinding, { maxLength: 2 }),
    uses: fc.record({ "files.write": someUses, "sql.write": someUses }),
  })
  .map((one) => evidence(one));
