// A throw-away MCP server over stdio with one tool: it takes messages, and nobody gets them.
import { createInterface } from "node:readline";

const TEXT = { type: "string" };
const TOOL = {
  name: "send_message",
  description: "Sends a message to somebody.",
  inputSchema: { type: "object", properties: { to: TEXT, text: TEXT }, required: ["to", "text"] },
};

function resultOf(method: string, params: { protocolVersion?: string } | undefined): object | null {
  switch (method) {
    case "initialize":
      return {
        protocolVersion: params?.protocolVersion ?? "2025-11-25",
        capabilities: { tools: {} },
        serverInfo: { name: "message-sink", version: "1" },
      };
    case "tools/list":
      return { tools: [TOOL] };
    case "tools/call":
      return { content: [{ type: "text", text: "sent" }] };
    case "ping":
      return {};
    default:
      return null;
  }
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line) as {
    id?: unknown;
    method?: string;
    params?: { protocolVersion?: string };
  };
  if (id === undefined || method === undefined) return;
  const result = resultOf(method, params);
  const answer = result === null ? { error: { code: -32_601, message: "there is no such method" } } : { result };
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, ...answer })}\n`);
});
