import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { z } from "zod";
import { refusal } from "../../authority/refusals.ts";
import type { Peers, SeenPeer } from "../../ports/peer.ts";
import { discardBody, readBody } from "../../wire/http/body.ts";
import { enrolledView, keyBody, thumbprintOf } from "./enrolled-view.ts";
import type { HttpDoorParts } from "./parts.ts";
import { readAs, toError } from "./route.ts";

const LIMITS = { maxBytes: 16 * 1024, timeoutMs: 5_000 };
const MAX_CONNECTIONS = 64;
const body = z.strictObject({ kind: z.literal("unix"), key: keyBody });

/** The door of local processes: `POST /v1/enrol` and nothing else. Each connection's other end is noted down as it is
 *  accepted; listening is the caller's. */
export function createEnrolSocket(parts: Pick<HttpDoorParts, "authority" | "enrolments">, peers: Peers): Server {
  const seen = new WeakMap<Socket, SeenPeer | string>();
  const server = createServer(
    { headersTimeout: 5_000, requestTimeout: 10_000, keepAliveTimeout: 1_000 },
    (request, response) => void answer(request, response),
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.on("connection", (socket: Socket) => {
    const peer = peers.see(socket);
    seen.set(socket, peer);
    if (typeof peer !== "string") socket.once("close", () => peer.release());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      send(response, 201, await enrol(request));
    } catch (cause) {
      const { status, body: refused } = toError(parts, cause);
      send(response, status, refused);
    } finally {
      discardBody(request);
    }
  }

  async function enrol(request: IncomingMessage): Promise<object> {
    if (request.method !== "POST" || request.url !== "/v1/enrol") {
      throw refusal("path_unknown", 404, {}, "there is nothing here", "this socket takes POST /v1/enrol alone");
    }
    const read = await readBody(request, LIMITS);
    if (read.kind !== "read") {
      throw refusal("body_unreadable", 400, {}, "the body cannot be read", "send one small JSON object");
    }
    const { key } = readAs(body, read.bytes.toString("utf8"));
    const peer = seen.get(request.socket) ?? "peer_unknown";
    return enrolledView(parts.authority, await parts.enrolments.enrol("unix", { peer }, thumbprintOf(key)));
  }
  return server;
}

function send(response: ServerResponse, status: number, answer: object): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store", connection: "close" });
  response.end(JSON.stringify(answer));
}
