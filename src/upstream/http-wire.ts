import {
  Agent as HttpAgent,
  type ClientRequest,
  type IncomingMessage,
  request as httpRequest,
  type RequestOptions,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import { decodeUtf8Strict } from "../wire/json/parse.ts";
import { createSseParser, type SseEvent } from "../wire/mcp/sse.ts";
import { checkedLookup } from "./address.ts";

/** Where one HTTP upstream is, and the connections kept to it. */
export interface Place {
  send(
    exchange: {
      readonly verb: "POST" | "GET" | "DELETE";
      readonly headers: Record<string, string>;
      readonly body: string | null;
    },
    heard: Heard,
  ): ClientRequest;
  /** Calls `ready` at once, or, when the kept connections have rested, after what the other side did to them
   *  meanwhile is known: a request written into a connection that is already closed is lost, and need not be. */
  whenFresh(ready: () => void): void;
  close(): void;
}

/** Exactly one of these is called, once. */
export interface Heard {
  head(response: IncomingMessage): void;
  /** `sent` false: no connection was made, so nothing can have run. */
  failed(why: string, sent: boolean): void;
}

const MAX_HEADER = 16 * 1024;
const RESTED_MS = 20;

/** Verified TLS, checked addresses, no redirects followed, no proxy from the environment, no credentials from the URL. */
export function createPlace(url: URL): Place {
  const secure = url.protocol === "https:";
  // A connection idle for longer may be closed by the other side just as we write to it.
  const options = { keepAlive: true, noDelay: true, maxFreeSockets: 64, timeout: 4_000, scheduling: "lifo" } as const;
  const agent = secure ? new HttpsAgent({ ...options, rejectUnauthorized: true }) : new HttpAgent(options);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const fixed: RequestOptions = {
    agent,
    host,
    port: url.port === "" ? (secure ? 443 : 80) : Number(url.port),
    path: url.pathname + url.search,
    lookup: checkedLookup(host),
    maxHeaderSize: MAX_HEADER,
  };
  const start = secure ? httpsRequest : httpRequest;
  let lastUsed = performance.now();
  return {
    whenFresh(ready) {
      if (performance.now() - lastUsed < RESTED_MS) ready();
      // Two turns: only the second is certain to come after the loop has looked at its sockets.
      else setImmediate(() => setImmediate(ready));
    },
    send({ verb, headers, body }, heard) {
      lastUsed = performance.now();
      let connected = false;
      let settled = false;
      const request = start({ ...fixed, method: verb, headers });
      request.once("socket", (socket: Socket) => {
        if (!socket.connecting) connected = true;
        else socket.once(secure ? "secureConnect" : "connect", () => (connected = true));
      });
      request.once("response", (response) => {
        settled = true;
        heard.head(response);
      });
      // Stays for good: an error after the head belongs to the response, which tells of it by closing early.
      request.on("error", (error: NodeJS.ErrnoException) => {
        if (settled) return;
        settled = true;
        heard.failed(error.code ?? "connection failed", connected);
      });
      if (body === null) request.end();
      else request.end(body, "utf8");
      return request;
    },
    close: () => agent.destroy(),
  };
}

/** Reads a whole body as text; null when it is longer than `maxBytes`, cut short, or not UTF-8. */
export function readText(
  response: IncomingMessage,
  maxBytes: number,
): Promise<{ readonly text: string } | { readonly why: string }> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    function onData(chunk: Buffer): void {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      else {
        response.off("data", onData);
        response.destroy();
        resolve({ why: `the answer is larger than ${maxBytes} bytes` });
      }
    }
    response.on("data", onData);
    response.once("end", () => {
      const text = decodeUtf8Strict(
        chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size),
      );
      resolve(text === null ? { why: "the answer is not UTF-8" } : { text });
    });
    response.once("error", () => {});
    response.once("close", () => resolve({ why: "the connection closed before the answer was whole" }));
  });
}

/** Hands on every event as it comes. `ended` is told once, why when the stream was at fault and not just over. */
export function readEvents(
  response: IncomingMessage,
  limits: { readonly eventBytes: number; readonly totalBytes: number },
  onEvent: (event: SseEvent) => void,
  ended: (why: string | null) => void,
): void {
  let over = false;
  let total = 0;
  const parser = createSseParser((event) => {
    if (!over) onEvent(event);
  }, limits.eventBytes);
  function end(why: string | null): void {
    if (over) return;
    over = true;
    ended(why);
  }
  response.on("data", (chunk: Buffer) => {
    if (over) return;
    total += chunk.length;
    const fault = total > limits.totalBytes ? "too_large" : parser.push(chunk);
    if (fault === null) return;
    end(fault === "too_large" ? "the stream is larger than it may be" : "the stream is not UTF-8");
    response.destroy();
  });
  response.once("end", () => end(null));
  response.once("error", () => {});
  response.once("close", () => end(null));
}

/** Lets the connection be used again if the rest is short, and drops it if not. */
export function discard(response: IncomingMessage): void {
  let size = 0;
  const timer = setTimeout(() => response.destroy(), 1_000);
  timer.unref();
  response.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > 65_536) response.destroy();
  });
  response.once("error", () => {});
  response.once("close", () => clearTimeout(timer));
  response.resume();
}

export function mediaType(response: IncomingMessage): string {
  return (response.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

/** What an upstream gives us to send back in a header: a session, a place in a stream. */
export function isHeaderText(text: string): boolean {
  return /^[\x21-\x7e]{1,1024}$/.test(text);
}
