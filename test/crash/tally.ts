import { DatabaseSync, type StatementSync } from "node:sqlite";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { JsonObject } from "../../src/domain/json.ts";

/** One call as the upstream was asked to run it. */
export interface Seen {
  readonly tool: string;
  readonly n: string;
  readonly params: JsonObject;
  /** `jti` of the operation credential, the call it was made for, and the params it names. */
  readonly credential: string;
  readonly call: string;
  readonly paramsHash: string;
  /** Whether its admission stood in the database when it came; null where nobody looked. */
  readonly recorded: boolean | null;
}

/** An MCP server over HTTP (2025-11-25) that outlives the gateways in front of it and remembers what it was asked to run. */
export interface Tally {
  readonly url: string;
  readonly seen: Seen[];
  /** From now on looks in `file`, whenever a call comes, whether that call is on the record already; null to stop. */
  watch(file: string | null): void;
  close(): Promise<void>;
}

const TOOLS = ["note", "mark", "look"].map((name) => ({
  name,
  description: name,
  inputSchema: { type: "object", properties: { n: { type: "string" } }, required: ["n"] },
}));

export async function startTally(): Promise<Tally> {
  const seen: Seen[] = [];
  let database: DatabaseSync | null = null;
  let find: StatementSync | null = null;

  function run(request: IncomingMessage, params: JsonObject): void {
    const token = (request.headers.authorization ?? "").replace(/^Bearer /, "");
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8")) as {
      jti: string;
      dec: string;
      authorization_details: { params_hash: string }[];
    };
    seen.push({
      tool: String(params["name"]),
      n: String((params["arguments"] as JsonObject)["n"]),
      params,
      credential: claims.jti,
      call: claims.dec,
      paramsHash: claims.authorization_details[0]?.params_hash ?? "",
      recorded: find === null ? null : find.get(claims.dec) !== undefined,
    });
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk as string;
    if (request.method !== "POST") return void response.writeHead(405).end();
    const { id, method, params } = JSON.parse(body) as { id?: number; method: string; params: JsonObject };
    if (id === undefined) return void response.writeHead(202).end();
    if (method === "tools/call") {
      run(request, params);
      // Long enough that a kill finds some under way.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 8));
    }
    const said =
      method === "initialize"
        ? {
            result: {
              protocolVersion: params["protocolVersion"],
              capabilities: { tools: {} },
              serverInfo: { name: "tally", version: "1" },
            },
          }
        : method === "tools/list"
          ? { result: { tools: TOOLS } }
          : method === "tools/call"
            ? { result: { content: [{ type: "text", text: "done" }] } }
            : { error: { code: -32601, message: "no such method" } };
    const text = JSON.stringify({ jsonrpc: "2.0", id, ...said });
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
    response.end(text);
  }

  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    seen,
    watch(file) {
      database?.close();
      database = file === null ? null : new DatabaseSync(file, { readOnly: true });
      find = database?.prepare("SELECT 1 FROM ledger WHERE call = ? AND kind = 'admission'") ?? null;
    },
    async close() {
      database?.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
