// node bench/conformance/reference-server.ts [PORT]
//
// An MCP server of our own that has everything the official conformance suite asks for, in both eras on one endpoint:
// what a gateway in front of it loses, the gateway lost.
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import {
  localhostHostValidation,
  localhostOriginValidation,
  NodeStreamableHTTPServerTransport,
  toNodeHandler,
  toWebRequest,
} from "@modelcontextprotocol/node";
import {
  createMcpHandler,
  type EventStore,
  isInitializeRequest,
  isLegacyRequest,
  type JSONRPCMessage,
  McpServer,
  type ServerNotifier,
} from "@modelcontextprotocol/server";
import { contentPrompts, contentResources, contentTools, text } from "./reference-content.ts";
import { inputTools, reverseTools, rounds } from "./reference-input.ts";

export interface ReferenceServer {
  readonly url: string;
  stop(): Promise<void>;
}

type Era = "legacy" | "modern";
type Notify = Pick<ServerNotifier, "toolsChanged" | "promptsChanged">;

function reference(era: Era, notify: (server: McpServer) => Notify): McpServer {
  const server = new McpServer(
    { name: "reference", version: "1.0.0" },
    {
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        logging: {},
        completions: {},
      },
      requestState: { verify: rounds.verify },
    },
  );
  contentTools(server);
  contentResources(server);
  contentPrompts(server);
  if (era === "legacy") reverseTools(server);
  else inputTools(server);
  server.registerTool("test_trigger_tool_change", { description: "Says that the tools changed." }, () => {
    notify(server).toolsChanged();
    return text("said");
  });
  server.registerTool("test_trigger_prompt_change", { description: "Says that the prompts changed." }, () => {
    notify(server).promptsChanged();
    return text("said");
  });
  if (era === "legacy") {
    server.server.setRequestHandler("resources/subscribe", () => ({}));
    server.server.setRequestHandler("resources/unsubscribe", () => ({}));
  }
  return server;
}

/** Starts it on loopback; `port` 0 takes a free one. */
export async function startReferenceServer(port = 0): Promise<ReferenceServer> {
  const modern = createMcpHandler(() => reference("modern", () => modern.notify), { legacy: "reject" });
  const serveModern = toNodeHandler(modern) as (
    req: IncomingMessage,
    res: ServerResponse,
    body?: unknown,
  ) => Promise<void>;
  const sessions = new Map<string, NodeStreamableHTTPServerTransport>();
  const hostAllowed = localhostHostValidation();
  const originAllowed = localhostOriginValidation();

  async function serveLegacy(req: IncomingMessage, res: ServerResponse, body?: unknown): Promise<void> {
    const given = req.headers["mcp-session-id"];
    const session = typeof given === "string" ? sessions.get(given) : undefined;
    if (session !== undefined) return await session.handleRequest(req, res, body);
    if (given !== undefined) return refuse(res, 404, "there is no such session");
    if (!isInitializeRequest(body)) return refuse(res, 400, "begin with initialize");
    const transport: NodeStreamableHTTPServerTransport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, transport),
      onsessionclosed: (id) => void sessions.delete(id),
      eventStore: memory(),
      retryInterval: 500,
    });
    const changes = (server: McpServer) => ({
      toolsChanged: () => server.sendToolListChanged(),
      promptsChanged: () => server.sendPromptListChanged(),
    });
    await reference("legacy", changes).connect(transport);
    await transport.handleRequest(req, res, body);
  }

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (!hostAllowed(req, res) || !originAllowed(req, res)) return;
    if (req.method !== "POST")
      return await (req.headers["mcp-session-id"] === undefined ? serveModern(req, res) : serveLegacy(req, res));
    const chunks: Buffer[] = [];
    for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk);
    let body: unknown;
    try {
      body = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    } catch {
      return refuse(res, 400, "the body is not JSON", -32700);
    }
    const legacy = await isLegacyRequest(await toWebRequest(req as never, body), body);
    return await (legacy ? serveLegacy(req, res, body) : serveModern(req, res, body));
  }

  const server = createServer((req, res) => {
    serve(req, res).catch((error: unknown) => {
      console.error(error);
      if (res.headersSent) res.destroy();
      else refuse(res, 500, "the reference server failed", -32603);
    });
  });
  await new Promise<void>((resolve, reject) => void server.once("error", reject).listen(port, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : port}/mcp`,
    async stop() {
      await modern.close();
      for (const session of sessions.values()) await session.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function refuse(res: ServerResponse, status: number, message: string, code = -32600): void {
  res
    .writeHead(status, { "content-type": "application/json" })
    .end(JSON.stringify({ jsonrpc: "2.0", id: null, error: { code, message } }));
}

/** What a client that lost its stream comes back for. One per session, gone with it. */
function memory(): EventStore {
  const events: { readonly id: string; readonly stream: string; readonly message: JSONRPCMessage }[] = [];
  return {
    async storeEvent(stream, message) {
      const id = `${stream}_${events.length}`;
      events.push({ id, stream, message });
      return id;
    },
    async getStreamIdForEventId(id) {
      return events.find((event) => event.id === id)?.stream;
    },
    async replayEventsAfter(last, { send }) {
      const at = events.findIndex((event) => event.id === last);
      const stream = events[at]?.stream ?? "";
      for (const event of events.slice(at + 1)) if (event.stream === stream) await send(event.id, event.message);
      return stream;
    },
  };
}

if (import.meta.main) {
  const server = await startReferenceServer(Number(process.argv[2] ?? 0));
  console.log(JSON.stringify({ url: server.url }));
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void server.stop().then(() => process.exit(0)));
}
