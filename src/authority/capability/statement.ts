import { createHash } from "node:crypto";
import { z } from "zod";
import { COMPONENTS, type Fingerprint, type NamedComponent, STRENGTHS } from "../../domain/fingerprint.ts";
import type { Json, JsonObject } from "../../domain/json.ts";
import { canonicalize } from "../../wire/json/canonical.ts";

/** What an evaluator signs: in-toto Statement v1 with the predicate `test-result`, about an agent's fingerprint. What the
 *  predicate has no member for stands in the annotations of the suite, and nowhere else. */

export const PAYLOAD_TYPE = "application/vnd.in-toto+json";
const STATEMENT = "https://in-toto.io/Statement/v1";
const TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1";

const tests = z.array(z.string().min(1).max(256)).max(10_000);
const sha256 = z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/) });
const text = z.string().min(1).max(256);
const named = COMPONENTS.filter((one): one is NamedComponent => one !== "tools");
const part = z.strictObject({ id: text, version: text.nullable(), strength: z.enum(STRENGTHS) });
const time = z.iso.datetime();

const annotations = z.strictObject({
  score: z.number(),
  capabilities: z.array(text).min(1).max(64),
  fingerprint: z.strictObject({
    parts: z.partialRecord(z.enum(named as [NamedComponent, ...NamedComponent[]]), part),
    tools: z.record(text, z.string().max(128)),
  }),
  evaluatedAt: time,
  expiresAt: time,
});

const shape = z.strictObject({
  _type: z.literal(STATEMENT),
  predicateType: z.literal(TEST_RESULT),
  subject: z.array(z.strictObject({ name: text, digest: sha256 })).length(1),
  predicate: z.strictObject({
    result: z.enum(["PASSED", "WARNED", "FAILED"]),
    configuration: z.array(z.strictObject({ name: text, digest: sha256, annotations })).length(1),
    passedTests: tests,
    warnedTests: tests.optional(),
    failedTests: tests,
  }),
});

export interface ResultStatement {
  readonly agent: string;
  readonly suite: string;
  /** The SHA-256 of the suite's text. */
  readonly suiteDigest: string;
  readonly passed: boolean;
  readonly score: number;
  readonly capabilities: readonly string[];
  readonly fingerprint: Fingerprint;
  readonly evaluatedAt: number;
  readonly expiresAt: number;
  readonly passedTests: readonly string[];
  readonly failedTests: readonly string[];
}

export type ReadStatement =
  | { readonly kind: "read"; readonly statement: ResultStatement }
  | {
      readonly kind: "refused";
      readonly code: "unreadable" | "field_unknown" | "type_unknown" | "subject_wrong" | "score_wrong";
    };

/** Reads one strictly: a member that it does not know could say anything. */
export function readStatement(value: Json): ReadStatement {
  const checked = shape.safeParse(value);
  if (!checked.success) {
    const { issues } = checked.error;
    const type = issues.some(({ path }) => path[0] === "_type" || path[0] === "predicateType");
    const unknown = issues.some(({ code }) => code === "unrecognized_keys");
    return { kind: "refused", code: type ? "type_unknown" : unknown ? "field_unknown" : "unreadable" };
  }
  const { predicate, subject } = checked.data;
  const [suite] = predicate.configuration;
  const [about] = subject;
  if (suite === undefined || about === undefined) return { kind: "refused", code: "unreadable" };
  const { score, capabilities, evaluatedAt, expiresAt } = suite.annotations;
  const fingerprint = suite.annotations.fingerprint as Fingerprint;
  if (about.digest.sha256 !== digestOf(fingerprint)) return { kind: "refused", code: "subject_wrong" };
  const { passedTests, failedTests } = predicate;
  const all = passedTests.length + failedTests.length;
  // A score is at most what its own tests add up to.
  if (!(score >= 0 && score <= 1) || all === 0 || score > passedTests.length / all + 1e-9)
    return { kind: "refused", code: "score_wrong" };
  return {
    kind: "read",
    statement: {
      agent: about.name,
      suite: suite.name,
      suiteDigest: suite.digest.sha256,
      passed: predicate.result === "PASSED",
      score,
      capabilities,
      fingerprint,
      evaluatedAt: Date.parse(evaluatedAt),
      expiresAt: Date.parse(expiresAt),
      passedTests,
      failedTests,
    },
  };
}

/** The statement as it is signed. */
export function writeStatement(result: ResultStatement): string {
  const { score, capabilities, fingerprint } = result;
  return canonicalize({
    _type: STATEMENT,
    predicateType: TEST_RESULT,
    subject: [{ name: result.agent, digest: { sha256: digestOf(fingerprint) } }],
    predicate: {
      result: result.passed ? "PASSED" : "FAILED",
      configuration: [
        {
          name: result.suite,
          digest: { sha256: result.suiteDigest },
          annotations: {
            score,
            capabilities,
            fingerprint: fingerprint as unknown as JsonObject,
            evaluatedAt: new Date(result.evaluatedAt).toISOString(),
            expiresAt: new Date(result.expiresAt).toISOString(),
          },
        },
      ],
      passedTests: result.passedTests,
      failedTests: result.failedTests,
    },
  });
}

/** What makes two fingerprints the same one: names and versions, and not how surely they are known. */
export function digestOf({ parts, tools }: Fingerprint): string {
  const named = Object.entries(parts).map(([component, { id, version }]) => [component, { id, version }]);
  return createHash("sha256")
    .update(canonicalize({ parts: Object.fromEntries(named), tools }))
    .digest("hex");
}
