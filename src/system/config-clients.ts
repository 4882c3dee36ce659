import type { ClientName } from "../domain/client.ts";
import type { JsonObject } from "../domain/json.ts";
import type { ClientConfiguration } from "../ports/configuration.ts";
import type { Report } from "./config-bounds.ts";
import type { ClientYaml } from "./config-schema.ts";

/** One client of `clients`: where its keys are, and what it may ask. */
export function resolveClient(
  name: string,
  yaml: ClientYaml,
  at: (path: string) => string,
  report: Report,
): ClientConfiguration {
  if ((yaml.jwks === undefined) === (yaml.jwks_file === undefined)) {
    report(
      ["clients", name],
      "client_keys",
      "a client has either `jwks` or `jwks_file`",
      "write its public keys, or the file they are in",
      true,
    );
  }
  return {
    name: name as ClientName,
    keys:
      yaml.jwks_file === undefined
        ? { kind: "inline", jwks: (yaml.jwks ?? { keys: [] }) as JsonObject }
        : { kind: "file", file: at(yaml.jwks_file) },
    may: yaml.may ?? [],
  };
}
