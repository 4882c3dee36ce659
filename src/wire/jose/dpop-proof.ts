import { hash, randomBytes } from "node:crypto";
import { canonicalize } from "../json/canonical.ts";
import { encodeBase64url } from "./base64url.ts";
import { signEs256 } from "./ecdsa.ts";
import type { SigningKey } from "./sign.ts";

export interface ProofFor {
  readonly method: string;
  /** Origin and path, no query. */
  readonly url: string;
  /** Of the server the request goes to; null before it has given one. */
  readonly nonce: string | null;
  /** The access token beside it; null where there is none. */
  readonly token: string | null;
}

/** Makes proofs with one key (RFC 9449 §4.2), each for one request. */
export function proofMaker(key: SigningKey): (wanted: ProofFor, now: number) => string {
  const head = encodeBase64url(canonicalize({ alg: "ES256", jwk: key.verification.jwk, typ: "dpop+jwt" }));
  // A token goes with many requests: its digest is taken once.
  let digested = { token: "", ath: "" };
  return ({ method, url, nonce, token }, now) => {
    if (token !== null && digested.token !== token) digested = { token, ath: hash("sha256", token, "base64url") };
    const claims = canonicalize({
      htm: method,
      htu: url,
      iat: Math.floor(now / 1000),
      jti: randomBytes(16).toString("base64url"),
      ...(nonce === null ? {} : { nonce }),
      ...(token === null ? {} : { ath: digested.ath }),
    });
    const signed = `${head}.${encodeBase64url(claims)}`;
    return `${signed}.${encodeBase64url(signEs256(key.secret, signed))}`;
  };
}
