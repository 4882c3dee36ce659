import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";

/** One tool call as it went over the wire. */
export interface Carried {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Tap {
  /** Where to send what should be carried. */
  readonly url: string;
  /** The last call of `tool` that went by with a credential; null when none did. */
  last(tool: string): Carried | null;
  stop(): Promise<void>;
}

/** Somebody on the wire between Writ and a server: passes everything on, and keeps what it saw. `at` is its port, any
 *  free one by default. */
export async function startTap(target: string, at = 0): Promise<Tap> {
  const { hostname, port, pathname } = new URL(target);
  const seen = new Map<string, Carried>();

  const server = createServer((req, res) => void carry(req, res).catch(() => res.destroy()));

  async function carry(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await whole(req);
    const tool = toolOf(body);
    if (tool !== null && req.headers.authorization !== undefined)
      seen.set(tool, { headers: flat(req), body: body.toString("utf8") });
    const onward = request({
      hostname,
      port,
      path: req.url,
      method: req.method,
      headers: { ...req.headers, "content-length": body.length },
    });
    onward.on("response", (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    });
    onward.on("error", () => (res.headersSent ? res.destroy() : res.writeHead(502).end()));
    res.on("close", () => onward.destroy());
    onward.end(body);
  }

  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(at, "127.0.0.1", resolve));
  const address = server.address();

  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}${pathname}`,
    last: (tool) => seen.get(tool) ?? null,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Sends a carried call straight to a server, credential and all, and says how it was received. */
export async function replay(
  carried: Carried,
  url: string,
): Promise<{ status: number; error: string; message: string }> {
  const response = await fetch(url, { method: "POST", headers: carried.headers, body: carried.body });
  const text = await response.text();
  try {
    const { error, message } = JSON.parse(text) as { error?: unknown; message?: unknown };
    return {
      status: response.status,
      error: typeof error === "string" ? error : "",
      message: typeof message === "string" ? message : "",
    };
  } catch {
    return { status: response.status, error: "", message: text.slice(0, 200) };
  }
}

async function whole(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function toolOf(body: Buffer): string | null {
  try {
    const { method, params } = JSON.parse(body.toString("utf8")) as { method?: unknown; params?: { name?: unknown } };
    return method === "tools/call" && typeof params?.name === "string" ? params.name : null;
  } catch {
    return null;
  }
}

const HOP_BY_HOP = new Set(["host", "connection", "content-length", "transfer-encoding", "keep-alive"]);

function flat(req: IncomingMessage): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(req.headers)) {
    if (typeof value === "string" && !HOP_BY_HOP.has(name)) kept[name] = value;
  }
  return kept;
}
