import type { ClientName } from "../domain/client.ts";
import type { JsonObject } from "../domain/json.ts";
import type { ServerName } from "../domain/ids.ts";
import { didYouMean } from "./config-problems.ts";
import type { ClientConfiguration, ServerConfiguration } from "../ports/configuration.ts";
import type { Report } from "./config-bounds.ts";
import type { ClientYaml } from "./config-schema.ts";

/** One client of `clients`: where its keys are, and what it may ask. */
export function resolveClient(
  name: string,
  yaml: ClientYaml,
  servers: readonly ServerConfiguration[],
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
  const known = servers.map((one) => one.name);
  for (const [i, server] of (yaml.servers ?? []).entries()) {
    if (known.includes(server as ServerName)) continue;
    const hint = didYouMean(server, known);
    report(["clients", name, "servers", i], "server_unknown", `there is no server \`${server}\` in this file`, hint);
  }
  return {
    name: name as ClientName,
    keys:
      yaml.jwks_file === undefined
        ? { kind: "inline", jwks: (yaml.jwks ?? { keys: [] }) as JsonObject }
        : { kind: "file", file: at(yaml.jwks_file) },
    servers: (yaml.servers ?? []) as ServerName[],
    may: yaml.may ?? [],
  };
}
