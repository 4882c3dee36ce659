import { differences } from "../../domain/evidence-counting.ts";
import type { Evaluation } from "../../domain/evidence.ts";
import { evidenceOf } from "../../domain/evidence-fold.ts";
import type { Fingerprint } from "../../domain/fingerprint.ts";
import type { Json, JsonObject } from "../../domain/json.ts";
import { type Envelope, readEnvelope, signedBy } from "../../wire/dsse.ts";
import { parseStrict } from "../../wire/json/parse.ts";
import type { Actor } from "../parts.ts";
import { refusal } from "../refusals.ts";
import type { Counting } from "./counting.ts";
import type { Evaluator, Evaluators } from "./evaluators.ts";
import type { CapabilityParts } from "./parts.ts";
import { PAYLOAD_TYPE, readStatement, type ResultStatement } from "./statement.ts";
import { bring, record, seenOf } from "./tally.ts";

/** How far an evaluator's clock may be ahead. */
const SKEW_MS = 60_000;
const MOST_BYTES = 256 * 1024;

const REFUSALS = {
  attestation_unreadable: ["this is no signed test result", "send a DSSE envelope with an in-toto Statement v1"],
  attestation_field_unknown: [
    "the statement has a member that is not known here",
    "leave out what the predicate does not have",
  ],
  attestation_type_unknown: [
    "the statement is of another type",
    "send an in-toto Statement v1 with the predicate `test-result`",
  ],
  attestation_subject_wrong: ["the subject's digest is not that of the fingerprint", "sign the digest of what ran"],
  attestation_score_wrong: [
    "the score is not what its tests add up to",
    "give a score from 0 to 1 that the tests bear out",
  ],
  evaluator_unknown: ["nobody here knows the key that signed this", "an admin adds the evaluator to `writ.yaml`"],
  evaluator_revoked: ["this evaluator's word does not count any more", "let another one evaluate the agent"],
  attestation_signature_wrong: ["the signature does not belong to the statement", "send it as it was signed"],
  attestation_agent_unknown: ["there is no such agent here", "name one of `agents` in `writ.yaml`"],
  attestation_future: ["it was evaluated in the future", "set the evaluator's clock"],
  attestation_expired: ["it has expired", "evaluate the agent again"],
  attestation_too_long: ["it is good for longer than the rules let it be", "give an earlier end"],
  attestation_foreign: ["the agent is not what was evaluated", "evaluate the agent as it runs here"],
  attestation_replayed: ["it was taken before", "evaluate the agent again"],
  attestation_outdated: ["the agent was demoted since it was evaluated", "evaluate the agent again"],
} as const;
type RefusalCode = keyof typeof REFUSALS;

/** Takes a signed evaluation of an agent. Whatever does not hold is refused with its own code, recorded, and changes
 *  nothing; what it gives or takes is in force when this resolves.
 *  @throws WritError 422 with one of the codes above. */
