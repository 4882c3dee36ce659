import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { canonical } from "../../examples/shop-server/verify-credential.ts";

export interface Params {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly _meta?: unknown;
}

/** An issuer as the shop knows one: it publishes its keys, and signs whatever a test wants signed. */
export interface Issuer {
  readonly origin: string;
  readonly publicKey: CryptoKey;
  claims(params: Params, audience: string): JWTPayload;
  mint(claims: Readonly<Record<string, unknown>>, how?: { typ?: string; key?: CryptoKey }): Promise<string>;
  stop(): Promise<void>;
}

export async function startIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const keys = [{ ...(await exportJWK(publicKey)), kid: "one", alg: "ES256", use: "sig" }];
  const { origin, stop } = await publishKeys(() => ({ keys }));
  let minted = 0;
  return {
    origin,
    publicKey,
    claims: (params, aud) => ({
      iss: origin,
      aud,
      sub: "ada",
      client_id: "spiffe://demo/agent/clerk/i_1",
      act: { sub: "spiffe://demo/agent/clerk/i_1" },
      iat: now(),
      exp: now() + 30,
      jti: `credential-${++minted}`,
      authorization_details: [detail(params)],
    }),
    mint: (claims, how = {}) =>
      new SignJWT({ ...claims })
        .setProtectedHeader({ alg: "ES256", typ: how.typ ?? "at+jwt", kid: "one" })
        .sign(how.key ?? privateKey),
    stop,
  };
}

/** A key set where verifiers look for it. */
export async function publishKeys(keys: () => object): Promise<{ origin: string; stop(): Promise<void> }> {
  const server = createServer((req, res) =>
    res.writeHead(req.url === "/.well-known/jwks.json" ? 200 : 404).end(JSON.stringify(keys())),
  );
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const now = () => Math.floor(Date.now() / 1000);

export function detail(params: Params) {
  const hash = createHash("sha256").update(canonical(params)).digest("base64url");
  return {
    type: "mcp_tool_call",
    server: "shop",
    tool: params.name,
    definition_hash: "sha-256:x",
    params_hash: `sha-256:${hash}`,
    effect: "read",
  };
}

export interface Answer {
  readonly status: number;
  readonly error: string;
  readonly text: string;
}

/** Sends one JSON-RPC body as a client of 2025-11-25 would. */
export async function post(url: string, body: unknown, authorization: string | undefined): Promise<Answer> {
  const headers: Record<string, string> = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": "2025-11-25",
  };
  if (authorization !== undefined) headers["authorization"] = authorization;
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  const text = await response.text();
  const error = response.ok ? "" : ((JSON.parse(text) as { error?: string }).error ?? "");
  return { status: response.status, error, text: text.replaceAll('\\"', '"') };
}

export function toolCall(params: Params) {
  return { jsonrpc: "2.0", id: 1, method: "tools/call", params };
}
