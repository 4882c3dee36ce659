// A process of its own: `oidc-provider` with token exchange (RFC 8693) as a grant type of ours, a JWT access token for
// one resource, clients proving themselves with `private_key_jwt`. It has no such grant of its own; this is the least
// that its documented interface needs. Prints its address; its client's public key is the first argument.
import { createPublicKey, generateKeyPairSync, type JsonWebKeyInput } from "node:crypto";
import type { AddressInfo } from "node:net";
import { jwtVerify } from "jose";
import { Provider } from "oidc-provider";

const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const RESOURCE = "urn:bench:resource";

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const keys = JSON.parse(process.argv[2] ?? "{}") as {
  readonly client: object;
  readonly subject: JsonWebKeyInput["key"];
};
const subjectKey = createPublicKey({ key: keys.subject, format: "jwk" });
const provider = new Provider("http://127.0.0.1", {
  jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), alg: "ES256", use: "sig", kid: "bench" }] },
  clients: [
    {
      client_id: "bench",
      grant_types: [EXCHANGE, "client_credentials"],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: "private_key_jwt",
      token_endpoint_auth_signing_alg: "ES256",
      id_token_signed_response_alg: "ES256",
      jwks: { keys: [keys.client as never] },
    },
  ],
  features: {
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => RESOURCE,
      getResourceServerInfo: () => ({
        scope: "",
        audience: RESOURCE,
        accessTokenTTL: 900,
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: "ES256" } },
      }),
    },
  },
});
provider.registerGrantType(
  EXCHANGE,
  async (ctx) => {
    const given = ctx.oidc.params as unknown as { readonly subject_token: string };
    const { payload } = await jwtVerify(given.subject_token, subjectKey, { algorithms: ["ES256"] });
    const info = {
      scope: "",
      audience: RESOURCE,
      accessTokenTTL: 900,
      accessTokenFormat: "jwt" as const,
      jwt: { sign: { alg: "ES256" as const } },
    };
    const token = new provider.ClientCredentials({ client: ctx.oidc.client as never, scope: "" });
    token.resourceServer = new provider.ResourceServer(RESOURCE, info);
    token.extra = { act: { sub: String(payload.sub) } };
    ctx.body = {
      access_token: await token.save(),
      issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
      token_type: "Bearer",
      expires_in: 900,
    };
  },
  ["subject_token", "subject_token_type", "resource"],
);
const server = provider.listen(0, "127.0.0.1", () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
