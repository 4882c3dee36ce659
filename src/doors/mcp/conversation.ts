import { WritError } from "../../domain/error.ts";
import type { ServerName } from "../../domain/ids.ts";
import type { Json, JsonObject } from "../../domain/json.ts";
import type { Principal } from "../../domain/principal.ts";
import type { Channel, Opened } from "../../ports/upstream.ts";
import type { RequestId } from "../../wire/mcp/envelope.ts";
import type { Era } from "../../wire/mcp/revisions.ts";
import { createDirectory, type Directory } from "./directory.ts";
import { lazyChannel } from "./lazy-channel.ts";
import { tellLevel } from "./level.ts";
import type { McpDoorParts, View } from "./parts.ts";

/** What one client and Writ are in the middle of: a legacy MCP session, or all modern requests of one Writ session.
 *  Holds one channel to each upstream it used, shared with nobody. */
export interface Conversation {
  /** `Mcp-Session-Id` of a legacy session. */
  readonly id: string;
  readonly principal: Principal;
  readonly view: View;
  readonly era: Era;
  /** The revision it goes by; a legacy one's is agreed on in the answer to `initialize`. */
  readonly protocol: string;
  agree(protocol: string): void;
  /** Opens the channel at its first use. The result of opening is remembered, a failure is not. */
  open(server: ServerName): Promise<Opened>;
  /** The channel as something to send on. */
  channel(server: ServerName): Channel;
  /** Those that are open. */
  channels(): Promise<readonly Channel[]>;
  /** Calls `listener` with every channel that is opened from now on, and waits for it before the channel is used: what a
   *  server says to a stream that is not there yet, it says to nobody. Returns the way to stop. */
  attend(listener: (channel: Channel) => Promise<void>): () => void;
  /** The conversation's own stream is whose who asked last; `signal` of the one before aborts. */
  takeStream(): AbortSignal;
  /** Registers a request of the client that is under way, until `done`; `signal` aborts when the client cancels it.
   *  @throws WritError `requests_exhausted`. */
  begin(id: RequestId): { readonly signal: AbortSignal; done(): void };
  /** The client takes back the request of this id. Where several clients of one session chose the same id, none is meant. */
  cancel(id: Json | undefined): void;
  /** Requests to the client that wait for its answer, by the id they went out under. */
  readonly waiting: Map<string, (answer: JsonObject) => void>;
  readonly directory: Directory;
  /** Places in a server's listing of tools that it gave here: a client goes on from these and from no other. */
  readonly cursors: Set<string>;
  /** Sealed states that were opened and came to nothing: each may be opened once more. */
  readonly givenBack: Set<string>;
  /** Tells every server, those opened later too, from which level on the client wants to hear log messages. */
  setLevel(level: string): Promise<void>;
  /** Says that somebody is there; until the returned function is called it is not idle. */
  enter(): () => void;
  /** When it was last used; the distant future while it is. */
  lastUsed(): number;
  /** Aborts when it is retired. */
  readonly over: AbortSignal;
  /** Lets go of every upstream, and opens none again. What is still asked of it walks the gate, and is refused there. */
  retire(): Promise<void>;
}

export interface Beginning {
  readonly id: string;
  readonly principal: Principal;
  readonly view: View;
  readonly era: Era;
  readonly protocol: string;
  /** A legacy client's params of `initialize`, for every upstream. */
  readonly initialize: JsonObject | null;
}

/** One agent's requests that wait, for a server or for a person, are not to take up the gateway. */
const MAX_RUNNING = 512;

function crowded(): WritError {
  return new WritError({
    code: "requests_exhausted",
    status: 429,
    facts: { most: MAX_RUNNING },
    message: `this session already waits for ${MAX_RUNNING} answers`,
    hint: "wait for some of them first",
  });
}

export function createConversation(parts: McpDoorParts, given: Beginning): Conversation {
  const { principal, view, era, initialize } = given;
  const opened = new Map<ServerName, Promise<Opened>>();
  const attending = new Set<(channel: Channel) => Promise<void>>();
  const running = new Set<{ readonly id: RequestId; readonly cancel: AbortController }>();
  const over = new AbortController();
  let stream = new AbortController();
  let protocol = given.protocol;
  let level: string | null = null;
  let inside = 0;
  let left = parts.clock.now();

  async function openOne(server: ServerName): Promise<Opened> {
    if (over.signal.aborted) return { kind: "unavailable", why: "this conversation is over" };
    if (server === parts.own.server) return { kind: "open", channel: parts.own.channel(principal, era), result: null };
    const upstream = parts.upstreams.get(server);
    if (upstream === undefined) return { kind: "unavailable", why: "it is not configured" };
    const hello = initialize === null ? null : { ...initialize, protocolVersion: protocol };
    const result = await upstream.open({ era, protocol, initialize: hello, on: principal });
    // The client has said `initialized` to Writ before it calls anything; an upstream opened later hears it now.
    if (result.kind === "open" && era === "legacy" && view.kind === "all") {
      await result.channel.notify("notifications/initialized", undefined);
      if (level !== null) await tellLevel(result.channel, level);
      for (const listener of attending) await listener(result.channel);
    }
    return result;
  }

  async function channels(): Promise<readonly Channel[]> {
    const results = await Promise.all(opened.values());
    return results.flatMap((result) => (result.kind === "open" ? [result.channel] : []));
  }

  function open(server: ServerName): Promise<Opened> {
    const known = opened.get(server);
    if (known !== undefined) return known;
    const opening = openOne(server);
    opened.set(server, opening);
    void opening.then((result) => {
      if (result.kind !== "open") opened.delete(server);
    });
    return opening;
  }

  return {
    id: given.id,
    principal,
    view,
    era,
    get protocol() {
      return protocol;
    },
    agree: (revision) => void (protocol = revision),
    open,
    channel: (server) => lazyChannel(server, () => open(server)),
    channels,
    attend(listener) {
      attending.add(listener);
      return () => void attending.delete(listener);
    },
    takeStream() {
      stream.abort("another stream was opened");
      stream = new AbortController();
      return stream.signal;
    },
    begin(id) {
      if (running.size >= MAX_RUNNING) throw crowded();
      const one = { id, cancel: new AbortController() };
      running.add(one);
      return { signal: one.cancel.signal, done: () => void running.delete(one) };
    },
    cancel(id) {
      const meant = [...running].filter((one) => one.id === id);
      if (meant.length === 1) meant[0]?.cancel.abort("cancelled by the client");
    },
    waiting: new Map(),
    directory: createDirectory(),
    cursors: new Set(),
    givenBack: new Set(),
    async setLevel(wanted) {
      level = wanted;
      await Promise.all((await channels()).map((channel) => tellLevel(channel, wanted)));
    },
    enter() {
      inside++;
      return () => {
        inside--;
        left = parts.clock.now();
      };
    },
    lastUsed: () => (inside > 0 ? Number.POSITIVE_INFINITY : left),
    over: over.signal,
    async retire() {
      over.abort("conversation over");
      for (const one of running) one.cancel.abort("conversation over");
      const open = await channels();
      opened.clear();
      await Promise.allSettled(open.map((channel) => channel.close()));
    },
  };
}
