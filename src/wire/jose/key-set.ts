import { isObject, type Json, type JsonObject, own } from "../../domain/json.ts";
import { ALGORITHMS } from "./algorithms.ts";
import { importJwk, type VerificationKey } from "./jwk.ts";

export type KeySet = ReadonlyMap<string, VerificationKey>;
export type KeySetFault = "key_set_malformed" | "key_set_too_large";

export const MOST_KEYS = 64;
const LONGEST_KID = 256;

/** The keys in a JWKS that somebody else published (RFC 7517 §5), as far as they can check tokens for us: each by its
 *  `kid`, with the one algorithm of `algorithms` it may check. Left out: keys of another `use`, private, weak or
 *  malformed ones, keys without a `kid`, and every key whose `kid` stands there twice, since which is meant would be
 *  the sender's choice. A document with too many keys is refused whole. */
export function readKeySet(
  document: Json,
  expected: { readonly algorithms: readonly string[]; readonly use: "sig" | "jwt-svid" },
): KeySet | KeySetFault {
  const listed = isObject(document) ? own(document, "keys") : undefined;
  if (!Array.isArray(listed)) return "key_set_malformed";
  if (listed.length > MOST_KEYS) return "key_set_too_large";
  const found = new Map<string, VerificationKey>();
  const seen = new Set<string>();
  for (const jwk of listed as readonly Json[]) {
    const kid = isObject(jwk) ? own(jwk, "kid") : undefined;
    if (!isObject(jwk) || typeof kid !== "string" || kid === "" || kid.length > LONGEST_KID) continue;
    // One for encryption, or for certificates, does not stand in the way of one for tokens.
    if (!serves(own(jwk, "use"), expected.use)) continue;
    if (seen.has(kid)) {
      found.delete(kid);
      continue;
    }
    seen.add(kid);
    const { use: _, ...rest } = jwk;
    const key = importJwk({ ...rest, ...algorithmFor(jwk, expected.algorithms) }, expected.algorithms);
    if (typeof key !== "string") found.set(kid, key);
  }
  return found;
}

function serves(said: Json | undefined, use: "sig" | "jwt-svid"): boolean {
  return use === "sig" ? said === undefined || said === "sig" : said === use;
}

/** A key that names no algorithm has the one of `algorithms` that its kind can have, where there is just one. */
function algorithmFor(jwk: JsonObject, algorithms: readonly string[]): JsonObject {
  if (own(jwk, "alg") !== undefined) return {};
  const possible = algorithms.filter((name) => {
    const algorithm = ALGORITHMS.get(name);
    return algorithm?.kty === own(jwk, "kty") && algorithm?.crv === own(jwk, "crv");
  });
  return possible.length === 1 ? { alg: possible[0] as string } : {};
}
