import { WritError } from "../../domain/error.ts";
import type { ServerName, SessionId } from "../../domain/ids.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Principal } from "../../domain/principal.ts";
import type { Channel, Incoming, Opened } from "../../ports/upstream.ts";
import type { RequestId } from "../../wire/mcp/envelope.ts";
import type { Era } from "../../wire/mcp/revisions.ts";
import type { McpDoorParts, View } from "./parts.ts";

const IDLE_MS = 30 * 60_000;
const MAX_PER_SESSION = 64;

/** What one client and Writ are in the middle of: a legacy MCP session, or all modern requests of one Writ session.
 *  Holds one channel to each upstream it used, shared with nobody. */
export interface Conversation {
  /** `Mcp-Session-Id` of a legacy session. */
  readonly id: string;
  readonly principal: Principal;
  readonly view: View;
  readonly era: Era;
  readonly protocol: string;
  readonly initialize: JsonObject | null;
  /** Opens the channel at its first use. The result of opening is remembered, a failure is not. */
  open(server: ServerName): Promise<Opened>;
  /** The channel as something to send on; one that cannot be opened sends nothing and says why. */
  channel(server: ServerName): Channel;
  channels(): Promise<readonly Channel[]>;
  /** Resolves when another channel has been opened, or `signal` aborts. */
  changed(signal: AbortSignal): Promise<void>;
  /** Requests of the client that are under way, by its own id. */
  readonly running: Map<RequestId, AbortController>;
  /** Requests to the client that wait for its answer, by the id they went out under. */
  readonly waiting: Map<string, (answer: JsonObject) => void>;
  /** Which server gave a resource, by URI, where one endpoint shows all. */
  readonly resources: Map<string, ServerName>;
  touch(): void;
  /** Lets go of every upstream, and opens none again. What is still asked of it walks the gate, and is refused there. */
  retire(): Promise<void>;
  /** Retires it, and forgets it. */
  close(): Promise<void>;
}

export interface Conversations {
  begin(principal: Principal, view: View, era: Era, protocol: string, initialize: JsonObject | null): Conversation;
  /** Null for an id that is unknown, over, or another session's. */
  find(id: string, principal: Principal): Conversation | null;
  /** The one conversation of all modern requests of this session at this endpoint. */
  modern(principal: Principal, view: View, protocol: string): Conversation;
  /** Retires every conversation of a session: its task is over. */
  retire(session: SessionId): Promise<void>;
  close(): Promise<void>;
}

export function createConversations(parts: McpDoorParts): Conversations {
  const all = new Map<string, Conversation & { lastUsed: number }>();
  const sweeper = setInterval(() => {
    for (const one of all.values()) if (parts.clock.now() - one.lastUsed > IDLE_MS) void one.close();
  }, 60_000);
  sweeper.unref();

  function start(
    id: string,
    principal: Principal,
    view: View,
    era: Era,
    protocol: string,
    initialize: JsonObject | null,
  ): Conversation {
    const mine = [...all.values()].filter((one) => one.principal.session === principal.session);
    if (mine.length >= MAX_PER_SESSION) {
      throw new WritError({
        code: "conversations_exhausted",
        status: 429,
        facts: { most: MAX_PER_SESSION },
        message: `this session already has ${MAX_PER_SESSION} MCP sessions`,
        hint: "end the ones no longer used with an HTTP DELETE",
      });
    }
    const opened = new Map<ServerName, Promise<Opened>>();
    const watchers = new Set<() => void>();
    let retired = false;
    const conversation: Conversation & { lastUsed: number } = {
      id,
      principal,
      view,
      era,
      protocol,
      initialize,
      lastUsed: parts.clock.now(),
      running: new Map(),
      waiting: new Map(),
      resources: new Map(),
      open(server) {
        const known = opened.get(server);
        if (known !== undefined) return known;
        const opening = openOne(server);
        opened.set(server, opening);
        void opening.then((result) => {
          if (result.kind !== "open") opened.delete(server);
          for (const watcher of watchers) watcher();
        });
        return opening;
      },
      channel: (server) => lazily(server, () => conversation.open(server)),
      async channels() {
        const results = await Promise.all(opened.values());
        return results.flatMap((result) => (result.kind === "open" ? [result.channel] : []));
      },
      changed: (signal) =>
        new Promise((resolve) => {
          const done = (): void => {
            watchers.delete(done);
            signal.removeEventListener("abort", done);
            resolve();
          };
          watchers.add(done);
          signal.addEventListener("abort", done, { once: true });
        }),
      touch() {
        conversation.lastUsed = parts.clock.now();
      },
      async close() {
        all.delete(id);
        await conversation.retire();
      },
      async retire() {
        retired = true;
        for (const running of conversation.running.values()) running.abort("conversation over");
        const channels = await conversation.channels();
        opened.clear();
        await Promise.allSettled(channels.map((channel) => channel.close()));
      },
    };

    async function openOne(server: ServerName): Promise<Opened> {
      if (retired) return { kind: "unavailable", why: "this conversation is over" };
      if (server === parts.own.server) return { kind: "open", channel: parts.own.channel(principal), result: null };
      const upstream = parts.upstreams.get(server);
      if (upstream === undefined) return { kind: "unavailable", why: "it is not configured" };
      const result = await upstream.open({ era, protocol, initialize });
      // The client has said `initialized` to Writ before it calls anything; an upstream opened later hears it now.
      if (result.kind === "open" && era === "legacy" && view.kind === "all")
        await result.channel.notify("notifications/initialized", undefined);
      return result;
    }

    all.set(id, conversation);
    return conversation;
  }

  return {
    begin: (principal, view, era, protocol, initialize) =>
      start(parts.ids.nonce(), principal, view, era, protocol, initialize),
    find(id, principal) {
      const one = all.get(id);
      return one !== undefined && one.era === "legacy" && one.principal.session === principal.session ? one : null;
    },
    modern(principal, view, protocol) {
      const id = `modern ${principal.session} ${view.kind === "one" ? view.server : "*"} ${protocol}`;
      return all.get(id) ?? start(id, principal, view, "modern", protocol, null);
    },
    async retire(session) {
      await Promise.allSettled(
        [...all.values()].filter((one) => one.principal.session === session).map((one) => one.retire()),
      );
    },
    async close() {
      clearInterval(sweeper);
      await Promise.allSettled([...all.values()].map((one) => one.close()));
    },
  };
}

/** A channel that is opened when it is first used, so that a call is judged before anything is started for it. */
function lazily(server: ServerName, open: () => Promise<Opened>): Channel {
  return {
    server,
    async request(message, sink, signal): Promise<Incoming> {
      const opened = await open();
      switch (opened.kind) {
        case "open":
          return opened.channel.request(message, sink, signal);
        case "era_mismatch":
          return { kind: "not_sent", code: "era_mismatch", why: `it speaks ${opened.speaks}` };
        case "unavailable":
          return { kind: "not_sent", code: "server_unavailable", why: opened.why };
      }
    },
    async notify(method, params) {
      const opened = await open();
      if (opened.kind === "open") await opened.channel.notify(method, params);
    },
    async listen(sink, signal, lastEventId) {
      const opened = await open();
      return opened.kind === "open" ? opened.channel.listen(sink, signal, lastEventId) : "unsupported";
    },
    async close() {
      const opened = await open();
      if (opened.kind === "open") await opened.channel.close();
    },
  };
}
