import { WritError } from "../../domain/error.ts";
import { isObject, type Json, own } from "../../domain/json.ts";
import type { EvaluatorConfiguration } from "../../ports/configuration.ts";
import { importJwk, type VerificationKey } from "../../wire/jose/jwk.ts";

export interface Evaluator {
  readonly name: string;
  readonly revoked: boolean;
  readonly key: VerificationKey;
}

/** The key of every evaluator, by its id. */
export type Evaluators = ReadonlyMap<string, Evaluator>;

const MOST_KEYS = 16;

/** Reads every evaluator's keys. `read` gives the text of a file, parsed; null when there is none that can be read.
 *  @throws WritError `evaluator_keys_invalid`: a key that is private, weak, of another kind, or given twice is refused,
 *  and with it the start. */
export function openEvaluators(
  evaluators: readonly EvaluatorConfiguration[],
  read: (file: string) => Json | null,
): Evaluators {
  const known = new Map<string, Evaluator>();
  for (const { name, keys, revoked } of evaluators) {
    const jwks = keys.kind === "inline" ? keys.jwks : read(keys.file);
    const listed = isObject(jwks ?? undefined) ? own(jwks as never, "keys") : undefined;
    if (!Array.isArray(listed) || listed.length === 0 || listed.length > MOST_KEYS)
      throw invalid(name, `it is no JWKS of 1 to ${MOST_KEYS} keys`);
    for (const jwk of listed as readonly Json[]) {
      const key = isObject(jwk) ? importEither(jwk) : "key_type";
      if (typeof key === "string") throw invalid(name, key);
      if (known.has(key.kid)) throw invalid(name, "a key is given twice");
      known.set(key.kid, { name, revoked, key });
    }
  }
  return known;
}

/** P-256 or Ed25519, whether or not it says which algorithm. */
function importEither(jwk: Parameters<typeof importJwk>[0]): ReturnType<typeof importJwk> {
  return own(jwk, "kty") === "OKP"
    ? importJwk({ ...jwk, alg: "Ed25519" }, ["Ed25519"])
    : importJwk({ ...jwk, alg: own(jwk, "alg") ?? "ES256" }, ["ES256"]);
}

function invalid(evaluator: string, why: string): WritError {
  return new WritError({
    code: "evaluator_keys_invalid",
    status: 500,
    facts: { evaluator, why },
    message: `the keys of the evaluator \`${evaluator}\` do not hold: ${why}`,
    hint: "give public ES256 or Ed25519 keys in `evaluators` of `writ.yaml`",
  });
}
