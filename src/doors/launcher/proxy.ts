import { randomBytes, timingSafeEqual } from "node:crypto";
import { Agent, createServer, type IncomingMessage, request as forward, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { WritError } from "../../domain/error.ts";
import { discardBody, readBody } from "../../wire/http/body.ts";
import { checkOrigin, LOOPBACK } from "../../wire/http/origin.ts";
import type { Prover } from "./prover.ts";
import type { Caller } from "./process-tree.ts";

export interface ProxyParts {
  /** Where the gateway listens, `http://127.0.0.1:7420`. */
  readonly gateway: string;
  /** Proves the run's key with each request: the token alone opens nothing. */
  readonly prover: Prover;
  /** The token of the run's task as it is now, or of a task below it.
   *  @throws WritError when no token is made for it: it is unknown, over, or not this run's. */
  readonly token: (task: string | null) => Promise<string>;
  /** Another token for the same, where the gateway takes the present one no longer: what the agent may be trusted with
   *  has changed. */
  readonly renewed: (task: string | null) => Promise<string>;
  /** Whose a new connection is, by its remote and our own port. */
  readonly callerOf: (remotePort: number, localPort: number) => Caller;
  /** Told once for each refused connection; never with the path. */
  readonly onRefused: (why: "stranger" | "host" | "origin") => void;
}

export interface Proxy {
  /** Secret, and dead with this run. `<url>/<server>` is one server, `<url>/task/<id>` a task below the run's. */
  readonly url: string;
  close(): Promise<void>;
}

const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
/** What a client may not bring along: its own authority, and what only makes sense between it and us. */
const STRIPPED = new Set([
  ...HOP_BY_HOP,
  "authorization",
  "dpop",
  "content-length",
  "cookie",
  "host",
  "origin",
  "referer",
  "forwarded",
  "expect",
]);
/** As large a message as the gateway reads, and as long as it waits for one. */
const MAX_BODY = 4 * 1024 * 1024;
const BODY_MS = 30_000;
const METHODS = new Set(["GET", "POST", "DELETE"]);

/** A loopback address that carries a client's MCP traffic to the gateway under the task's token, both ways as it
 *  comes. It adds authority, so it answers only to its path, its own host name, and the process tree it was made for. */
export async function startProxy(parts: ProxyParts): Promise<Proxy> {
  const gateway = new URL(parts.gateway);
  const secret = randomBytes(32).toString("base64url");
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, scheduling: "lifo" });
  const callers = new WeakMap<Socket, Caller>();
  let port = 0;

  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 65_000 }, (incoming, response) => {
    const target = targetOf(incoming.url ?? "", secret);
    const origin = checkOrigin(incoming.headers, LOOPBACK);
    if (origin !== "ok") {
      parts.onRefused(origin);
      return refuse(
        response,
        403,
        "origin_refused",
        "this address answers to programs of this run only",
        "use the address as `writ run` gave it",
      );
    }
    if (callerFor(incoming.socket) === "stranger") {
      return refuse(
        response,
        403,
        "stranger_refused",
        "this address belongs to another process tree",
        "start your own with `writ run`",
      );
    }
    if (target === null)
      return refuse(
        response,
        404,
        "path_unknown",
        "there is nothing here",
        "use WRIT_MCP_URL, or WRIT_MCP_URL/<server>",
      );
    if (!METHODS.has(incoming.method ?? ""))
      return refuse(response, 405, "method_unknown", "MCP uses GET, POST and DELETE", "use an MCP client");
    parts
      .token(target.task)
      .then((token) => relay(incoming, response, target, token))
      .catch((cause: unknown) => failed(response, cause));
  });
  server.on("clientError", (_, socket) => socket.destroy());

  function callerFor(socket: Socket): Caller {
    const known = callers.get(socket);
    if (known !== undefined) return known;
    const caller = parts.callerOf(socket.remotePort ?? 0, port);
    callers.set(socket, caller);
    if (caller === "stranger") parts.onRefused("stranger");
    return caller;
  }

  /** Reads the request whole, so that it can be sent again under another nonce. */
  async function relay(
    incoming: IncomingMessage,
    response: ServerResponse,
    target: Target,
    token: string,
  ): Promise<void> {
    // Of anything but a POST there is no body to carry: it would have no length on the way on.
    if (incoming.method !== "POST") {
      incoming.resume();
      return carry(incoming, response, target, token, null, AGAIN);
    }
    const body = await readBody(incoming, { maxBytes: MAX_BODY, timeoutMs: BODY_MS });
    if (body.kind === "gone") return;
    if (body.kind === "read") return carry(incoming, response, target, token, body.bytes, AGAIN);
    refuse(response, body.status, "body_refused", body.why, "send one JSON-RPC message");
    discardBody(incoming);
  }

  function carry(
    incoming: IncomingMessage,
    response: ServerResponse,
    target: Target,
    token: string,
    body: Buffer | null,
    may: Again,
  ): void {
    const { path } = target;
    const headers: Record<string, string | string[]> = {
      authorization: `DPoP ${token}`,
      dpop: parts.prover.prove(incoming.method ?? "", path, token),
      host: gateway.host,
      ...(body === null ? {} : { "content-length": String(body.length) }),
    };
    for (const name in incoming.headers) {
      const value = incoming.headers[name];
      if (value !== undefined && !STRIPPED.has(name)) headers[name] = value;
    }
    const onward = forward({
      agent,
      host: gateway.hostname,
      port: gateway.port,
      method: incoming.method,
      path,
      headers,
    });
    onward.on("response", (answer) => {
      const learned = parts.prover.learn(answer.headers["dpop-nonce"]);
      const why = answer.headers["www-authenticate"] ?? "";
      const stale = why.includes('error="use_dpop_nonce"');
      const over = why.startsWith('Bearer realm="writ", error="invalid_token"');
      // It was refused before anybody looked at it: the same once more, under the nonce that came with the refusal.
      if (learned && stale && answer.statusCode === 401 && may.nonce) {
        answer.resume();
        return carry(incoming, response, target, token, body, { ...may, nonce: false });
      }
      // Refused for its token alone, and not looked at either: the same once more under a fresh one, where there is one.
      if (answer.statusCode === 401 && over && may.token) {
        parts.renewed(target.task).then(
          (fresh) => {
            answer.resume();
            carry(incoming, response, target, fresh, body, { nonce: true, token: false });
          },
          () => pass(answer, response),
        );
        return;
      }
      pass(answer, response);
    });
    onward.on("error", () => {
      if (response.headersSent) response.destroy();
      else
        refuse(
          response,
          502,
          "gateway_unreachable",
          "the gateway does not answer",
          "start it with `writ up`; `writ doctor` says what is wrong",
        );
    });
    // The client went away: whatever it asked for is cancelled.
    response.on("close", () => {
      if (!response.writableFinished) onward.destroy();
    });
    onward.end(body ?? undefined);
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve());
  });
  port = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${port}/${secret}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        agent.destroy();
      }),
  };
}

