// node bench/mcp/echo-server.ts http|stdio
//
// The tool server that every path of the benchmark ends at: one tool, on the official SDK v1.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { AjvJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/ajv";
import { z } from "zod";

// Made once: by default each server makes one, which costs more than a call and would flatter whoever stands in front.
const jsonSchemaValidator = new AjvJsonSchemaValidator();
const input = { text: z.string() };

function echo(): McpServer {
  const server = new McpServer({ name: "echo", version: "1.0.0" }, { jsonSchemaValidator });
  server.registerTool(
    "echo",
    { description: "Says what it was told.", inputSchema: input, annotations: { readOnlyHint: true } },
    ({ text }) => ({ content: [{ type: "text", text }] }),
  );
  return server;
}

/** As the SDK's documentation has it for a stateless server that answers in JSON: a server and a transport per request. */
async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
  const server = echo();
  res.on("close", () => void server.close());
  await server.connect(transport as Transport);
  await transport.handleRequest(req, res);
}

if (process.argv[2] === "stdio") {
  await echo().connect(new StdioServerTransport());
} else {
  const server = createServer((req, res) => void serve(req, res).catch(() => res.destroy()));
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    console.log(JSON.stringify({ url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/mcp` }));
  });
}
