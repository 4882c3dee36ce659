import { WritError } from "../../domain/error.ts";
import { isObject, type Json, own } from "../../domain/json.ts";
import type { ClientConfiguration } from "../../ports/configuration.ts";
import { importJwk, type VerificationKey } from "../../wire/jose/jwk.ts";

/** The configured clients, and the keys each signs with. */
export interface ClientKeys {
  find(name: string): { readonly client: ClientConfiguration; readonly keys: readonly VerificationKey[] } | null;
}

const MOST_KEYS = 16;

/** Reads every client's keys. `read` gives the text of a file, parsed; null when there is none that can be read.
 *  @throws WritError `client_keys_invalid`: a key that is private, weak, no ES256 key, or given twice is refused, and
 *  with it the start. */
export function openClientKeys(
  clients: readonly ClientConfiguration[],
  read: (file: string) => Json | null,
): ClientKeys {
  const known = new Map(
    clients.map((client) => {
      const jwks = client.keys.kind === "inline" ? client.keys.jwks : read(client.keys.file);
      return [client.name as string, { client, keys: keysOf(client, jwks) }];
    }),
  );
  return { find: (name) => known.get(name) ?? null };
}

function keysOf(client: ClientConfiguration, jwks: Json | null): readonly VerificationKey[] {
  const listed = isObject(jwks ?? undefined) ? own(jwks as never, "keys") : undefined;
  if (!Array.isArray(listed) || listed.length === 0 || listed.length > MOST_KEYS)
    throw invalid(client, `it is no JWKS of 1 to ${MOST_KEYS} keys`);
  const keys = listed.map((jwk: Json) => {
    const key = isObject(jwk) ? importJwk(jwk) : "key_type";
    if (typeof key === "string") throw invalid(client, key);
    return key;
  });
  if (new Set(keys.map((key) => key.kid)).size !== keys.length) throw invalid(client, "two keys have the same `kid`");
  return keys;
}

function invalid(client: ClientConfiguration, why: string): WritError {
  return new WritError({
    code: "client_keys_invalid",
    status: 500,
    facts: { client: client.name, why },
    message: `the keys of the client \`${client.name}\` do not hold: ${why}`,
    hint: "give public ES256 keys, each with a `kid` of its own, in `clients` of `writ.yaml`",
  });
}