interface Target {
  readonly path: string;
  readonly task: string | null;
}

/** What a request may still be sent again for, once each. */
interface Again {
  readonly nonce: boolean;
  readonly token: boolean;
}
const AGAIN: Again = { nonce: true, token: true };

/** The gateway's answer, on to the client. */
function pass(answer: IncomingMessage, response: ServerResponse): void {
  const kept: string[] = [];
  const raw = answer.rawHeaders;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] ?? "").toLowerCase();
    if (!HOP_BY_HOP.has(name) && name !== "set-cookie" && name !== "dpop-nonce")
      kept.push(raw[i] ?? "", told(name, raw[i + 1] ?? ""));
  }
  response.writeHead(answer.statusCode ?? 502, kept);
  // A stream's head must not wait for its first event.
  if (answer.headers["content-type"]?.startsWith("text/event-stream")) response.flushHeaders();
  answer.pipe(response);
  answer.on("error", () => response.destroy());
}

function failed(response: ServerResponse, cause: unknown): void {
  if (response.headersSent) return void response.destroy();
  const known = cause instanceof WritError ? cause : null;
  refuse(
    response,
    known?.status ?? 500,
    known?.code ?? "internal_fault",
    known?.message ?? "something failed inside",
    known?.hint ?? "start the run again",
  );
}

/** A client that is told where to sign in may stop using the address it was given, so it is not told. */
function told(header: string, value: string): string {
  return header === "www-authenticate" ? value.replace(/,\s*resource_metadata="[^"]*"/, "") : value;
}

/** `/<secret>` is `/mcp`, `/<secret>/<server>` is `/mcp/<server>`, either after `/task/<id>` the same in that task;
 *  null for anything else. */
function targetOf(url: string, secret: string): Target | null {
  const parts = /^\/([A-Za-z0-9_-]{43})(?:\/task\/(t_[A-Za-z0-9_-]{1,64}))?(?:\/([a-z][a-z0-9-]{0,31}))?\/?$/.exec(url);
  const [, given, task, server] = parts ?? [];
  if (given === undefined || !timingSafeEqual(Buffer.from(given), Buffer.from(secret))) return null;
  return { path: server === undefined ? "/mcp" : `/mcp/${server}`, task: task ?? null };
}

function refuse(response: ServerResponse, status: number, code: string, message: string, hint: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ error: { code, message, hint, facts: {} } }));
}
