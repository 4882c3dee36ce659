import { WritError } from "../domain/error.ts";
import { isObject, own } from "../domain/json.ts";
import type { ProviderConfiguration, ProviderProof } from "../ports/configuration.ts";
import { readJsonFile } from "./json-file.ts";

/** What Writ proves itself with to the OpenID provider, from where the configuration says it is.
 *  @throws WritError `sign_in_secret_missing`. */
export function proofOf(
  { proof }: ProviderConfiguration,
  env: Readonly<Record<string, string | undefined>>,
): ProviderProof {
  if (proof.kind === "secret") {
    const secret = env[proof.variable] ?? "";
    if (secret !== "") return { kind: "secret", secret };
  } else {
    const jwk = readJsonFile(proof.file);
    if (jwk !== null && isObject(jwk) && own(jwk, "crv") === "P-256" && typeof own(jwk, "d") === "string")
      return { kind: "key", jwk };
  }
  const where = proof.kind === "secret" ? proof.variable : proof.file;
  throw new WritError({
    code: "sign_in_secret_missing",
    status: 500,
    facts: { where },
    message: `\`${where}\` does not hold what Writ proves itself with to the OpenID provider`,
    hint:
      proof.kind === "secret"
        ? "set the variable of `sign_in.client_secret_env`"
        : "put a private ES256 JWK in the file of `sign_in.client_key_file`",
  });
}
