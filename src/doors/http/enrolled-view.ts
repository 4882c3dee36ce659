import { z } from "@hono/zod-openapi";
import type { Enrolled } from "../../authority/enrolment/enrol.ts";
import type { AuthorityParts } from "../../authority/parts.ts";
import { refusal } from "../../authority/refusals.ts";
import { spiffeId } from "../../domain/ids.ts";
import type { JsonObject } from "../../domain/json.ts";
import { importJwk } from "../../wire/jose/jwk.ts";

/** The public key of a new instance, as it comes: a JWK. */
export const keyBody = z.record(z.string(), z.unknown());

/** @throws WritError 400 `key_invalid`. */
export function thumbprintOf(jwk: z.infer<typeof keyBody>): string {
  const read = importJwk(jwk as JsonObject);
  if (typeof read !== "string") return read.thumbprint;
  throw refusal(
    "key_invalid",
    400,
    { why: read },
    "the instance key is not a public P-256 key",
    "send kty, crv, x and y of a fresh ES256 key",
  );
}

/** What a process gets that enrolled. */
export function enrolledView(authority: AuthorityParts, { instance, credential }: Enrolled): JsonObject {
  return {
    instance: instance.id,
    agent: instance.agent,
    actor: spiffeId(authority.configuration.trustDomain, instance.agent, instance.id),
    credential: credential.token,
    expiresAt: credential.expiresAt,
  };
}
