import { createHash, createPrivateKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { PAYLOAD_TYPE, writeStatement } from "./authority/capability/statement.ts";
import { EVALUATED, openSandbox } from "./compose/sandbox.ts";
import type { EvalReport, EvalRequest } from "./doors/cli/parts.ts";
import { runAgent } from "./doors/launcher/run-agent.ts";
import { WritError } from "./domain/error.ts";
import type { Fingerprint } from "./domain/fingerprint.ts";
import type { JsonObject } from "./domain/json.ts";
import { countScenario, type Scenario, type Suite } from "./domain/suite.ts";
import { parseSuite } from "./system/suite-file.ts";
import { signEnvelope } from "./wire/dsse.ts";
import { thumbprint } from "./wire/jose/jwk.ts";

const GOOD_FOR_MS = 30 * 24 * 3_600_000;

/** Runs an agent on every scenario of a suite, each in a Writ and with servers of its own, counts, and signs what came of
 *  it for what actually ran.
 *  @throws WritError `suite_invalid`, `evaluator_key_invalid`; `eval_changed` where it was not the same throughout. */
export async function evaluate(asked: EvalRequest): Promise<EvalReport> {
  const text = readFileSync(asked.suite, "utf8");
  const suite = parseSuite(text, asked.suite);
  const key = asked.key === undefined ? null : readPrivateKey(asked.key);
  const passed: string[] = [];
  const failed: string[] = [];
  let crossed = false;
  let fingerprint: Fingerprint | null = null;
  for (const scenario of suite.scenarios) {
    const one = await runScenario(asked, suite, scenario);
    passed.push(...one.passed);
    failed.push(...one.failed);
    crossed ||= one.crossed;
    if (fingerprint !== null && JSON.stringify(fingerprint) !== JSON.stringify(one.fingerprint)) throw changed();
    ({ fingerprint } = one);
  }
  const score = passed.length / (passed.length + failed.length);
  const evaluatedAt = Date.now();
  const result = {
    agent: asked.agent,
    suite: suite.name,
    suiteDigest: createHash("sha256").update(text).digest("hex"),
    passed: score >= suite.pass && !crossed,
    score,
    capabilities: suite.capabilities,
    fingerprint: fingerprint ?? { parts: {}, tools: {} },
    evaluatedAt,
    expiresAt: evaluatedAt + GOOD_FOR_MS,
    passedTests: passed,
    failedTests: failed,
  };
  const envelope = key === null ? null : signEnvelope(PAYLOAD_TYPE, writeStatement(result), key.key, key.kid);
  return { ...result, envelope };
}

async function runScenario(
  asked: EvalRequest,
  suite: Suite,
  scenario: Scenario,
): Promise<ReturnType<typeof countScenario> & { readonly fingerprint: Fingerprint }> {
  const sandbox = await openSandbox(suite, scenario);
  try {
    let timer: NodeJS.Timeout | undefined;
    await runAgent({
      origin: sandbox.writ.origin,
      launcherKey: sandbox.writ.keys.launcher,
      agent: EVALUATED,
      objective: scenario.prompt.slice(0, 1_000),
      command: asked.command.map((part) => part.replaceAll("{prompt}", scenario.prompt)),
      model: asked.model,
      env: { ...process.env, EVAL_PROMPT: scenario.prompt, EVAL_FOLDER: sandbox.workspace },
      stdio: ["ignore", "ignore", "inherit"],
      say: asked.say,
      onStarted: (child) => {
        timer = setTimeout(() => child.kill("SIGKILL"), suite.timeoutMs);
      },
    });
    clearTimeout(timer);
    const counted = countScenario(scenario, await sandbox.made(), sandbox.workspace);
    return { ...counted, fingerprint: await sandbox.ran() };
  } finally {
    await sandbox.close();
  }
}

function readPrivateKey(file: string): { readonly key: KeyObject; readonly kid: string } {
  try {
    const jwk = JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
    const kid = jwk["kid"] ?? thumbprint(jwk as JsonObject) ?? "";
    return { key: createPrivateKey({ key: jwk as unknown as never, format: "jwk" }), kid };
  } catch (cause) {
    throw new WritError({
      code: "evaluator_key_invalid",
      status: 400,
      facts: { file },
      message: `\`${file}\` holds no private key to sign with`,
      hint: "make one with `writ capability key FILE`, and put what it prints into `evaluators` of writ.yaml",
      cause,
    });
  }
}

function changed(): WritError {
  return new WritError({
    code: "eval_changed",
    status: 409,
    message: "it was not the same agent in every scenario, so nothing can be said of it",
    hint: "see that its program, its model and its client stay the same while it is evaluated",
  });
}
