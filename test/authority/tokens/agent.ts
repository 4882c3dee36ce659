import type { webcrypto } from "node:crypto";
import type { JsonObject } from "../../../src/domain/json.ts";
import { proofMaker } from "../../../src/wire/jose/dpop-proof.ts";
import type { SigningKey } from "../../../src/wire/jose/sign.ts";
import { type Answer, type Desk, KEYS } from "../../doors/http/desk.ts";
import { aKey } from "../../wire/jose/forge.ts";

/** An instance with a key of its own, which it proves with every request. */
export interface KeyedInstance {
  readonly id: string;
  readonly key: SigningKey & { readonly jwk: JsonObject };
  readonly credential: string;
  /** Makes a proof by hand; what is not said is what a good one says. */
  proof(wanted: { method?: string; url: string; nonce?: string | null; token?: string | null; now?: number }): string;
  /** The nonce of the gateway as it is now. */
  nonce(): string;
  /** Exchanges its credential, with a good proof unless another header is given. */
  exchange(params?: Record<string, string>, headers?: Record<string, string>): Promise<Answer>;
}

export const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
export const JWT = "urn:ietf:params:oauth:token-type:jwt";
export const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";

/** Sends a form. */
export function form(
  desk: Desk,
  path: string,
  params: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return desk.ask("POST", path, null, new URLSearchParams(params).toString(), {
    "content-type": "application/x-www-form-urlencoded",
    ...headers,
  });
}

/** Enrols `agent` through the launcher's door, with proof of a fresh key. */
export async function keyedInstance(desk: Desk, agent = "clerk"): Promise<KeyedInstance> {
  const key = aKey();
  const make = proofMaker(key);
  const nonce = (): string => desk.house.tokens.dpop.nonce(desk.house.clock.at);
  const proof: KeyedInstance["proof"] = (wanted) =>
    make(
      {
        method: wanted.method ?? "POST",
        url: wanted.url,
        nonce: wanted.nonce === undefined ? nonce() : wanted.nonce,
        token: wanted.token ?? null,
      },
      wanted.now ?? desk.house.clock.at,
    );
  const enrolled = await desk.ask(
    "POST",
    "/v1/instances",
    KEYS.launcher,
    { agent, key: key.verification.jwk },
    { dpop: proof({ url: `${desk.origin}/v1/instances` }) },
  );
  if (enrolled.status !== 201) throw new Error(enrolled.text);
  const { instance, credential } = enrolled.json as { instance: string; credential: string };
  return {
    id: instance,
    key,
    credential,
    proof,
    nonce,
    exchange: (params = {}, headers = { dpop: proof({ url: `${desk.origin}/oauth/token` }) }) =>
      form(
        desk,
        "/oauth/token",
        { grant_type: EXCHANGE, subject_token: credential, subject_token_type: JWT, ...params },
        headers,
      ),
  };
}

/** The same key as WebCrypto has it, for clients that take nothing else. */
export async function cryptoPair({ jwk }: KeyedInstance["key"]): Promise<webcrypto.CryptoKeyPair> {
  const { kty, crv, x, y } = jwk;
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const [privateKey, publicKey] = await Promise.all([
    crypto.subtle.importKey("jwk", { ...jwk } as webcrypto.JsonWebKey, algorithm, false, ["sign"]),
    crypto.subtle.importKey("jwk", { kty, crv, x, y } as webcrypto.JsonWebKey, algorithm, true, ["verify"]),
  ]);
  return { privateKey, publicKey };
}
