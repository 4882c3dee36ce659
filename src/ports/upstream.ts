import type { ServerName } from "../domain/ids.ts";
import type { Json, JsonObject } from "../domain/json.ts";
import type { SqlCatalogue } from "../domain/sql-catalogue.ts";
import type { Login, OnBehalf, Reach } from "./outbound.ts";

/** A JSON-RPC message as it travels: the value to look at, and the text it came as, to pass on untouched. */
export interface Message {
  readonly value: JsonObject;
  readonly text: string;
  /** Where the value of `id` stands in `text`, to be exchanged for another id without touching a byte beside it.
   *  Absent where there is no id. */
  readonly idAt?: { readonly start: number; readonly end: number };
}

/** One request on its way to an upstream. */
export interface Outgoing {
  readonly method: string;
  /** Canonical params, `_meta` already reduced to what may travel. */
  readonly params: JsonObject;
  /** MCP headers that go with it; `authorization` is never among them. */
  readonly headers: Readonly<Record<string, string>>;
  /** What the broker puts in: complete header lines for an HTTP upstream. */
  readonly credentials: Readonly<Record<string, string>>;
  /** For a database: what the call may do there, and as whom. */
  readonly reach?: Reach;
  readonly login?: Login;
  /** The caller's progress token, if it gave one. */
  readonly timeoutMs: number;
}

/** Where an exchange's side messages go, in order, while it runs. */
export interface Sink {
  /** A notification that belongs to this request (progress, logging), already attributed. */
  notification(message: Message, event: StreamMark): void;
  /** The upstream asks something of the client (sampling, elicitation, roots). Resolves with the client's answer,
   *  `{ result }` or `{ error }`; the upstream's id goes on it by itself. */
  request(message: Message, event: StreamMark): Promise<JsonObject>;
  /** A stream event without a message: a priming event, a retry hint; an empty one when a listened-to stream has begun. */
  mark?(event: StreamMark): void;
}

/** Server-sent-event fields that come with a message and let a client resume. */
export interface StreamMark {
  readonly id?: string;
  readonly retry?: number;
}

export type Incoming =
  /** The upstream's response, result or JSON-RPC error: it ran, as far as it says. */
  | {
      readonly kind: "answered";
      readonly message: Message;
      readonly mark: StreamMark;
      /** The HTTP status it came with, where it came with one. */ readonly status?: number;
    }
  /** No byte of the request left. */
  | {
      readonly kind: "not_sent";
      readonly why: string;
      readonly code?: "server_unavailable" | "era_mismatch" | "feed_stale" | "credential_not_given";
    }
  /** An HTTP status without a JSON-RPC body: refused before any tool could run, as far as the upstream says. */
  | {
      readonly kind: "rejected";
      readonly status: number;
      readonly why: string;
      readonly challenge: string | null;
      readonly nonce?: string;
    }
  /** It ran, was not let stand, and was taken back whole: nothing has changed. */
  | {
      readonly kind: "undone";
      readonly why: string;
      readonly code: "rows_exceeded" | "database_refused" | "database_timeout" | "upstream_failed";
    }
  /** Sent, and no answer that can be believed: timeout, crash, flood, an answer to something else. */
  | { readonly kind: "lost"; readonly why: string };

/** One MCP conversation with one upstream on behalf of one client session. Isolated from every other one. */
export interface Channel {
  readonly server: ServerName;
  /** Sends one request and resolves with how it ended; never rejects. Aborting `signal` cancels it upstream. */
  request(message: Outgoing, sink: Sink, signal: AbortSignal): Promise<Incoming>;
  /** Sends a notification; resolves once handed over. Failing to is not an error. */
  notify(method: string, params: JsonObject | undefined): Promise<void>;
  /** Opens the upstream's own stream of messages (GET in 2025-11-25, subscriptions/listen replaces it later),
   *  until `signal` aborts or the upstream ends it. `lastEventId` resumes. */
  listen(sink: Sink, signal: AbortSignal, lastEventId: string | null): Promise<"ended" | "unsupported">;
  /** Ends the conversation and whatever it started: session, child process and its descendants. */
  close(): Promise<void>;
}

/** How a conversation begins. */
export interface Opening {
  readonly era: "legacy" | "modern";
  /** Exact revision the client speaks. */
  readonly protocol: string;
  /** Legacy: the client's `initialize` params, sent on as they are. Modern: null. */
  readonly initialize: JsonObject | null;
  /** For whom: what goes with the conversation's own messages is obtained for this task. Absent for Writ itself. */
  readonly on?: OnBehalf;
}

export type Opened =
  | {
      readonly kind: "open";
      readonly channel: Channel;
      /** Legacy: the upstream's `initialize` result. */ readonly result: JsonObject | null;
    }
  | { readonly kind: "era_mismatch"; readonly speaks: string }
  | { readonly kind: "unavailable"; readonly why: string };

/** One configured upstream. */
export interface Upstream {
  readonly server: ServerName;
  /** What identifies how it is launched or where it is, in a canonical text: pins are bound to its digest. */
  readonly origin: string;
  open(opening: Opening): Promise<Opened>;
  /** Lists its tools through conversations of Writ's own, all pages, in every era it speaks. A tool that eras describe
   *  differently comes as the newest one describes it.
   *  @throws WritError `server_unavailable`. */
  catalogue(): Promise<readonly Json[]>;
  /** Tells when a conversation heard that the list of tools changed, before anything it hears later. `ask` lists them as that
   *  conversation sees them, and is the same function each time. */
  onToolsChanged(listener: (ask: () => Promise<readonly Json[]>) => void): void;
  /** What is known of the database behind it now; absent where there is none, null while nothing is known. */
  database?(): SqlCatalogue | null;
  close(): Promise<void>;
}
