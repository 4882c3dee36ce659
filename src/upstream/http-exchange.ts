import type { ClientRequest, IncomingMessage } from "node:http";
import type { ServerName } from "../domain/ids.ts";
import type { Introduction } from "../ports/outbound.ts";
import type { Incoming, Message, Sink, StreamMark } from "../ports/upstream.ts";
import type { Log } from "../ports/system.ts";
import { isId } from "../wire/mcp/envelope.ts";
import { readMessage, withNullId } from "../wire/mcp/message.ts";
import type { SseEvent } from "../wire/mcp/sse.ts";
import { answered } from "./answer.ts";
import { createDeadline } from "./deadline.ts";
import { discard, isHeaderText, mediaType, type Place, readEvents, readText } from "./http-wire.ts";
import { LIMITS } from "./limits.ts";

export interface HttpParts {
  readonly server: ServerName;
  /** What goes with messages that are no admitted call. */
  readonly introduction: Introduction;
  readonly place: Place;
  readonly maxResultBytes: number;
  readonly log: Log;
  /** A notification said that the list of tools changed. */
  readonly toolsChanged: () => void;
}

/** One request, ready to be written. */
export interface Ask {
  readonly id: number;
  readonly body: string;
  readonly headers: Record<string, string>;
  readonly timeoutMs: number;
  readonly sink: Sink;
  readonly signal: AbortSignal | null;
  /** The client's answers to the upstream's questions go this way. */
  readonly reply: (text: string) => void;
  /** Headers that ask for the rest of a stream that ended early; null where the protocol has no coming back. */
  readonly resume: ((lastEventId: string) => Promise<Record<string, string>>) | null;
  /** Tells the upstream that nobody waits any more. */
  readonly tell: (why: string) => void;
  /** In a legacy session a 404 means that the session is gone. */
  readonly inSession: boolean;
  readonly onHead?: (response: IncomingMessage) => void;
}

export interface Exchange {
  readonly outcome: Promise<Incoming>;
  /** The answer came another way: on the conversation's own stream. */
  deliver(message: Message, mark: StreamMark): void;
  /** Gives up: `lost`, and the upstream is told. */
  abandon(why: string): void;
}

/** Sends one request and follows it to its end. An upstream that lets go of the stream after giving an event id is
 *  asked for the rest, as often as it takes until the deadline, so that the answer is settled like any other. */
