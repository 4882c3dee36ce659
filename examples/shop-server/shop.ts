import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { localhostHostValidation, localhostOriginValidation, toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler } from "@modelcontextprotocol/server";
import { openOrders } from "./orders.ts";
import { shopTools } from "./tools.ts";
import { credentialCheck } from "./verify-credential.ts";

export interface ShopOptions {
  /** Where Writ is: the issuer of its credentials, and where its keys are published. */
  readonly writOrigin: string;
  /** What credentials must be made out to. Default: the shop's own URL. */
  readonly audience?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** A file, or `:memory:`, the default. */
  readonly database?: string;
}

export interface Shop {
  readonly url: string;
  stop(): Promise<void>;
}

const MAX_BODY = 1024 * 1024;

/** Starts the shop on loopback. Anyone may list its tools; only a fresh operation credential calls one. */
export async function startShop(options: ShopOptions): Promise<Shop> {
  const database = new DatabaseSync(options.database ?? ":memory:");
  const orders = openOrders(database);
  const handler = createMcpHandler(() => shopTools(orders));
  const serve = toNodeHandler(handler) as (req: IncomingMessage, res: ServerResponse, body?: unknown) => Promise<void>;
  const hostAllowed = localhostHostValidation();
  const originAllowed = localhostOriginValidation();
  let check: ReturnType<typeof credentialCheck>;

  const server = createServer((req, res) => {
    if (!hostAllowed(req, res) || !originAllowed(req, res)) return;
    answer(req, res).catch((error: unknown) => {
      if (!res.headersSent) send(res, 500, "internal_fault", "the shop failed");
      console.error(error);
    });
  });

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (req.method !== "POST") return await serve(req, res);
    const text = await read(req);
    if (text === null) return send(res, 413, "body_too_large", `a request is at most ${MAX_BODY} bytes`);
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      return send(res, 400, "body_unreadable", "the body is not JSON");
    }
    // A credential is for one call, so several in one body cannot have one.
    if (Array.isArray(body)) return send(res, 400, "batch_refused", "send one message at a time");
    const message = asObject(body);
    if (message["method"] === "tools/call") {
      const verdict = await check(req.headers.authorization, asObject(message["params"]));
      if (!verdict.ok) return send(res, verdict.status, verdict.error, verdict.message);
    }
    await serve(req, res, body);
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const url = `http://127.0.0.1:${port}/mcp`;
  check = credentialCheck(options.writOrigin, options.audience ?? url, database);

  return {
    url,
    async stop() {
      await handler.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      database.close();
    },
  };
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

async function read(req: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function send(res: ServerResponse, status: number, error: string, message: string): void {
  const challenge =
    status === 401 ? { "www-authenticate": `Bearer error="invalid_token", error_description="${error}"` } : {};
  res.writeHead(status, { "content-type": "application/json", ...challenge }).end(JSON.stringify({ error, message }));
}
