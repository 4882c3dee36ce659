import type { JsonObject } from "../domain/json.ts";
import type { ServerName } from "../domain/ids.ts";
import type { Challenge, OnBehalf } from "../ports/outbound.ts";
import type { Channel, Incoming, Outgoing, Sink } from "../ports/upstream.ts";
import { canonicalize } from "../wire/json/canonical.ts";
import { notificationText, requestText } from "../wire/mcp/envelope.ts";
import { computeHeaders } from "../wire/mcp/headers.ts";
import { readMessage } from "../wire/mcp/message.ts";
import { type Era, HEADER } from "../wire/mcp/revisions.ts";
import type { SseEvent } from "../wire/mcp/sse.ts";
import { answered } from "./answer.ts";
import { type Ask, type Exchange, exchange, type HttpParts, idOf, markOf } from "./http-exchange.ts";
import { discard, isHeaderText, mediaType, readEvents } from "./http-wire.ts";
import { LIMITS } from "./limits.ts";

/** What every message of one conversation is sent with. */
export interface Conversation {
  readonly era: Era;
  readonly protocol: string;
  /** Legacy: the upstream's session, if it gave one. */
  readonly session: string | null;
  /** For whom; null for Writ itself. */
  readonly on: OnBehalf | null;
}

const ACCEPT_BOTH = "application/json, text/event-stream";
/** Never carried over from a caller or a credential: they are the connection's own. */
const OURS = new Set([
  "host",
  "connection",
  "content-length",
  "content-type",
  "transfer-encoding",
  "accept",
  "accept-encoding",
  "upgrade",
  "te",
  "trailer",
  "expect",
  "keep-alive",
]);

export function postHeaders(body: string, extra: Readonly<Record<string, string>>): Record<string, string> {
  return {
    accept: ACCEPT_BOTH,
    "accept-encoding": "identity",
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    ...extra,
  };
}

/** Legacy: the headers that tie a message to its conversation. */
function sessionHeaders(conversation: Conversation): Record<string, string> {
  return {
    [HEADER.protocol]: conversation.protocol,
    ...(conversation.session === null ? {} : { [HEADER.session]: conversation.session }),
  };
}

/** One client session's conversation over HTTP. Ids on this leg are the channel's own numbers. Legacy keeps the
 *  upstream's session and its streams; modern sends every request on its own. */
