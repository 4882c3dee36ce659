import { type Json, isObject, own } from "../../domain/json.ts";
import type { IssuerConfiguration, TrustDomainConfiguration } from "../../ports/configuration.ts";
import { guardedFetch } from "../../wire/http/guarded-fetch.ts";
import { readKeySet } from "../../wire/jose/key-set.ts";
import { decodeUtf8Strict, parseStrict } from "../../wire/json/parse.ts";
import type { Published } from "./key-source.ts";

const LIMITS = { reach: "configured", timeoutMs: 5_000, maxBytes: 256 * 1024 } as const;
const JSON_TYPE = /^application\/(json|jwk-set\+json|[\w.-]+\+json)\s*(;|$)/i;
const FRESH_MS = 10 * 60_000;
const SVID_ALGORITHMS = ["ES256", "ES384", "ES512", "RS256"];

/** The keys of an OpenID issuer (OpenID Connect Discovery 1.0 §4): what it says of itself must name it exactly as
 *  `writ.yaml` does. */
export async function keysOfIssuer({ issuer, jwksUri, algorithms }: IssuerConfiguration): Promise<Published | string> {
  const where = jwksUri ?? (await discovered(issuer));
  if (typeof where !== "string") return where.why;
  const document = await fetchJson(where);
  if (document.kind === "refused") return document.why;
  const keys = readKeySet(document.value, { algorithms, use: "sig" });
  return typeof keys === "string" ? keys : { keys, freshMs: FRESH_MS };
}

async function discovered(issuer: string): Promise<string | { readonly why: string }> {
  const document = await fetchJson(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
  if (document.kind === "refused") return document;
  const { value } = document;
  if (!isObject(value) || own(value, "issuer") !== issuer) return { why: "discovery names another issuer" };
  const where = own(value, "jwks_uri");
  return typeof where === "string" ? where : { why: "discovery names no keys" };
}

/** The bundle of a trust domain (SPIFFE Trust Domain and Bundle §4): its keys for JWT-SVIDs. `read` gives a file's bytes.
 *  A bundle with a lower sequence than the last is an old one, and is not taken. */
export function bundleReader(
  { bundle }: TrustDomainConfiguration,
  read: (file: string) => Promise<Uint8Array>,
): () => Promise<Published | string> {
  let last = Number.NEGATIVE_INFINITY;
  return async () => {
    const document =
      bundle.kind === "url"
        ? await fetchJson(bundle.url)
        : await read(bundle.file).then(parse, () => ({ kind: "refused" as const, why: "the bundle cannot be read" }));
    if (document.kind === "refused") return document.why;
    const { value } = document;
    // A bundle may hold no key at all, and then nothing of this trust domain is believed.
    const listed = isObject(value) && own(value, "keys") === undefined ? { ...value, keys: [] } : value;
    const keys = readKeySet(listed, { algorithms: SVID_ALGORITHMS, use: "jwt-svid" });
    if (typeof keys === "string") return keys;
    const sequence = numberIn(value, "spiffe_sequence");
    if (sequence !== null && sequence < last) return "the bundle is older than the one before it";
    last = sequence ?? last;
    const hint = (numberIn(value, "spiffe_refresh_hint") ?? 300) * 1000;
    return { keys, freshMs: Math.min(Math.max(hint, 10_000), 30 * 60_000) };
  };
}

function numberIn(value: Json, name: string): number | null {
  const found = isObject(value) ? own(value, name) : undefined;
  return typeof found === "number" && Number.isSafeInteger(found) && found >= 0 ? found : null;
}

type Read = { readonly kind: "read"; readonly value: Json } | { readonly kind: "refused"; readonly why: string };

async function fetchJson(url: string): Promise<Read> {
  const fetched = await guardedFetch({ url, headers: { accept: "application/json" } }, LIMITS);
  if (fetched.kind === "failed") return { kind: "refused", why: fetched.why };
  if (fetched.status !== 200) return { kind: "refused", why: `it answered ${fetched.status}` };
  if (!JSON_TYPE.test(fetched.headers["content-type"] ?? "")) return { kind: "refused", why: "it is no JSON" };
  return parse(fetched.bytes);
}

function parse(bytes: Uint8Array): Read {
  const text = bytes.length > LIMITS.maxBytes ? null : decodeUtf8Strict(bytes);
  const parsed = text === null ? null : parseStrict(text);
  return parsed?.kind === "parsed" ? { kind: "read", value: parsed.value } : { kind: "refused", why: "it is no JSON" };
}
