import type { ServerResponse } from "node:http";
import type { StreamMark } from "../../ports/upstream.ts";
import { encodeComment, encodeSse } from "../../wire/mcp/sse.ts";
import { send } from "./write.ts";

const KEEP_ALIVE_MS = 15_000;
/** What may wait for a client that does not read. */
const MAX_UNREAD = 32 * 1024 * 1024;

/** The answer to one request, which is plain JSON until something has to be said before it, and a stream from then on. */
export interface Reply {
  /** Sends a message ahead of the answer; false when this client cannot take one. */
  send(text: string, mark: StreamMark): boolean;
  /** Sends an event without a message: a place to resume from, a time to come back; an empty mark opens the stream. */
  mark(mark: StreamMark): void;
  /** Sends the answer, with `status` and `headers` where no stream has begun, and ends. */
  finish(text: string, status?: number, mark?: StreamMark, headers?: Readonly<Record<string, string>>): void;
  /** Ends a stream that has no answer of its own. */
  close(): void;
  /** Aborts when the client goes away before the answer, or is cut off for not reading. */
  readonly signal: AbortSignal;
}

export interface ReplySettings {
  /** The client takes a stream. */
  readonly streams: boolean;
  /** What a server gives its client to resume by has a meaning at this endpoint; elsewhere it is not passed on. */
  readonly resumes: boolean;
}

export function createReply(response: ServerResponse, { streams, resumes }: ReplySettings): Reply {
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
      "content-type": "text/event-stream",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    });
    beat = setInterval(() => write(encodeComment("")), KEEP_ALIVE_MS);
    return true;
  }

  function write(text: string): void {
    if (response.writableLength <= MAX_UNREAD) response.write(text);
    else response.destroy();
  }

  function event(data: string, { id, retry }: StreamMark): string {
    return encodeSse(resumes ? { data, id, retry } : { data });
  }

  return {
    signal: gone.signal,
    send(text, mark) {
      if (!open()) return false;
      write(event(text, mark));
      return true;
    },
    mark(mark) {
      const empty = !resumes || (mark.id === undefined && mark.retry === undefined);
      if (open()) write(empty ? encodeComment("") : event("", mark));
    },
    finish(text, status = 200, mark = {}, headers = {}) {
      if (ended || gone.signal.aborted) return;
      const streaming = response.headersSent || (resumes && mark.id !== undefined && open());
      ended = true;
      clearInterval(beat);
      if (streaming) response.end(event(text, mark));
      else send(response, status, text, headers);
    },
    close() {
      if (!open()) return;
      ended = true;
      clearInterval(beat);
      response.end();
    },
  };
}
