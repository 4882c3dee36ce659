// An MCP server over stdio (2025-11-25) whose tools are what a file says; each says again what it is told.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const [file = ""] = process.argv.slice(2);
const send = (message: object): void =>
  void process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  switch (method) {
    case "initialize":
      return send({
        id,
        result: {
          protocolVersion: params.protocolVersion,
          capabilities: { tools: { listChanged: true } },
          serverInfo: { name: "told", version: "1" },
        },
      });
    case "tools/list": {
      const tools = JSON.parse(readFileSync(file, "utf8")) as object[];
      const inputSchema = { type: "object", properties: { say: { type: "string" } } };
      return send({ id, result: { tools: tools.map((one) => ({ inputSchema, ...one })) } });
    }
    case "tools/call":
      return send({ id, result: { content: [{ type: "text", text: String(params.arguments?.say ?? "ok") }] } });
    default:
      return send({ id, error: { code: -32601, message: "no such method" } });
  }
});