export function createHttpChannel(
  server: ServerName,
  parts: HttpParts,
  conversation: Conversation,
  onClose: () => void,
): Channel {
  const legacy = conversation.era === "legacy";
  const common = sessionHeaders(conversation);
  const pending = new Map<number, Exchange>();
  const closing = new AbortController();
  let lastId = 0;

  /** What goes with a message of the conversation that is no admitted call. */
  async function introduced(verb: "POST" | "GET" | "DELETE"): Promise<Record<string, string>> {
    return credentialHeaders(await parts.introduction.headers(server, verb, conversation.on));
  }

  async function request(message: Outgoing, sink: Sink, signal: AbortSignal): Promise<Incoming> {
    if (closing.signal.aborted) return { kind: "not_sent", why: "the conversation is closed" };
    const id = ++lastId;
    const given = credentialHeaders(message.credentials);
    const credentials = Object.keys(given).length > 0 ? given : await introduced("POST");
    let ask: Ask;
    try {
      const body = requestText(id, message.method, canonicalize(message.params));
      const own = legacy
        ? common
        : computeHeaders(conversation.protocol, message.method, message.params, null, message.headers);
      ask = {
        id,
        body,
        headers: { ...postHeaders(body, own), ...credentials },
        timeoutMs: message.method === "subscriptions/listen" ? 0 : message.timeoutMs,
        sink,
        signal,
        reply: post,
        resume: legacy ? (lastEventId) => listenHeaders(lastEventId) : null,
        // A modern request is cancelled by closing its stream, which is what giving up does.
        tell: (why) => legacy && post(notificationText("notifications/cancelled", { requestId: id, reason: why })),
        inSession: conversation.session !== null,
      };
    } catch {
      return { kind: "not_sent", why: "the request cannot be written" };
    }
    const running = exchange(parts, ask);
    pending.set(id, running);
    const incoming = await running.outcome;
    pending.delete(id);
    return incoming;
  }

  /** Hands over a message that gets no answer. */
  async function hand(text: string, headers: Record<string, string>): Promise<void> {
    const given = await introduced("POST");
    return new Promise((resolve) => {
      const timer = setTimeout(() => sent.destroy(), LIMITS.handshakeMs);
      function done(): void {
        clearTimeout(timer);
        resolve();
      }
      const sent = parts.place.send(
        { verb: "POST", headers: { ...postHeaders(text, headers), ...given }, body: text },
        {
          head(response) {
            discard(response);
            done();
          },
          failed: done,
        },
      );
    });
  }
  function post(text: string): void {
    void hand(text, common);
  }

  async function notify(method: string, params: JsonObject | undefined): Promise<void> {
    // Cancelling goes by the signal of the request: the caller's ids mean nothing on this leg.
    if (closing.signal.aborted || method === "notifications/cancelled") return;
    await hand(
      notificationText(method, params),
      legacy ? common : computeHeaders(conversation.protocol, method, params, null),
    );
  }

  async function listenHeaders(lastEventId: string | null): Promise<Record<string, string>> {
    return {
      ...common,
      ...(await introduced("GET")),
      accept: "text/event-stream",
      "accept-encoding": "identity",
      ...(lastEventId === null || !isHeaderText(lastEventId) ? {} : { [HEADER.lastEventId]: lastEventId }),
    };
  }

  async function listen(sink: Sink, signal: AbortSignal, lastEventId: string | null): Promise<"ended" | "unsupported"> {
    if (!legacy) return "unsupported";
    const headers = await listenHeaders(lastEventId);
    const stop = AbortSignal.any([signal, closing.signal]);
    if (stop.aborted) return "ended";
    return new Promise((resolve) => {
      function end(how: "ended" | "unsupported"): void {
        stop.removeEventListener("abort", onStop);
        resolve(how);
      }
      function onStop(): void {
        sent.destroy();
        end("ended");
      }
      const sent = parts.place.send(
        { verb: "GET", headers, body: null },
        {
          head(response) {
            if (response.statusCode !== 200 || mediaType(response) !== "text/event-stream") {
              discard(response);
              return end("unsupported");
            }
            sink.mark?.({});
            const limits = { eventBytes: parts.maxResultBytes, totalBytes: Number.POSITIVE_INFINITY };
            readEvents(
              response,
              limits,
              (event) => hear(event, sink),
              () => end("ended"),
            );
          },
          failed: () => end("ended"),
        },
      );
      stop.addEventListener("abort", onStop, { once: true });
    });
  }

  /** One event of the conversation's own stream. An answer to a request that still waits goes to it, and nowhere else. */
  function hear(event: SseEvent, sink: Sink): void {
    const mark = markOf(event);
    try {
      if (event.data === null || event.data === "") return sink.mark?.(mark);
      const read = readMessage(event.data);
      if (read.kind !== "read")
        return parts.log.warn({ server, why: read.why }, "an event on an upstream's own stream cannot be believed");
      const { message, envelope } = read;
      if (envelope.kind === "notification") {
        if (envelope.method === "notifications/tools/list_changed") parts.toolsChanged();
        sink.notification(message, mark);
      } else if (envelope.kind === "request") {
        void answered(sink, message, envelope.id, mark).then(post);
      } else {
        const id = idOf(message);
        const waiting = typeof id === "number" ? pending.get(id) : undefined;
        if (waiting === undefined) parts.log.warn({ server }, "an upstream answered what nobody asked");
        else waiting.deliver(message, mark);
      }
    } catch (cause) {
      parts.log.error({ cause, server }, "a message of an upstream's own stream could not be passed on");
    }
  }

  async function close(): Promise<void> {
    if (closing.signal.aborted) return;
    for (const running of pending.values()) running.abandon("the conversation was closed");
    closing.abort();
    onClose();
    if (legacy && conversation.session !== null)
      await endSession(parts, { ...common, ...(await introduced("DELETE")) });
  }

  return { server, request, notify, listen, close };
}

/** Credentials as the broker made them, complete header lines; what belongs to the connection stays ours. */
export function credentialHeaders(credentials: Readonly<Record<string, string>>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(credentials)) {
    const key = name.toLowerCase();
    if (!OURS.has(key) && !key.startsWith("mcp-")) headers[key] = value;
  }
  return headers;
}

/** The refusal of a server that wants another credential; null for anything else. */
export function challengeOf(incoming: Incoming): Challenge | null {
  if (incoming.kind !== "rejected" || (incoming.status !== 401 && incoming.status !== 403)) return null;
  return { status: incoming.status, text: incoming.challenge, nonce: incoming.nonce ?? null };
}

/** DELETE, best effort: many servers do not offer it, and a session left behind is theirs to expire. */
function endSession(parts: HttpParts, headers: Record<string, string>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => sent.destroy(), 2_000);
    function done(): void {
      clearTimeout(timer);
      resolve();
    }
    const sent = parts.place.send(
      { verb: "DELETE", headers, body: null },
      {
        head(response) {
          discard(response);
          done();
        },
        failed: done,
      },
    );
  });
}
