import type { JsonObject } from "../../domain/json.ts";
import type { VerificationKey } from "./jwk.ts";

/** What is published for others to check our signatures with: public members only, whatever the keys hold. */
export function publicSet(keys: readonly VerificationKey[]): JsonObject {
  return { keys: keys.map((key) => ({ ...key.jwk, kid: key.kid, alg: key.algorithm.name, use: "sig" })) };
}
