import type { ServerResponse } from "node:http";
import type { StreamMark } from "../../ports/upstream.ts";
import { encodeComment, encodeSse } from "../../wire/mcp/sse.ts";

const KEEP_ALIVE_MS = 15_000;

/** The answer to one POST, which is plain JSON until something has to be said before it, and a stream from then on. */
export interface Reply {
  /** Sends a message ahead of the answer; false when this client cannot take one. */
  send(text: string, mark: StreamMark): boolean;
  /** Sends an event without a message: a place to resume from, a time to come back; an empty mark opens the stream. */
  mark(mark: StreamMark): void;
  /** Sends the answer, with `status` where no stream has begun, and ends. */
  finish(text: string, status?: number, mark?: StreamMark): void;
  /** Ends a stream that has no answer of its own. */
  close(): void;
  /** Aborts when the client goes away before the answer. */
  readonly signal: AbortSignal;
}

export function createReply(
  response: ServerResponse,
  streams: boolean,
  headers: Readonly<Record<string, string>>,
): Reply {
  const gone = new AbortController();
  let beat: NodeJS.Timeout | undefined;
  let ended = false;
  response.on("close", () => {
    clearInterval(beat);
    if (!ended) gone.abort("client gone");
  });

  function open(): boolean {
    if (ended || gone.signal.aborted) return false;
    if (response.headersSent) return true;
    if (!streams) return false;
    response.writeHead(200, {
      ...headers,
      "content-type": "text/event-stream",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    });
    beat = setInterval(() => response.write(encodeComment("")), KEEP_ALIVE_MS);
    return true;
  }

  function end(text?: string): void {
    ended = true;
    clearInterval(beat);
    response.end(text);
  }

  return {
    signal: gone.signal,
    send: (text, mark) => open() && (response.write(encodeSse({ data: text, id: mark.id, retry: mark.retry })), true),
    mark: (mark) => {
      const empty = mark.id === undefined && mark.retry === undefined;
      if (open()) response.write(empty ? encodeComment("") : encodeSse({ data: "", id: mark.id, retry: mark.retry }));
    },
    finish(text, status = 200, mark = {}) {
      if (ended || gone.signal.aborted) return;
      if (response.headersSent || mark.id !== undefined) {
        if (open()) return end(encodeSse({ data: text, id: mark.id, retry: mark.retry }));
      }
      response.writeHead(status, {
        ...headers,
        "content-type": "application/json",
        "content-length": Buffer.byteLength(text),
      });
      end(text);
    },
    close() {
      if (open()) end();
    },
  };
}
