import { request as httpRequest } from "node:http";
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { JsonObject } from "../../../src/domain/json.ts";
import { type Answer, answerOf } from "../../gate/client.ts";

export const MODERN = "2026-07-28";
export const LEGACY = "2025-11-25";
export const META = {
  "io.modelcontextprotocol/protocolVersion": MODERN,
  "io.modelcontextprotocol/clientCapabilities": { elicitation: {}, sampling: {}, roots: {} },
  "io.modelcontextprotocol/clientInfo": { name: "raw", version: "1" },
};

export interface Raw extends Answer {
  readonly headers: Headers;
}

/** One POST, exactly as written. `headers` stand above the usual ones; null takes one away. */
export async function post(
  url: string,
  token: string | null,
  body: string | Uint8Array<ArrayBuffer> | object,
  headers: Readonly<Record<string, string | null>> = {},
  signal?: AbortSignal,
): Promise<Raw> {
  const usual: Record<string, string | null> = {
    authorization: token === null ? null : `Bearer ${token}`,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
  };
  const sent = Object.entries({ ...usual, ...headers }).filter((entry): entry is [string, string] => entry[1] !== null);
  const response = await fetch(url, {
    method: "POST",
    headers: sent,
    body: typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
  return { ...answerOf(response.status, await response.text()), headers: response.headers };
}

let next = 0;

/** A request of 2026-07-28 with the headers that go with it. */
export function modern(
  url: string,
  token: string,
  method: string,
  params: JsonObject = {},
  options: {
    readonly id?: string | number;
    readonly meta?: JsonObject;
    readonly headers?: Readonly<Record<string, string | null>>;
    readonly signal?: AbortSignal;
  } = {},
): Promise<Raw> {
  const name = params["name"] ?? params["uri"];
  return post(
    url,
    token,
    {
      jsonrpc: "2.0",
      id: options.id ?? `m${++next}`,
      method,
      params: { ...params, _meta: { ...META, ...options.meta } },
    },
    {
      "mcp-protocol-version": MODERN,
      "mcp-method": method,
      ...(typeof name === "string" && method !== "resources/subscribe" ? { "mcp-name": headerText(name) } : {}),
      ...options.headers,
    },
    options.signal,
  );
}

export function tool(url: string, token: string, name: string, args: JsonObject = {}, options = {}): Promise<Raw> {
  return modern(url, token, "tools/call", { name, arguments: args }, options);
}

export function headerText(text: string): string {
  return /^[\x21-\x7e]*$/.test(text) ? text : `=?base64?${Buffer.from(text).toString("base64")}?=`;
}

/** Opens a legacy session and says so; its id goes into `mcp-session-id`. */
export async function session(
  url: string,
  token: string,
  protocol = LEGACY,
  capabilities: JsonObject = {},
): Promise<string> {
  const hello = await post(url, token, {
    jsonrpc: "2.0",
    id: "hello",
    method: "initialize",
    params: { protocolVersion: protocol, capabilities, clientInfo: { name: "raw", version: "1" } },
  });
  const id = hello.headers.get("mcp-session-id");
  if (id === null) throw new Error(`no session: ${hello.status} ${hello.text}`);
  await post(url, token, { jsonrpc: "2.0", method: "notifications/initialized" }, { "mcp-session-id": id });
  return id;
}

export function inSession(
  url: string,
  token: string,
  id: string,
  method: string,
  params: JsonObject = {},
  headers: Readonly<Record<string, string | null>> = {},
  signal?: AbortSignal,
): Promise<Raw> {
  return post(
    url,
    token,
    { jsonrpc: "2.0", id: ++next, method, params },
    { "mcp-session-id": id, "mcp-protocol-version": LEGACY, ...headers },
    signal,
  );
}

/** The official client of the legacy era. */
export async function sdkV1(url: string, token: string, capabilities: object = {}): Promise<ClientV1> {
  const client = new ClientV1({ name: "v1", version: "1" }, { capabilities });
  await client.connect(
    // Its own types disagree under exactOptionalPropertyTypes.
    new TransportV1(new URL(url), { requestInit: { headers: { authorization: `Bearer ${token}` } } }) as never,
  );
  return client;
}

/** The official client of the modern era, held to it unless it may find out. */
export async function sdkV2(
  url: string,
  token: string,
  capabilities: object = {},
  mode: "auto" | { pin: string } = { pin: MODERN },
): Promise<ClientV2> {
  const client = new ClientV2({ name: "v2", version: "1" }, { capabilities, versionNegotiation: { mode } });
  await client.connect(
    new TransportV2(new URL(url), { requestInit: { headers: { authorization: `Bearer ${token}` } } }),
  );
  return client;
}

/** A stream, event by event, as it comes. */
export interface Stream {
  readonly status: number;
  readonly headers: Headers;
  /** The next message on it; null once it has ended. */
  next(): Promise<JsonObject | null>;
  stop(): void;
}

export async function stream(url: string, init: RequestInit): Promise<Stream> {
  const stop = new AbortController();
  const response = await fetch(url, { ...init, signal: stop.signal });
  const reader = response.body?.getReader();
  const messages: JsonObject[] = [];
  let pending = "";
  return {
    status: response.status,
    headers: response.headers,
    async next() {
      while (messages.length === 0) {
        const chunk = await reader?.read().catch(() => undefined);
        if (chunk === undefined || chunk.done) return null;
        pending += Buffer.from(chunk.value).toString();
        const events = pending.split("\n\n");
        pending = events.pop() ?? "";
        for (const event of events) {
          const data = /^data: (.+)$/m.exec(event)?.[1];
          if (data !== undefined) messages.push(JSON.parse(data) as JsonObject);
        }
      }
      return messages.shift() ?? null;
    },
    stop: () => stop.abort(),
  };
}

/** What `fetch` would not send: any method, any Host. Resolves with the status and the body. */
export function raw(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body = "",
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on("error", reject).end(body);
  });
}
