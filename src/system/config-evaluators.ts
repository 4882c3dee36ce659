import type { JsonObject } from "../domain/json.ts";
import type { EvaluatorConfiguration } from "../ports/configuration.ts";
import type { Report } from "./config-bounds.ts";
import type { EvaluatorYaml } from "./config-schema.ts";

/** One evaluator of `evaluators`: where its keys are, and whether its word still counts. */
export function resolveEvaluator(
  name: string,
  yaml: EvaluatorYaml,
  at: (path: string) => string,
  report: Report,
): EvaluatorConfiguration {
  if ((yaml.jwks === undefined) === (yaml.jwks_file === undefined)) {
    report(
      ["evaluators", name],
      "evaluator_keys",
      "an evaluator has either `jwks` or `jwks_file`",
      "write its public keys, or the file they are in",
      true,
    );
  }
  return {
    name,
    keys:
      yaml.jwks_file === undefined
        ? { kind: "inline", jwks: (yaml.jwks ?? { keys: [] }) as JsonObject }
        : { kind: "file", file: at(yaml.jwks_file) },
    revoked: yaml.revoked ?? false,
  };
}
