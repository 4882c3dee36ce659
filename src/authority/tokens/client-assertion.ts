import { own } from "../../domain/json.ts";
import type { ClientConfiguration } from "../../ports/configuration.ts";
import { readCompact, readObject } from "../../wire/jose/compact.ts";
import { byKid, verifyJwt } from "../../wire/jose/verify.ts";
import { checkCommon, seconds, text } from "./claims.ts";
import { oauthError } from "./oauth-error.ts";
import type { TokenParts } from "./parts.ts";

/** Who sends a request to the token service. */
export type TokenClient =
  /** Proved with a key it is configured with. */
  | { readonly kind: "registered"; readonly client: ClientConfiguration }
  /** Proved nothing: what it may get, the grant it brings says. `id` is what it calls itself. */
  | { readonly kind: "public"; readonly id: string | null };

export const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** The longest a client may give its assertion, in seconds. */
const ASSERTION_SECONDS = 300;
/** What the assertion may call itself; one of another kind is not taken for one. */
const TYPES: readonly unknown[] = [undefined, "JWT", "client-authentication+jwt"];

/** Authenticates the client of a request by `private_key_jwt` (RFC 7523, with the issuer as the only audience and as
 *  text, rfc7523bis). An assertion is good once. Without one, the client is public.
 *  @throws WritError `invalid_client`, saying nothing of why. */
export async function authenticateClient(parts: TokenParts, params: ReadonlyMap<string, string>): Promise<TokenClient> {
  const assertion = params.get("client_assertion");
  const type = params.get("client_assertion_type");
  const id = params.get("client_id") ?? null;
  if (params.has("client_secret")) throw notProven();
  if (assertion === undefined && type === undefined) return { kind: "public", id };
  if (assertion === undefined || type !== ASSERTION_TYPE) throw notProven();

  const name = claimedName(assertion);
  const known = name === null || (id !== null && id !== name) ? null : parts.clients.find(name);
  if (known === null) throw notProven();
  const now = parts.clock.now();
  const find = byKid(known.keys);
  const only = known.keys.length === 1 ? (known.keys[0] ?? null) : null;
  const jwt = verifyJwt(assertion, {
    typ: null,
    key: (header) => (own(header, "kid") === undefined ? only : find(header)),
  });
  if (jwt.kind === "refused" || !TYPES.includes(own(jwt.header, "typ"))) throw notProven();
  const { claims } = jwt;
  const expected = { issuer: known.client.name, audience: parts.issuer, lifetime: ASSERTION_SECONDS };
  const jti = text(claims, "jti");
  const exp = seconds(claims, "exp");
  if (checkCommon(claims, expected, now) !== null || own(claims, "sub") !== known.client.name) throw notProven();
  if (jti === null || exp === null) throw notProven();
  const fresh = await parts.store.write((tx) => tx.spend(`client:${known.client.name}`, jti, exp * 1000));
  if (!fresh) throw notProven();
  return { kind: "registered", client: known.client };
}

/** Whose assertion this says it is; believed only once a key of theirs has verified it. */
function claimedName(assertion: string): string | null {
  const compact = readCompact(assertion);
  const claims = typeof compact === "string" ? null : readObject(compact.payload);
  return claims === null ? null : text(claims, "iss");
}

function notProven(): Error {
  return oauthError(
    "invalid_client",
    "the client did not prove itself",
    "sign a `private_key_jwt` with a key from `clients` in `writ.yaml`; its `aud` is the issuer and nothing else",
  );
}
