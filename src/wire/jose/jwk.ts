import { type KeyObject, createHash, createPublicKey, createSecretKey } from "node:crypto";
import { type Json, type JsonObject, own } from "../../domain/json.ts";
import { canonicalize } from "../json/canonical.ts";
import { ALGORITHMS, type Algorithm } from "./algorithms.ts";
import { decodeBase64url } from "./base64url.ts";

/** A key that may check signatures, with the one algorithm it may check. */
export interface VerificationKey {
  readonly kid: string;
  readonly thumbprint: string;
  readonly algorithm: Algorithm;
  readonly key: KeyObject;
  /** The required members alone, fit to publish; for a shared secret, none. */
  readonly jwk: JsonObject;
}

export type KeyFault = "key_type" | "key_private" | "key_algorithm" | "key_use" | "key_encoding" | "key_unfit";

/** RFC 7638 §3.2: what the thumbprint is over, and all that a public key is. */
const REQUIRED: Readonly<Record<Algorithm["kty"], readonly string[]>> = {
  EC: ["crv", "kty", "x", "y"],
  RSA: ["e", "kty", "n"],
  OKP: ["crv", "kty", "x"],
  oct: ["k", "kty"],
};
const PRIVATE = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
const COORDINATE_BYTES: Readonly<Record<string, number>> = { "P-256": 32, "P-384": 48, "P-521": 66, Ed25519: 32 };

/** Reads a key that somebody else wrote. Its own `alg` must be one of `algorithms`; where it has none, and only
 *  one is admitted, that one applies. Refused: private members, another use, a point that is not on the curve,
 *  RSA below 2048 bits, a second spelling of a coordinate. */
export function importJwk(jwk: JsonObject, algorithms: readonly string[] = ["ES256"]): VerificationKey | KeyFault {
  const algorithm = algorithmOf(own(jwk, "alg"), algorithms);
  if (algorithm === null) return "key_algorithm";
  if (own(jwk, "kty") !== algorithm.kty || own(jwk, "crv") !== algorithm.crv) return "key_type";
  if (algorithm.kty !== "oct" && PRIVATE.some((name) => Object.hasOwn(jwk, name))) return "key_private";
  if (!mayVerify(jwk)) return "key_use";
  const required = requiredMembers(jwk, algorithm);
  if (required === null) return "key_encoding";
  const key = toKeyObject(required, algorithm);
  if (key === null || !algorithm.fits(key)) return "key_unfit";
  const thumbprint = digest(required);
  const kid = own(jwk, "kid");
  return {
    kid: typeof kid === "string" ? kid : thumbprint,
    thumbprint,
    algorithm,
    key,
    jwk: algorithm.kty === "oct" ? {} : required,
  };
}

/** The RFC 7638 SHA-256 thumbprint; null when a required member is missing or not text. */
export function thumbprint(jwk: JsonObject): string | null {
  const kty = own(jwk, "kty");
  if (typeof kty !== "string" || !Object.hasOwn(REQUIRED, kty)) return null;
  const members = pick(jwk, REQUIRED[kty as Algorithm["kty"]]);
  return members === null ? null : digest(members);
}

function algorithmOf(said: Json | undefined, admitted: readonly string[]): Algorithm | null {
  const name = said === undefined && admitted.length === 1 ? admitted[0] : said;
  if (typeof name !== "string" || !admitted.includes(name)) return null;
  return ALGORITHMS.get(name) ?? null;
}

function mayVerify(jwk: JsonObject): boolean {
  const use = own(jwk, "use");
  const operations = own(jwk, "key_ops");
  return (
    (use === undefined || use === "sig") &&
    (operations === undefined || (Array.isArray(operations) && operations.includes("verify")))
  );
}

function requiredMembers(jwk: JsonObject, algorithm: Algorithm): JsonObject | null {
  const members = pick(jwk, REQUIRED[algorithm.kty]);
  if (members === null) return null;
  const size = COORDINATE_BYTES[algorithm.crv ?? ""];
  for (const name of ["x", "y", "n", "e", "k"]) {
    const text = members[name];
    if (typeof text !== "string") continue;
    const bytes = decodeBase64url(text);
    if (bytes === null || (size !== undefined && bytes.length !== size)) return null;
  }
  return members;
}

function pick(jwk: JsonObject, names: readonly string[]): JsonObject | null {
  const entries = names.map((name) => [name, own(jwk, name)] as const);
  return entries.every(([, value]) => typeof value === "string") ? (Object.fromEntries(entries) as JsonObject) : null;
}

function toKeyObject(jwk: JsonObject, algorithm: Algorithm): KeyObject | null {
  try {
    if (algorithm.kty === "oct") return createSecretKey(Buffer.from(String(jwk["k"]), "base64url"));
    return createPublicKey({ key: { ...jwk } as Record<string, string>, format: "jwk" });
  } catch {
    // OpenSSL says no more than that the key is no key: off the curve, or the point at infinity.
    return null;
  }
}

function digest(members: JsonObject): string {
  return createHash("sha256").update(canonicalize(members)).digest("base64url");
}
