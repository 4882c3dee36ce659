import type { ServerName } from "../domain/ids.ts";
import { isObject, type JsonObject, own } from "../domain/json.ts";
import type { Clock, Log } from "../ports/system.ts";
import type { Channel, Incoming, Message, Outgoing, Sink } from "../ports/upstream.ts";
import { canonicalize } from "../wire/json/canonical.ts";
import { decodeUtf8Strict } from "../wire/json/parse.ts";
import { notificationText, requestText } from "../wire/mcp/envelope.ts";
import { readMessage, withNullId } from "../wire/mcp/message.ts";
import { progressTokenOf } from "../wire/mcp/meta.ts";
import { META } from "../wire/mcp/revisions.ts";
import { answered } from "./answer.ts";
import type { Child, ChildListener } from "./child.ts";
import { createDeadline, type Deadline } from "./deadline.ts";
import { LIMITS } from "./limits.ts";

export interface StdioParts {
  readonly server: ServerName;
  readonly log: Log;
  readonly clock: Clock;
  readonly toolsChanged: () => void;
}

interface Waiting {
  readonly id: number;
  readonly sink: Sink;
  readonly deadline: Deadline;
  readonly token: string | number | undefined;
  readonly subscription: boolean;
  side: number;
  sideBytes: number;
  questions: number;
  finish(incoming: Incoming): void;
}

const MAX_NOISE = 1_000;
const MAX_QUEUED = 64;
const MAX_ABANDONED = 1_000;
const WINDOW_MS = 10_000;
const SESSION_WIDE = /\/list_changed$|^notifications\/resources\/updated$/;

/** One client session's conversation with one process. Requests run side by side; each answer finds its own by an id
 *  of ours. A message that names no request goes to the only one running, else to whoever listens, else waits
 *  a little for somebody to. */
