import type { JsonObject } from "../../domain/json.ts";
import { proofMaker } from "../../wire/jose/dpop-proof.ts";
import { generateSigningJwk, signingKey } from "../../wire/jose/sign.ts";

/** The instance key of one run, and what it proves to one gateway (RFC 9449). The key never leaves this process. */
export interface Prover {
  readonly publicJwk: JsonObject;
  /** A proof for one request; `path` is without query, `token` what goes with it as `DPoP`. */
  prove(method: string, path: string, token: string | null): string;
  /** Keeps the nonce that an answer gave; true when there was one. */
  learn(nonce: string | readonly string[] | null | undefined): boolean;
}

export function createProver(gateway: string): Prover {
  const key = signingKey(generateSigningJwk());
  if (key === null) throw new TypeError("a fresh key is a key");
  const make = proofMaker(key);
  const origin = new URL(gateway).origin;
  let nonce: string | null = null;
  return {
    publicJwk: key.verification.jwk,
    prove: (method, path, token) => make({ method, url: `${origin}${path}`, nonce, token }, Date.now()),
    learn(given) {
      if (typeof given !== "string" || given === "") return false;
      nonce = given;
      return true;
    },
  };
}
