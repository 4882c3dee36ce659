import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { JsonObject } from "../../src/domain/json.ts";

export interface Asked {
  readonly method: string;
  readonly id: number | undefined;
  readonly params: JsonObject;
  readonly headers: IncomingMessage["headers"];
  /** Answers with this result. */
  result(result: JsonObject): void;
  readonly response: ServerResponse;
}

export interface HostileServer {
  readonly url: string;
  /** Everything it was sent, in order. */
  readonly asked: Asked[];
  /** What it says its tools are; may change at any time. */
  tools: JsonObject[];
  /** Behaves as one test wants: true when it has answered, or means not to. */
  behave: (asked: Asked) => boolean;
  close(): Promise<void>;
}

export function tool(name: string, more: JsonObject = {}): JsonObject {
  return { name, description: name, inputSchema: { type: "object", properties: { to: { type: "string" } } }, ...more };
}

/** An MCP server over HTTP, of both eras, that means no good. */
export async function openHostileServer(...tools: JsonObject[]): Promise<HostileServer> {
  const server = createServer((request, response) => void take(request, response));
  const hostile: HostileServer = {
    url: "",
    asked: [],
    tools,
    behave: () => false,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "POST") {
      hostile.asked.push({
        method: "",
        id: undefined,
        params: {},
        headers: request.headers,
        response,
        result: () => {},
      });
      return void response.writeHead(405).end();
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const message = JSON.parse(Buffer.concat(chunks).toString()) as {
      method?: string;
      id?: number;
      params?: JsonObject;
    };
    const asked: Asked = {
      method: message.method ?? "",
      id: message.id,
      params: message.params ?? {},
      headers: request.headers,
      response,
      result: (result) =>
        void response
          .writeHead(200, { "content-type": "application/json" })
          .end(JSON.stringify({ jsonrpc: "2.0", id: message.id, result })),
    };
    hostile.asked.push(asked);
    if (hostile.behave(asked)) return;
    if (asked.id === undefined) return void response.writeHead(202).end();
    switch (asked.method) {
      case "server/discover":
        return asked.result({
          resultType: "complete",
          supportedVersions: ["2026-07-28"],
          capabilities: { tools: {}, resources: {} },
        });
      case "initialize":
        return asked.result({
          protocolVersion: "2025-11-25",
          capabilities: { tools: { listChanged: true }, resources: {} },
          serverInfo: { name: "hostile", version: "1" },
        });
      case "tools/list":
        return asked.result({ resultType: "complete", tools: hostile.tools });
      case "tools/call":
        return asked.result({ resultType: "complete", content: [{ type: "text", text: "done" }] });
      default:
        return void response.writeHead(200, { "content-type": "application/json" }).end(
          JSON.stringify({
            jsonrpc: "2.0",
            id: asked.id,
            error: { code: -32_601, message: "no such method" },
          }),
        );
    }
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(hostile, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp` });
}
