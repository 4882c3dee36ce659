import type { OpenAPIHono } from "@hono/zod-openapi";
import { DETAIL_TYPE } from "../../../authority/tokens/authorization-details.ts";
import { DPOP_ALGORITHMS } from "../../../authority/tokens/dpop.ts";
import { GRANT_TYPES } from "../../../authority/tokens/token-endpoint.ts";
import type { JsonObject } from "../../../domain/json.ts";
import type { HttpDoorParts } from "../parts.ts";

/** What only programs that sign people in need. */
const SIGN_IN = ["authorization_code", "refresh_token"];
const CACHED = { "cache-control": "public, max-age=60" };

/** What others read before they speak to us: true to what is there. */
export function addMetadataRoutes(app: OpenAPIHono, parts: HttpDoorParts): void {
  app.get("/.well-known/oauth-authorization-server", (c) => c.json(serverMetadata(parts), 200, CACHED));
  app.get("/.well-known/ssf-configuration", (c) =>
    parts.authority.configuration.receivers.length === 0
      ? c.notFound()
      : c.json(transmitterMetadata(parts), 200, CACHED),
  );
  app.get("/.well-known/oauth-protected-resource/mcp", (c) => c.json(resourceMetadata(parts, ""), 200, CACHED));
  app.get("/.well-known/oauth-protected-resource/mcp/:server", (c) => {
    const server = c.req.param("server");
    const known = parts.authority.configuration.servers.some((one) => one.name === server);
    return known ? c.json(resourceMetadata(parts, `/${server}`), 200, CACHED) : c.notFound();
  });
}

/** RFC 8414 §2. */
function serverMetadata({ tokens: { issuer }, signIn, authority }: HttpDoorParts): JsonObject {
  const authentication = {
    methods: ["private_key_jwt"],
    algorithms: ["ES256"],
  };
  return {
    issuer,
    token_endpoint: `${issuer}/oauth/token`,
    token_endpoint_auth_methods_supported: [...authentication.methods, "none"],
    token_endpoint_auth_signing_alg_values_supported: authentication.algorithms,
    introspection_endpoint: `${issuer}/oauth/introspect`,
    introspection_endpoint_auth_methods_supported: authentication.methods,
    introspection_endpoint_auth_signing_alg_values_supported: authentication.algorithms,
    revocation_endpoint: `${issuer}/oauth/revoke`,
    revocation_endpoint_auth_methods_supported: [...authentication.methods, "none"],
    revocation_endpoint_auth_signing_alg_values_supported: authentication.algorithms,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    ...(signIn.clients.any ? { authorization_endpoint: `${issuer}/oauth/authorize` } : {}),
    ...(authority.configuration.signIn.registration === null
      ? {}
      : { registration_endpoint: `${issuer}/oauth/register` }),
    grant_types_supported: [...GRANT_TYPES.keys()].filter((name) => signIn.clients.any || !SIGN_IN.includes(name)),
    response_types_supported: signIn.clients.any ? ["code"] : [],
    response_modes_supported: ["query"],
    code_challenge_methods_supported: ["S256"],
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: signIn.clients.any,
    dpop_signing_alg_values_supported: [...DPOP_ALGORITHMS],
    authorization_details_types_supported: [DETAIL_TYPE],
  };
}

/** Shared Signals Framework 1.0 §7.1. Streams are set in `writ.yaml`, not over the network. */
function transmitterMetadata({ tokens: { issuer } }: HttpDoorParts): JsonObject {
  return {
    spec_version: "1_0",
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    delivery_methods_supported: ["urn:ietf:rfc:8935"],
    default_subjects: "ALL",
  };
}

/** RFC 9728 §2. */
function resourceMetadata({ tokens: { issuer, gateway } }: HttpDoorParts, path: string): JsonObject {
  return {
    resource: `${gateway}${path}`,
    authorization_servers: [issuer],
    bearer_methods_supported: ["header"],
    dpop_signing_alg_values_supported: [...DPOP_ALGORITHMS],
    dpop_bound_access_tokens_required: false,
    authorization_details_types_supported: [DETAIL_TYPE],
  };
}