export function exchange(parts: HttpParts, ask: Ask): Exchange {
  const { promise: outcome, resolve } = Promise.withResolvers<Incoming>();
  let finished = false;
  let current: ClientRequest | null = null;
  let comeBack: NodeJS.Timeout | undefined;
  let lastEvent: string | null = null;
  let retryMs = 1_000;
  let side = 0;
  let questions = 0;
  const deadline = createDeadline(ask.timeoutMs, () => abandon("timeout"));
  const onAbort = (): void => abandon("cancelled");

  function finish(incoming: Incoming, drop: boolean): void {
    if (finished) return;
    finished = true;
    deadline.stop();
    clearTimeout(comeBack);
    ask.signal?.removeEventListener("abort", onAbort);
    if (drop) current?.destroy();
    resolve(incoming);
  }
  function lose(why: string): void {
    finish({ kind: "lost", why }, true);
  }
  function abandon(why: string): void {
    if (finished) return;
    if (current === null) return finish({ kind: "not_sent", why }, false);
    ask.tell(why);
    lose(why);
  }

  function onHead(response: IncomingMessage): void {
    ask.onHead?.(response);
    const status = response.statusCode ?? 0;
    if (finished) return discard(response);
    if (status < 200 || status > 299) return void refusal(response, status);
    const type = mediaType(response);
    if (type === "text/event-stream") return stream(response);
    if (type === "application/json") return void whole(response);
    discard(response);
    lose(`the answer is neither JSON nor an event stream (status ${status})`);
  }

  async function whole(response: IncomingMessage): Promise<void> {
    const body = await readText(response, parts.maxResultBytes);
    if (finished) return;
    if ("why" in body) return lose(body.why);
    const read = readMessage(body.text);
    if (read.kind !== "read") return lose(`the answer cannot be believed: ${read.why}`);
    if (isAnswer(read.envelope.kind) && idOf(read.message) === ask.id)
      return finish({ kind: "answered", message: read.message, mark: {} }, false);
    lose("the answer belongs to another request");
  }

  /** Not a 2xx: a JSON-RPC error is an answer; anything else is a refusal by the transport. A challenge always is. */
  async function refusal(response: IncomingMessage, status: number): Promise<void> {
    const header = response.headers["www-authenticate"];
    const challenge = header === undefined ? null : header.slice(0, LIMITS.challengeChars);
    const body = mediaType(response) === "application/json" ? await readText(response, LIMITS.errorBytes) : null;
    if (body === null) discard(response);
    if (finished) return;
    const gone = status === 404 && ask.inSession;
    if (body !== null && "text" in body && status >= 400 && status !== 401 && challenge === null && !gone) {
      const read = readMessage(body.text);
      if (
        read.kind === "read" &&
        read.envelope.kind === "error" &&
        (read.envelope.id === null || read.envelope.id === ask.id)
      ) {
        return finish({ kind: "answered", message: withNullId(read.message), mark: {}, status }, false);
      }
    }
    const why =
      status >= 300 && status < 400
        ? `a redirect (status ${status}) is not followed`
        : gone
          ? "the session is gone"
          : `status ${status}`;
    const nonce = response.headers["dpop-nonce"];
    const more = typeof nonce === "string" && isHeaderText(nonce) ? { nonce } : {};
    finish({ kind: "rejected", status, why, challenge, ...more }, false);
  }

  function stream(response: IncomingMessage): void {
    const limits = { eventBytes: parts.maxResultBytes, totalBytes: parts.maxResultBytes + LIMITS.sideBytes };
    readEvents(
      response,
      limits,
      (event) => onEvent(event, response),
      (why) => {
        if (finished) return;
        if (why !== null) return abandon(why);
        if (ask.resume === null || lastEvent === null) return lose("the stream ended before the answer");
        comeBack = setTimeout(() => void follow(), retryMs);
      },
    );
  }

  async function follow(): Promise<void> {
    if (ask.resume === null || lastEvent === null) return;
    const headers = await ask.resume(lastEvent);
    if (finished) return;
    current = parts.place.send(
      { verb: "GET", headers, body: null },
      {
        head(response) {
          if (response.statusCode === 200 && mediaType(response) === "text/event-stream" && !finished)
            return stream(response);
          discard(response);
          lose("the stream ended before the answer, and the rest is not to be had");
        },
        failed: (why) => lose(`the stream ended before the answer: ${why}`),
      },
    );
  }

  function onEvent(event: SseEvent, response: IncomingMessage): void {
    if (finished) return;
    // An id that no header can carry cannot be come back to.
    if (event.id !== null) lastEvent = isHeaderText(event.id) ? event.id : null;
    if (event.retry !== null) retryMs = Math.min(Math.max(event.retry, 10), 30_000);
    const mark = markOf(event);
    if (event.data === null || event.data === "") return guarded(() => ask.sink.mark?.(mark));
    if (event.event !== null && event.event !== "message" && event.event !== "") return;
    const read = readMessage(event.data);
    if (read.kind !== "read") return abandon(`an event cannot be believed: ${read.why}`);
    const { message, envelope } = read;
    if (isAnswer(envelope.kind)) {
      if (idOf(message) !== ask.id) return abandon("the answer belongs to another request");
      finish({ kind: "answered", message, mark }, false);
      return discard(response);
    }
    if (++side > LIMITS.sideEvents) return abandon("more came beside the answer than may");
    if (envelope.kind === "notification") {
      if (envelope.method === "notifications/tools/list_changed") parts.toolsChanged();
      guarded(() => ask.sink.notification(message, mark));
    } else if (envelope.kind === "request") question(message, envelope.id, mark);
  }

  function question(message: Message, id: string | number, mark: StreamMark): void {
    if (++questions > LIMITS.openQuestions) return abandon("it asks more at once than it may");
    deadline.pause();
    void answered(ask.sink, message, id, mark).then((text) => {
      questions--;
      deadline.resume();
      ask.reply(text);
    });
  }

  function guarded(tell: () => void): void {
    try {
      tell();
    } catch (cause) {
      parts.log.error({ cause, server: parts.server }, "a side message could not be passed on");
    }
  }

  function start(): void {
    if (finished) return;
    try {
      current = parts.place.send(
        { verb: "POST", headers: ask.headers, body: ask.body },
        {
          head: onHead,
          failed: (why, sent) => finish(sent ? { kind: "lost", why } : { kind: "not_sent", why }, false),
        },
      );
    } catch {
      finish({ kind: "not_sent", why: "a header cannot be written" }, false);
    }
  }

  if (ask.signal?.aborted === true) finish({ kind: "not_sent", why: "cancelled" }, false);
  else {
    ask.signal?.addEventListener("abort", onAbort, { once: true });
    parts.place.whenFresh(start);
  }
  return {
    outcome,
    deliver: (message, mark) => finish({ kind: "answered", message, mark }, true),
    abandon,
  };
}

export function markOf(event: SseEvent): StreamMark {
  return { ...(event.id === null ? {} : { id: event.id }), ...(event.retry === null ? {} : { retry: event.retry }) };
}

export function idOf(message: Message): string | number | null {
  const id = message.value["id"];
  return isId(id) ? id : null;
}

function isAnswer(kind: string): boolean {
  return kind === "result" || kind === "error";
}
