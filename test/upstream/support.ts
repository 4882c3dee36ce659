import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach } from "vitest";
import type { JsonObject } from "../../src/domain/json.ts";
import type { ServerName } from "../../src/domain/ids.ts";
import type { Launch, ServerConfiguration } from "../../src/ports/configuration.ts";
import type { Channel, Message, Opening, Outgoing, Sink, StreamMark, Upstream } from "../../src/ports/upstream.ts";
import { createUpstreams, type Upstreams } from "../../src/upstream/upstreams.ts";

const endings: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});
export function later(end: () => Promise<void> | void): void {
  endings.push(end);
}

export const logged: { level: string; facts: Record<string, unknown>; message: string }[] = [];
const log = (level: string) => (facts: Readonly<Record<string, unknown>>, message: string) =>
  void logged.push({ level, facts, message });

export function upstreamsOf(
  launch: Launch,
  overrides: Partial<ServerConfiguration> = {},
): { upstream: Upstream; upstreams: Upstreams } {
  const name = "subject" as ServerName;
  const upstreams = createUpstreams(
    [
      {
        name,
        launch,
        mode: { kind: "enforce" },
        timeoutMs: 5_000,
        maxResultBytes: 1_000_000,
        tools: {},
        reverse: ["elicitation", "roots"],
        ...overrides,
      },
    ],
    {
      log: { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") },
      clock: { now: () => Date.now() },
    },
  );
  later(() => upstreams.closeAll());
  const upstream = upstreams.all.get(name);
  if (upstream === undefined) throw new Error("no upstream");
  return { upstream, upstreams };
}

export function atUrl(url: string, overrides?: Partial<ServerConfiguration>): Upstream {
  return upstreamsOf({ kind: "http", url, audience: url, credential: "none" }, overrides).upstream;
}

export const LEGACY: Opening = {
  era: "legacy",
  protocol: "2025-11-25",
  initialize: {
    protocolVersion: "2025-11-25",
    capabilities: { sampling: {}, elicitation: {} },
    clientInfo: { name: "client", version: "7" },
  },
};
export const MODERN: Opening = { era: "modern", protocol: "2026-07-28", initialize: null };

export function modernParams(params: JsonObject, capabilities: JsonObject = {}, more: JsonObject = {}): JsonObject {
  const meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: "client", version: "7" },
    "io.modelcontextprotocol/clientCapabilities": capabilities,
    ...more,
  };
  return { ...params, _meta: meta };
}

export async function open(upstream: Upstream, opening: Opening = LEGACY): Promise<Channel> {
  const opened = await upstream.open(opening);
  if (opened.kind !== "open") throw new Error(JSON.stringify(opened));
  return opened.channel;
}

export interface Heard extends Sink {
  readonly notifications: Message[];
  readonly questions: Message[];
  readonly marks: StreamMark[];
}

export function listener(
  answer: (question: Message) => JsonObject | Promise<JsonObject> = () => ({ result: {} }),
): Heard {
  const heard = { notifications: [] as Message[], questions: [] as Message[], marks: [] as StreamMark[] };
  return {
    ...heard,
    notification: (message) => void heard.notifications.push(message),
    request: async (message) => {
      heard.questions.push(message);
      return answer(message);
    },
    mark: (mark) => void heard.marks.push(mark),
  };
}

export function call(
  name: string,
  args: JsonObject = {},
  more: Partial<Outgoing> & { meta?: JsonObject } = {},
): Outgoing {
  const { meta, ...rest } = more;
  const params: JsonObject = { name, arguments: args, ...(meta === undefined ? {} : { _meta: meta }) };
  return { method: "tools/call", params, headers: {}, credentials: {}, timeoutMs: 5_000, ...rest };
}

export const never = (): AbortSignal => new AbortController().signal;

/** The text of the first content block of an answered call. */
export function textOf(incoming: Awaited<ReturnType<Channel["request"]>>): string {
  if (incoming.kind !== "answered") throw new Error(JSON.stringify(incoming));
  const result = incoming.message.value["result"] as { content?: { text: string }[] } | undefined;
  const text = result?.content?.[0]?.text;
  if (text === undefined) throw new Error(incoming.message.text);
  return text;
}

export interface Received {
  readonly verb: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** An HTTP server of the test's own. Everything it receives is kept. */
export async function serve(
  handle: (request: IncomingMessage, response: ServerResponse, body: string) => unknown,
): Promise<{ url: string; port: number; received: Received[]; server: Server }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      received.push({ verb: request.method ?? "", headers: request.headers, body });
      void handle(request, response, body);
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  later(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/mcp`, port, received, server };
}

/** A legacy server that shakes hands properly, and leaves the rest to the test. */
export function polite(
  handle: (
    response: ServerResponse,
    message: { id: number; method: string; params: JsonObject },
    request: IncomingMessage,
  ) => unknown,
) {
  return serve((request, response, body) => {
    if (request.method === "DELETE") return response.writeHead(200).end();
    if (request.method === "GET") return handle(response, { id: 0, method: "GET", params: {} }, request);
    const message = JSON.parse(body) as { id?: number; method?: string; params: JsonObject };
    if (message.method === "initialize") {
      response.writeHead(200, { "content-type": "application/json", "mcp-session-id": "session-1" });
      return response.end(
        JSON.stringify({
          jsonrpc: "2.0",
          id: message.id,
          result: { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "p", version: "1" } },
        }),
      );
    }
    if (message.id === undefined || message.method === undefined) return response.writeHead(202).end();
    return handle(response, message as { id: number; method: string; params: JsonObject }, request);
  });
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body));
}

export function until(condition: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const started = Date.now();
    const timer = setInterval(() => {
      if (condition()) resolve();
      else if (Date.now() - started > 10_000) reject(new Error("it never came to be"));
      else return;
      clearInterval(timer);
    }, 5);
  });
}

export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