export function createStdioChannel(parts: StdioParts, begin: (listener: ChildListener) => Child): Channel {
  const { server, log } = parts;
  const pending = new Map<number, Waiting>();
  const abandoned = new Set<number>();
  const queue: { readonly message: Message; readonly question: string | number | null }[] = [];
  let listening: { readonly sink: Sink; readonly end: () => void } | null = null;
  let dead: string | null = null;
  let lastId = 0;
  let noise = 0;
  let window = { from: 0, events: 0, bytes: 0 };

  function loseAll(why: string): void {
    for (const waiting of pending.values()) waiting.finish({ kind: "lost", why });
  }
  function die(why: string): void {
    if (dead !== null) return;
    dead = why;
    loseAll(why);
    listening?.end();
  }
  /** It does what no server of good will does: it is ended at once. */
  function expel(why: string): void {
    log.warn({ server, why }, "an upstream process is ended");
    die(why);
    child.kill();
  }

  function onLine(line: Buffer): void {
    if (dead !== null) return;
    const text = decodeUtf8Strict(line);
    const read = text === null ? ({ kind: "refused", why: "it is not UTF-8" } as const) : readMessage(text);
    if (read.kind === "malformed") {
      if (++noise === 1)
        log.info({ server }, "an upstream writes to its output what is no message; such lines are skipped");
      if (noise > MAX_NOISE) expel("it writes noise instead of messages");
      return;
    }
    noise = 0;
    // It may have been the answer to any of them.
    if (read.kind === "refused") return loseAll(`a message cannot be believed: ${read.why}`);
    const { message, envelope } = read;
    switch (envelope.kind) {
      case "result":
      case "error":
        return answer(envelope.id, message);
      case "notification":
        if (envelope.method === "notifications/tools/list_changed") parts.toolsChanged();
        return route(ownerOf(envelope.method, envelope.params), message, null, line.length);
      case "request":
        return route(ownerOf(envelope.method, envelope.params), message, envelope.id, line.length);
    }
  }

  function answer(id: string | number | null, message: Message): void {
    const waiting = typeof id === "number" ? pending.get(id) : undefined;
    if (waiting !== undefined) return waiting.finish({ kind: "answered", message: withNullId(message), mark: {} });
    if (typeof id === "number" && abandoned.delete(id)) return;
    log.warn({ server }, "an upstream answered what nobody asked");
    if (crowded(0)) expel("it keeps answering what nobody asked");
  }

  function route(
    waiting: Waiting | "session" | "nobody",
    message: Message,
    question: string | number | null,
    bytes: number,
  ): void {
    if (typeof waiting === "object") {
      waiting.side++;
      waiting.sideBytes += bytes;
      if (waiting.side > LIMITS.sideEvents || waiting.sideBytes > LIMITS.sideBytes)
        return expel("more came beside the answer than may");
      return pass(waiting.sink, message, question, waiting);
    }
    if (crowded(bytes)) return expel("more came unasked than may");
    if (waiting === "nobody") return;
    if (listening !== null) return pass(listening.sink, message, question, null);
    if (queue.length === MAX_QUEUED) queue.shift();
    queue.push({ message, question });
  }

  /** Whose a message is. Progress after the answer is nobody's; what changed for the whole session is the session's
   *  where it listens; the rest is the only running request's, or the newest one's where nobody listens. */
  function ownerOf(method: string, params: JsonObject | undefined): Waiting | "session" | "nobody" {
    const meta = params === undefined ? undefined : own(params, "_meta");
    const tag = isObject(meta) ? own(meta, META.subscription) : undefined;
    if (tag !== undefined) return pending.get(Number(tag)) ?? "nobody";
    const running = [...pending.values()].filter((waiting) => !waiting.subscription);
    if (method === "notifications/progress") {
      const token = params === undefined ? undefined : own(params, "progressToken");
      return running.find((waiting) => waiting.token !== undefined && waiting.token === token) ?? "nobody";
    }
    if (listening !== null && (running.length !== 1 || SESSION_WIDE.test(method))) return "session";
    return running.at(-1) ?? "session";
  }

  function crowded(bytes: number): boolean {
    const now = parts.clock.now();
    if (now - window.from > WINDOW_MS || now < window.from) window = { from: now, events: 0, bytes: 0 };
    window.events++;
    window.bytes += bytes;
    return window.events > LIMITS.sideEvents || window.bytes > LIMITS.sideBytes;
  }

  function pass(sink: Sink, message: Message, question: string | number | null, waiting: Waiting | null): void {
    if (question === null) {
      try {
        sink.notification(message, {});
      } catch (cause) {
        log.error({ cause, server }, "a side message could not be passed on");
      }
      return;
    }
    if (waiting !== null && ++waiting.questions > LIMITS.openQuestions)
      return expel("it asks more at once than it may");
    waiting?.deadline.pause();
    void answered(sink, message, question, {}).then((text) => {
      if (waiting !== null) {
        waiting.questions--;
        waiting.deadline.resume();
      }
      child.write(`${text}\n`);
    });
  }

  function request(message: Outgoing, sink: Sink, signal: AbortSignal): Promise<Incoming> {
    if (dead !== null) return Promise.resolve({ kind: "not_sent", why: dead });
    if (signal.aborted) return Promise.resolve({ kind: "not_sent", why: "cancelled" });
    const id = ++lastId;
    let text: string;
    try {
      text = requestText(id, message.method, canonicalize(message.params));
    } catch {
      return Promise.resolve({ kind: "not_sent", why: "the request cannot be written" });
    }
    return new Promise((resolve) => {
      const subscription = message.method === "subscriptions/listen";
      const abandon = (why: string): void => {
        if (!pending.has(id)) return;
        child.write(`${notificationText("notifications/cancelled", { requestId: id, reason: why })}\n`);
        abandoned.add(id);
        for (const oldest of abandoned) if (abandoned.size > MAX_ABANDONED) abandoned.delete(oldest);
        waiting.finish({ kind: "lost", why });
      };
      const onAbort = (): void => abandon("cancelled");
      const waiting: Waiting = {
        id,
        sink,
        subscription,
        deadline: createDeadline(subscription ? 0 : message.timeoutMs, () => abandon("timeout")),
        token: progressTokenOf(message.params),
        side: 0,
        sideBytes: 0,
        questions: 0,
        finish(incoming) {
          if (!pending.delete(id)) return;
          waiting.deadline.stop();
          signal.removeEventListener("abort", onAbort);
          resolve(incoming);
        },
      };
      pending.set(id, waiting);
      signal.addEventListener("abort", onAbort, { once: true });
      if (!child.write(`${text}\n`))
        waiting.finish({ kind: "not_sent", why: dead ?? "it does not read what it is sent" });
    });
  }

  function listen(sink: Sink, signal: AbortSignal): Promise<"ended" | "unsupported"> {
    if (dead !== null || signal.aborted) return Promise.resolve("ended");
    listening?.end();
    return new Promise((resolve) => {
      const mine = { sink, end };
      function end(): void {
        signal.removeEventListener("abort", end);
        if (listening === mine) listening = null;
        resolve("ended");
      }
      listening = mine;
      signal.addEventListener("abort", end, { once: true });
      sink.mark?.({});
      for (const { message, question } of queue.splice(0)) pass(sink, message, question, null);
    });
  }

  const child = begin({
    line: onLine,
    flooded: () => expel("a message is larger than it may be"),
    stderr: (text) => log.debug({ server, text }, "an upstream wrote to its standard error"),
    ended: die,
  });

  return {
    server,
    request,
    notify(method, params) {
      // Cancelling goes by the signal of the request: the caller's ids mean nothing on this leg.
      if (dead === null && method !== "notifications/cancelled") child.write(`${notificationText(method, params)}\n`);
      return Promise.resolve();
    },
    listen,
    async close() {
      die("the conversation was closed");
      await child.stop();
    },
  };
}
