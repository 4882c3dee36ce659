import { createHash, randomUUID } from "node:crypto";
import { calculateJwkThumbprint, exportJWK, SignJWT } from "jose";
import { randomDPoPKeyPair } from "openid-client";

/** A key of Writ's own that tokens are bound to (RFC 9449), and proofs with it for requests to one server. */
export interface Prover {
  readonly keys: Awaited<ReturnType<typeof randomDPoPKeyPair>>;
  readonly thumbprint: string;
  /** A fresh proof for exactly this request and token, with the server's newest nonce. */
  prove(verb: string, url: URL, token: string): Promise<string>;
  /** The server asks for proofs with this nonce from now on. */
  learn(nonce: string): void;
}

export async function createProver(now: () => number): Promise<Prover> {
  const keys = await randomDPoPKeyPair("ES256");
  const { kty, crv, x, y } = await exportJWK(keys.publicKey);
  const jwk = { kty, crv, x, y } as Record<string, string>;
  let nonce: string | null = null;
  return {
    keys,
    thumbprint: await calculateJwkThumbprint(jwk),
    learn: (given) => void (nonce = given),
    prove: (verb, url, token) =>
      new SignJWT({
        htm: verb,
        htu: `${url.origin}${url.pathname}`,
        iat: Math.floor(now() / 1_000),
        jti: randomUUID(),
        ath: createHash("sha256").update(token).digest("base64url"),
        ...(nonce === null ? {} : { nonce }),
      })
        .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk })
        .sign(keys.privateKey),
  };
}