export async function submitEvaluation(
  parts: CapabilityParts,
  counting: Counting,
  evaluators: Evaluators,
  envelope: Json,
  by: Actor,
): Promise<Evaluation> {
  const read = readSigned(evaluators, envelope);
  const now = parts.clock.now();
  const early = "code" in read ? read.code : timely(parts, read.statement, now);
  if (early !== null || "code" in read)
    throw await refused(parts, early ?? "attestation_unreadable", "code" in read ? null : read, by);
  const { statement, evaluator, payload } = read;
  const id = parts.digests.plain(payload);
  const taken = await counting.within(async (tx, tally): Promise<Evaluation | RefusalCode> => {
    const agent = parts.configuration.agents.find((one) => one.name === statement.agent)?.name;
    if (agent === undefined) return "attestation_agent_unknown";
    await bring(tx, tally, agent);
    const evidence = evidenceOf(tally, agent);
    const demoted = Math.max(0, ...evidence.rulings.filter(({ kind }) => kind === "demotion").map(({ at }) => at));
    if (statement.evaluatedAt <= demoted) return "attestation_outdated";
    const seen = await seenOf(tx, tally, agent);
    const was = [
      ...(evidence.first === null ? [] : [evidence.first]),
      ...seen.map((one): Fingerprint => ({ parts: one.parts, tools: {} })),
    ];
    const { rules } = parts.inForce();
    if (was.length > 0 && !was.some((one) => differences(rules, statement.fingerprint, one) !== "floor"))
      return "attestation_foreign";
    if (!(await tx.spend("evaluation", id, statement.expiresAt))) return "attestation_replayed";
    const evaluation: Omit<Evaluation, "number"> = {
      id,
      evaluator: evaluator.name,
      suite: statement.suite,
      passed: statement.passed,
      score: statement.score,
      capabilities: statement.capabilities,
      fingerprint: statement.fingerprint,
      at: statement.evaluatedAt,
      expiresAt: statement.expiresAt,
    };
    const tests = { passed: statement.passedTests.length, failed: statement.failedTests };
    const body = { ...evaluation, agent, by, suiteDigest: statement.suiteDigest, tests } as unknown as JsonObject;
    const { number } = await record(tx, tally, { kind: "evaluation", at: now, call: null, task: null, body });
    return { ...evaluation, number };
  });
  if (typeof taken === "string") throw await refused(parts, taken, read, by);
  return taken;
}

interface Signed {
  readonly statement: ResultStatement;
  readonly evaluator: Evaluator;
  readonly payload: string;
}

/** The statement, once a known evaluator's signature over it holds. Nothing of it is believed before. */
function readSigned(evaluators: Evaluators, value: Json): Signed | { readonly code: RefusalCode } {
  const envelope = readEnvelope(value);
  if (envelope === null || envelope.payload.length > MOST_BYTES) return { code: "attestation_unreadable" };
  if (envelope.payloadType !== PAYLOAD_TYPE) return { code: "attestation_type_unknown" };
  const evaluator = signerOf(evaluators, envelope);
  if (typeof evaluator === "string") return { code: evaluator };
  const payload = envelope.payload.toString("utf8");
  const parsed = parseStrict(payload, { maxBytes: MOST_BYTES });
  if (parsed.kind !== "parsed") return { code: "attestation_unreadable" };
  const read = readStatement(parsed.value);
  if (read.kind === "refused") return { code: `attestation_${read.code}` };
  return { statement: read.statement, evaluator, payload };
}

function signerOf(evaluators: Evaluators, envelope: Envelope): Evaluator | RefusalCode {
  let known = false;
  for (const { keyid, sig } of envelope.signatures) {
    const evaluator = evaluators.get(keyid);
    if (evaluator === undefined) continue;
    known = true;
    if (signedBy(envelope, evaluator.key.key, sig)) return evaluator.revoked ? "evaluator_revoked" : evaluator;
  }
  return known ? "attestation_signature_wrong" : "evaluator_unknown";
}

function timely(parts: CapabilityParts, statement: ResultStatement, now: number): RefusalCode | null {
  const { evaluatedAt, expiresAt } = statement;
  if (evaluatedAt > now + SKEW_MS) return "attestation_future";
  if (expiresAt <= now || expiresAt <= evaluatedAt) return "attestation_expired";
  return expiresAt - evaluatedAt > parts.inForce().rules.longestMs ? "attestation_too_long" : null;
}

async function refused(parts: CapabilityParts, code: RefusalCode, read: Signed | null, by: Actor): Promise<Error> {
  const about =
    read === null ? {} : { about: read.statement.agent, suite: read.statement.suite, evaluator: read.evaluator.name };
  const at = parts.clock.now();
  await parts.store.write((tx) =>
    tx.append({ kind: "evaluation_refused", at, call: null, task: null, body: { code, by, ...about } }),
  );
  const [message, next] = REFUSALS[code];
  return refusal(code, 422, read === null ? {} : { suite: read.statement.suite }, message, next);
}
