import { WritError } from "../../domain/error.ts";
import type { SessionId } from "../../domain/ids.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Principal } from "../../domain/principal.ts";
import { type Beginning, type Conversation, createConversation } from "./conversation.ts";
import type { McpDoorParts, View } from "./parts.ts";

const IDLE_MS = 30 * 60_000;
const SWEEP_MS = 60_000;
const MAX_PER_SESSION = 64;

/** Every conversation there is. One that nobody used for half an hour is closed: most clients never say goodbye. */
export interface Conversations {
  /** A legacy session.
   *  @throws WritError `conversations_exhausted`. */
  begin(principal: Principal, view: View, protocol: string, initialize: JsonObject): Conversation;
  /** Null for an id that is unknown, over, another session's, or another endpoint's. */
  find(id: string, principal: Principal, view: View): Conversation | null;
  /** The one conversation of all modern requests of this session at this endpoint. */
  modern(principal: Principal, view: View, protocol: string): Conversation;
  /** Retires it, and forgets it. */
  close(conversation: Conversation): Promise<void>;
  /** Retires every conversation of a session: its task is over. */
  retire(session: SessionId): Promise<void>;
  /** How many there are, retired ones included. */
  size(): number;
  closeAll(): Promise<void>;
}

export function createConversations(parts: McpDoorParts): Conversations {
  const all = new Map<string, Conversation>();
  const sweeper = setInterval(() => {
    for (const one of all.values()) if (parts.clock.now() - one.lastUsed() > IDLE_MS) void close(one);
  }, SWEEP_MS);
  sweeper.unref();

  function start(beginning: Beginning): Conversation {
    const { session } = beginning.principal;
    if (ofSession(session).length >= MAX_PER_SESSION) {
      throw new WritError({
        code: "conversations_exhausted",
        status: 429,
        facts: { most: MAX_PER_SESSION },
        message: `this session already has ${MAX_PER_SESSION} MCP sessions`,
        hint: "end the ones no longer used with an HTTP DELETE",
      });
    }
    const conversation = createConversation(parts, beginning);
    all.set(beginning.id, conversation);
    return conversation;
  }

  function ofSession(session: SessionId): readonly Conversation[] {
    return [...all.values()].filter((one) => one.principal.session === session);
  }

  async function close(conversation: Conversation): Promise<void> {
    all.delete(conversation.id);
    await conversation.retire();
  }

  return {
    begin: (principal, view, protocol, initialize) =>
      start({ id: parts.ids.nonce(), principal, view, era: "legacy", protocol, initialize }),
    find(id, principal, view) {
      const one = all.get(id);
      return one?.era === "legacy" && one.principal.session === principal.session && nameOf(one.view) === nameOf(view)
        ? one
        : null;
    },
    modern(principal, view, protocol) {
      const id = `modern ${principal.session} ${nameOf(view)} ${protocol}`;
      return all.get(id) ?? start({ id, principal, view, era: "modern", protocol, initialize: null });
    },
    close,
    async retire(session) {
      await Promise.allSettled(ofSession(session).map((one) => one.retire()));
    },
    size: () => all.size,
    async closeAll() {
      clearInterval(sweeper);
      await Promise.allSettled([...all.values()].map(close));
    },
  };
}

/** No server is named `*`. */
function nameOf(view: View): string {
  return view.kind === "one" ? view.server : "*";
}
