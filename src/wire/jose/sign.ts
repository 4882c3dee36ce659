import { type KeyObject, createPrivateKey, generateKeyPairSync } from "node:crypto";
import { type JsonObject, own } from "../../domain/json.ts";
import { canonicalize } from "../json/canonical.ts";
import { encodeBase64url } from "./base64url.ts";
import { signEs256 } from "./ecdsa.ts";
import { type VerificationKey, importJwk } from "./jwk.ts";

/** An ES256 key of ours; its id is its thumbprint, so that an id is never given to another key. */
export interface SigningKey {
  readonly kid: string;
  readonly secret: KeyObject;
  readonly verification: VerificationKey;
}

/** A fresh private key, as the JWK to keep. */
export function generateSigningJwk(): JsonObject {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ format: "jwk" }) as JsonObject;
}

/** The key in a private JWK; null when it is no ES256 key, or when its two halves do not belong together. */
export function signingKey(jwk: JsonObject): SigningKey | null {
  const { kty, crv, x, y, d } = jwk;
  if (typeof own(jwk, "d") !== "string") return null;
  const verification = importJwk({ kty, crv, x, y } as JsonObject);
  if (typeof verification === "string") return null;
  try {
    const secret = createPrivateKey({ key: { kty, crv, x, y, d } as Record<string, string>, format: "jwk" });
    const probe = "the halves belong together";
    if (!verification.algorithm.verify(verification.key, probe, signEs256(secret, probe))) return null;
    return { kid: verification.thumbprint, secret, verification: { ...verification, kid: verification.thumbprint } };
  } catch {
    return null;
  }
}

/** A compact JWS over `claims`, of kind `typ`. */
export function signJwt(key: SigningKey, typ: string, claims: JsonObject): string {
  const header = encodeBase64url(canonicalize({ alg: "ES256", kid: key.kid, typ }));
  const signed = `${header}.${encodeBase64url(canonicalize(claims))}`;
  return `${signed}.${encodeBase64url(signEs256(key.secret, signed))}`;
}
