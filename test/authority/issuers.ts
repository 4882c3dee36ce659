import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from "jose";
import OpenIdProvider from "oidc-provider";
import { createKeySource, type Published } from "../../src/authority/enrolment/key-source.ts";
import { bundleReader, keysOfIssuer } from "../../src/authority/enrolment/published-keys.ts";
import { svidAttestor } from "../../src/authority/enrolment/jwt-svid.ts";
import { workloadAttestor } from "../../src/authority/enrolment/workload-token.ts";
import type { AuthorityParts } from "../../src/authority/parts.ts";

/** A key pair with the public half as an issuer publishes it. */
export interface Pair {
  readonly secret: CryptoKey;
  readonly jwk: JWK & { readonly kid: string };
  readonly privateJwk: JWK;
}

export async function pair(kid: string, alg = "ES256", more: object = {}): Promise<Pair> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, ...more };
  return { secret: privateKey, jwk, privateJwk: { ...(await exportJWK(privateKey)), kid, alg, use: "sig" } };
}

export function sign(key: Pair, claims: JWTPayload, header: Partial<JWTHeaderParameters> = {}): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: String(key.jwk.alg), kid: key.jwk.kid, ...header })
    .sign(key.secret);
}

export interface Served {
  readonly origin: string;
  close(): Promise<void>;
}

export async function serve(make: (origin: string) => RequestListener): Promise<Served> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.on("request", make(origin));
  return {
    origin,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** An issuer that says what it is told to. */
export function serveIssuer(said: {
  keys: unknown;
  asked?: number;
  answer?: (path: string) => { readonly status: number; readonly headers?: object; readonly body?: string } | null;
}): Promise<Served> {
  return serve((origin) => (request, response) => {
    said.asked = (said.asked ?? 0) + 1;
    const given = said.answer?.(request.url ?? "/");
    if (given !== null && given !== undefined) {
      response.writeHead(given.status, { "content-type": "application/json", ...given.headers });
      response.end(given.body ?? "");
      return;
    }
    const discovery = request.url === "/.well-known/openid-configuration";
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(discovery ? { issuer: origin, jwks_uri: `${origin}/keys` } : { keys: said.keys }));
  });
}

/** A real OpenID provider, whose client `workload` gets tokens with the claims of a workload. */
export async function serveProvider(key: Pair, claims: JWTPayload, audience: string): Promise<Served> {
  return serve((origin) => {
    const provider = new OpenIdProvider(origin, {
      clients: [
        {
          client_id: "workload",
          client_secret: "the-secret-of-this-test",
          grant_types: ["client_credentials"],
          redirect_uris: [],
          response_types: [],
          id_token_signed_response_alg: "ES256",
        },
      ],
      jwks: { keys: [key.privateJwk as never] },
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => audience,
          getResourceServerInfo: () => ({
            scope: "",
            audience,
            accessTokenFormat: "jwt",
            accessTokenTTL: 300,
            jwt: { sign: { alg: "ES256" } },
          }),
        },
      },
      formats: {
        // Kubernetes and GitHub issue plain JWTs, not access tokens of the OAuth kind.
        customizers: {
          jwt: (_context, _token, parts) => {
            parts.header = { ...parts.header, typ: "JWT" };
            parts.payload = { ...parts.payload, ...claims };
          },
        },
      },
    });
    return provider.callback() as RequestListener;
  });
}

export async function tokenOf(provider: Served): Promise<string> {
  const response = await fetch(`${provider.origin}/token`, {
    method: "POST",
    headers: {
      authorization: `Basic ${Buffer.from("workload:the-secret-of-this-test").toString("base64")}`,
      "content-type": "application/x-www-form-urlencoded",
    },
    body: "grant_type=client_credentials",
  });
  const answer = (await response.json()) as { access_token?: string };
  if (answer.access_token === undefined) throw new Error(JSON.stringify(answer));
  return answer.access_token;
}

/** The attestors as Writ puts them together for this configuration. */
export function attestorsOf(house: AuthorityParts, issuer = "https://writ.example") {
  const { configuration, clock, digests, log } = house;
  const source = (load: () => Promise<Published | string>) =>
    createKeySource({ name: "test", load, now: () => clock.now(), log });
  const issuers = configuration.issuers.map((one) => ({
    configuration: one,
    audience: one.audience ?? issuer,
    keys: source(() => keysOfIssuer(one)),
  }));
  const bundles = configuration.federation.map((one) => {
    const load = bundleReader(one, () => Promise.reject(new Error("no file")));
    return [one.name, { audience: one.audience ?? issuer, keys: source(load) }] as const;
  });
  const pins = configuration.agents.flatMap((agent) => agent.enrol.flatMap((one) => Object.keys(one.selectors)));
  return {
    oidc: workloadAttestor({ clock, digests, issuers }, new Set(pins)),
    spiffe: svidAttestor({ clock, digests, federation: new Map(bundles) }),
  };
}
