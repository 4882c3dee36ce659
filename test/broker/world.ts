import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { Provider } from "oidc-provider";
import { afterEach } from "vitest";
import { z } from "zod";
import type { ServerName } from "../../src/domain/ids.ts";
import type { LedgerRecord } from "../../src/domain/record.ts";
import type { Log } from "../../src/ports/system.ts";
import { rawClient, type RawClient } from "../gate/client.ts";
import { type House, openHouse } from "../house.ts";

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});
export function later(end: () => unknown): void {
  endings.push(end);
}

/** One request as it came, with every byte of its head and body. */
export interface Came {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  readonly bytes: string;
}

export interface Place {
  readonly origin: string;
  readonly came: Came[];
}

/** A server of the test's own on loopback that keeps what it receives. */
export async function listen(
  handle: (request: IncomingMessage, response: ServerResponse, came: Came) => unknown,
): Promise<Place> {
  const came: Came[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      const { method = "", url: path = "", headers, rawHeaders } = request;
      const one = { method, path, headers, body, bytes: `${method} ${path}\n${rawHeaders.join("\n")}\n\n${body}` };
      came.push(one);
      void handle(request, response, one);
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  later(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, came };
}

/** What a guarded server says to who may not pass; null lets the request through. */
export type Guard = (
  came: Came,
) =>
  | { status: number; headers?: Record<string, string> }
  | null
  | Promise<null | { status: number; headers?: Record<string, string> }>;

/** An MCP server on the official package that lets nothing through unless `guard` says so. Its tool `echo` gives back what
 *  it is told, `show` the Authorization it was sent. */
export async function guardedServer(guard: Guard): Promise<Place & { readonly url: string }> {
  const handler = createMcpHandler(
    () => {
      const server = new McpServer({ name: "guarded", version: "1" }, { capabilities: { tools: {} } });
      server.registerTool("echo", { inputSchema: z.object({ text: z.string() }) }, ({ text }) => ({
        content: [{ type: "text" as const, text }],
      }));
      server.registerTool("show", {}, () => ({
        content: [{ type: "text" as const, text: `I was sent: ${place.came.at(-1)?.headers.authorization}` }],
      }));
      return server;
    },
    { legacy: "stateless", keepAliveMs: 0 },
  );
  later(() => handler.close());
  const node = toNodeHandler(handler) as (request: unknown, response: unknown, body: unknown) => unknown;
  const place = await listen(async (request, response, came) => {
    const refused = await guard(came);
    if (refused !== null) return response.writeHead(refused.status, refused.headers).end();
    return node(request, response, came.body === "" ? undefined : JSON.parse(came.body));
  });
  return { ...place, url: `${place.origin}/mcp` };
}

export const bearerOf = (came: Came | undefined): string =>
  /^(?:Bearer|DPoP) (.+)$/.exec(came?.headers.authorization ?? "")?.[1] ?? "";
/** The requests that were tool calls. */
export const calls = (place: Place): readonly Came[] => place.came.filter(({ body }) => body.includes('"tools/call"'));

const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";

/** A certified authorization server: client credentials, exchange of Writ's operation credentials, revocation, DPoP. */
export async function authorizationServer(settings: {
  readonly clients: readonly object[];
  /** Where Writ publishes its keys, for the exchange. */
  readonly writ?: () => string;
  readonly lives?: number;
}): Promise<Place & { readonly issuer: string; holds(token: string): Promise<boolean>; readonly exchanged: object[] }> {
  let answer: (request: IncomingMessage, response: ServerResponse) => void = () => {};
  const exchanged: object[] = [];
  const server = createServer((request, response) => {
    const { method = "", url: path = "", headers, rawHeaders } = request;
    const one = { method, path, headers, body: "", bytes: rawHeaders.join("\n") };
    came.push(one);
    request.on("data", (chunk: Buffer) =>
      Object.assign(one, { body: one.body + chunk.toString(), bytes: one.bytes + chunk.toString() }),
    );
    answer(request, response);
  });
  const came: Came[] = [];
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: settings.clients.map((client) => ({
      redirect_uris: [],
      response_types: [],
      grant_types: ["client_credentials", EXCHANGE],
      ...client,
    })) as never,
    scopes: ["orders"],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      revocation: { enabled: true },
      dPoP: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () =>
          ({ scope: "orders", accessTokenFormat: "opaque", accessTokenTTL: settings.lives ?? 300 }) as never,
      },
    },
  });
  provider.registerGrantType(
    EXCHANGE,
    async (context) => {
      const { params, client } = context.oidc as unknown as { params: Record<string, string>; client: never };
      const keys = createRemoteJWKSet(new URL(`${settings.writ?.() ?? ""}/.well-known/jwks.json`));
      const { payload } = await jwtVerify(params["subject_token"] ?? "", keys, { typ: "at+jwt", audience: issuer });
      exchanged.push({ ...params, payload });
      const token = new provider.ClientCredentials({ client, scope: params["scope"] } as never);
      const text = await token.save();
      context.body = {
        access_token: text,
        issued_token_type: params["requested_token_type"],
        token_type: "Bearer",
        expires_in: 120,
      };
    },
    ["subject_token", "subject_token_type", "requested_token_type", "audience", "scope", "resource"],
    [],
  );
  const callback = provider.callback();
  answer = (request, response) => void callback(request, response);
  later(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
  return {
    origin: issuer,
    issuer,
    came,
    exchanged,
    holds: async (token) => (await provider.ClientCredentials.find(token)) !== undefined,
  };
}

export interface Desk extends House {
  /** Puts a secret into the vault, as an admin does. */
  secret(name: string, value: string, to: readonly string[], more?: object): Promise<void>;
  /** Asks the server for its tools, now that it can be asked. */
  meet(server?: string): Promise<void>;
  agent(): Promise<RawClient & { readonly task: string; readonly token: string }>;
  records(kind: LedgerRecord["kind"]): Promise<readonly LedgerRecord[]>;
  admin(method: string, path: string, body?: unknown): Promise<Response>;
}

/** A whole Writ with one server, `shop`, at `url`, and this `credential`. */
export async function openDesk(url: string, credential: string, more = "", log?: Log): Promise<Desk> {
  const yaml = `
people: { bob: { roles: [viewer] } }
servers:
  shop:
    url: ${url}
    credential: ${credential}
    timeout: 5s
    tools: { echo: { effects: [read] }, show: { effects: [read] } }
agents: { clerk: { scope: [{ tools: [shop__*] }] } }
${more}`;
  const house = await openHouse(yaml, {}, undefined, log);
  later(() => house.close());
  return deskOf(house);
}

export function deskOf(house: House): Desk {
  const { writ } = house;
  const admin: Desk["admin"] = (method, path, body) =>
    fetch(new URL(path, writ.origin), {
      method,
      headers: { authorization: `Bearer ${writ.keys.admin}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return {
    ...house,
    admin,
    async secret(name, value, to, more = {}) {
      const answer = await admin("POST", "/v1/creds", { name, kind: "header", value, to, ...more });
      if (answer.status !== 201) throw new Error(await answer.text());
    },
    async meet(server = "shop") {
      await writ.catalogue.refresh(server as ServerName);
    },
    async agent() {
      const { token, task } = await house.task("clerk", "look at orders");
      return { ...(await rawClient(`${writ.origin}/mcp/shop`, token)), task: task.id, token };
    },
    records: (kind) => writ.store.read((tx) => tx.ledger({ after: 0, limit: 1_000, kind })),
  };
}

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error("it never came to be");
}
