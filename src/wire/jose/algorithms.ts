import { type KeyObject, constants, createHmac, timingSafeEqual, verify } from "node:crypto";
import { verifyEcdsa } from "./ecdsa.ts";

/** How one JWS algorithm checks (RFC 7518, RFC 8037). Which one applies is the key's to say, never the header's. */
export interface Algorithm {
  readonly name: string;
  readonly kty: "EC" | "RSA" | "OKP" | "oct";
  readonly crv?: string;
  readonly fits: (key: KeyObject) => boolean;
  readonly verify: (key: KeyObject, signed: string, signature: Uint8Array) => boolean;
}

/** Writ issues and accepts ES256 alone; the others are there to be admitted by name, and to be tested. */
export const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map(
  [
    ecdsa("ES256", "sha256", "P-256", "prime256v1", 32),
    ecdsa("ES384", "sha384", "P-384", "secp384r1", 48),
    ecdsa("ES512", "sha512", "P-521", "secp521r1", 66),
    eddsa("EdDSA"),
    eddsa("Ed25519"),
    ...(["256", "384", "512"] as const).flatMap((size) => [
      rsa(`RS${size}`, `sha${size}`, { padding: constants.RSA_PKCS1_PADDING }),
      rsa(`PS${size}`, `sha${size}`, {
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      }),
      hmac(`HS${size}`, `sha${size}`, Number(size) / 8),
    ]),
  ].map((algorithm) => [algorithm.name, algorithm]),
);

function ecdsa(name: string, hash: string, crv: string, curve: string, size: number): Algorithm {
  return {
    name,
    kty: "EC",
    crv,
    fits: (key) => key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === curve,
    verify: (key, signed, signature) => verifyEcdsa(hash, size, key, signed, signature),
  };
}

function eddsa(name: string): Algorithm {
  return {
    name,
    kty: "OKP",
    crv: "Ed25519",
    fits: (key) => key.asymmetricKeyType === "ed25519",
    verify: (key, signed, signature) => signature.length === 64 && verify(null, Buffer.from(signed), key, signature),
  };
}

function rsa(
  name: string,
  hash: string,
  scheme: { readonly padding: number; readonly saltLength?: number },
): Algorithm {
  const bits = (key: KeyObject): number => key.asymmetricKeyDetails?.modulusLength ?? 0;
  return {
    name,
    kty: "RSA",
    fits: (key) => key.asymmetricKeyType === "rsa" && bits(key) >= 2048,
    verify: (key, signed, signature) =>
      signature.length === Math.ceil(bits(key) / 8) && verify(hash, Buffer.from(signed), { key, ...scheme }, signature),
  };
}

function hmac(name: string, hash: string, bytes: number): Algorithm {
  return {
    name,
    kty: "oct",
    fits: (key) => key.type === "secret" && (key.symmetricKeySize ?? 0) >= bytes,
    verify: (key, signed, signature) =>
      signature.length === bytes && timingSafeEqual(createHmac(hash, key).update(signed).digest(), signature),
  };
}
