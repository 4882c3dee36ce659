import { createPrivateKey } from "node:crypto";
import type { SecretKind } from "../../domain/secret.ts";

const MAX_BYTES = 16 * 1024;
const SHORTEST = 8;
const MIN_RSA_BITS = 2048;

/** Why `value` cannot be a secret of this kind; null when it can. Says nothing of the value itself. */
export function unfit(kind: SecretKind, value: string): string | null {
  if (Buffer.byteLength(value) > MAX_BYTES) return `it is longer than ${MAX_BYTES} bytes`;
  // A shorter one could not be told from chance in a result, so it could not be withheld.
  if (value.length < SHORTEST) return `it is shorter than ${SHORTEST} characters`;
  switch (kind) {
    case "header":
    case "client_secret":
      return /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/.test(value) ? null : "it is not one line of printable ASCII";
    case "private_key":
      return isEs256(value) ? null : "it is not a P-256 private key in PKCS#8 PEM";
    case "github_app":
      return isRsa(value) ? null : `it is not an RSA private key of ${MIN_RSA_BITS} bits or more in PEM`;
  }
}

function isEs256(pem: string): boolean {
  const key = privateKey(pem);
  return key?.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1";
}

function isRsa(pem: string): boolean {
  const key = privateKey(pem);
  return key?.asymmetricKeyType === "rsa" && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS;
}

function privateKey(pem: string): ReturnType<typeof createPrivateKey> | null {
  try {
    return createPrivateKey(pem);
  } catch {
    // OpenSSL's words about it may quote it.
    return null;
  }
}
