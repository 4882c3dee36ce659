import { levelOf, type Level } from "../domain/capability.ts";
import { profileOf } from "../domain/capability-profile.ts";
import type { CapabilityRules } from "../domain/capability-rules.ts";
import { type Evidence, noEvidence, NO_USES } from "../domain/evidence.ts";
import type { Fingerprint } from "../domain/fingerprint.ts";
import type { AgentName, PersonName } from "../domain/ids.ts";
import type { Tier } from "../domain/tier.ts";
import type { CapabilityTest } from "./capability-schema.ts";
import { duration } from "./config-units.ts";

export interface CapabilityTestResult {
  readonly name: string;
  readonly passed: boolean;
  /** What came instead; empty when it passed. */
  readonly why: string;
}

const NOW = 1_767_225_600_000;
const DAY = 24 * 3_600_000;

/** Runs the tests that the rules carry: so much shown, so much held. */
export function runCapabilityTests(
  tests: readonly CapabilityTest[],
  rules: CapabilityRules,
  tier: Tier,
): readonly CapabilityTestResult[] {
  return tests.map((one) => {
    const { levels, judged } = profileOf({
      rules,
      tier,
      fingerprint: ran(one.now ?? one.model),
      evidence: shown(one),
      now: NOW,
    });
    const level = levelOf(levels, one.capability);
    const passed = level === one.expect;
    const why = judged[one.capability]?.why.join("; ") ?? "";
    return { name: one.name, passed, why: passed ? "" : `expected ${one.expect}, got ${level}: ${why}` };
  });
}

function shown(one: CapabilityTest): Evidence {
  const agent = (one.agent ?? "*") as AgentName;
  const was = ran(one.model);
  const { evaluation, capability } = one;
  const person = "somebody" as PersonName;
  const said = { capability, by: person, at: NOW, fingerprint: was };
  const lastAt = NOW - (duration(one.unused ?? "0s") ?? 0);
  return {
    ...noEvidence(agent),
    first: was,
    evaluations:
      evaluation === undefined
        ? []
        : [
            {
              id: "test",
              evaluator: "test",
              suite: evaluation.suite,
              passed: true,
              score: evaluation.score,
              capabilities: [capability],
              fingerprint: was,
              at: NOW - (duration(evaluation.age ?? "0s") ?? 0),
              expiresAt: NOW + DAY,
              number: 3,
            },
          ],
    endorsements:
      one.endorsed === undefined ? [] : [{ ...said, level: one.endorsed as Level, until: NOW + DAY, number: 2 }],
    rulings: [
      ...(one.promoted === undefined
        ? []
        : [{ ...said, at: lastAt, kind: "promotion" as const, level: one.promoted as Level, number: 4 }]),
      ...(one.demoted === undefined
        ? []
        : [{ ...said, kind: "demotion" as const, level: one.demoted as Level, number: 5 }]),
    ],
    uses: {
      [capability]: {
        ...NO_USES,
        alone: one.uses ?? 0,
        supervised: one.supervised ?? 0,
        sensitive: one.sensitive ?? 0,
        refused: one.refused ?? 0,
        denied: one.denied ?? 0,
        targets: Array.from({ length: one.targets ?? 0 }, (_, i) => String(i)),
        days: one.days ?? 0,
        lastAt,
      },
    },
    findings: Array.from({ length: one.findings ?? 0 }, () => ({ code: "finding", at: NOW })),
  };
}

function ran(model: CapabilityTest["model"]): Fingerprint {
  const known = model?.known ?? "observed";
  const { id, version } = model ?? { id: "a-model", version: undefined };
  return {
    parts: {
      model: { id, version: version ?? null, strength: known },
      package: { id: "program", version: null, strength: "attested" },
    },
    tools: {},
  };
}
