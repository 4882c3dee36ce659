// node count-server.ts FOLDER: an MCP server over stdio (2025-11-25) that writes down its process id, and each call it runs
// before it answers. `hang` answers once there is a file `release`.
import { appendFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

const [folder = "."] = process.argv.slice(2);
const tools = ["add", "see", "hang", "pay"].map((name) => ({
  name,
  description: name,
  inputSchema: { type: "object", properties: { n: { type: "string" } }, required: ["n"] },
}));
const send = (message: object): void =>
  void process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const done = (id: unknown): void => send({ id, result: { content: [{ type: "text", text: "done" }] } });

function hang(id: unknown): void {
  if (existsSync(join(folder, "release"))) done(id);
  else setTimeout(() => hang(id), 20);
}

appendFileSync(join(folder, "pids"), `${process.pid}\n`);
createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  switch (method) {
    case "initialize":
      return send({
        id,
        result: {
          protocolVersion: params.protocolVersion,
          capabilities: { tools: {} },
          serverInfo: { name: "count", version: "1" },
        },
      });
    case "tools/list":
      return send({ id, result: { tools } });
    case "tools/call":
      appendFileSync(join(folder, "counted"), `${JSON.stringify(params)}\n`);
      return params.name === "hang" ? hang(id) : done(id);
    default:
      return send({ id, error: { code: -32601, message: "no such method" } });
  }
});
