import type { IncomingMessage, ServerResponse } from "node:http";
import { WritError } from "../../domain/error.ts";
import type { ServerName } from "../../domain/ids.ts";
import { hint, reason, type Reason, sentence } from "../../domain/reason.ts";
import { discardBody } from "../../wire/http/body.ts";
import { checkOrigin } from "../../wire/http/origin.ts";
import { HEADER } from "../../wire/mcp/revisions.ts";
import { type Conversations, createConversations } from "./conversations.ts";
import type { McpDoorParts, View } from "./parts.ts";
import { type Here, receive, takesStreams } from "./receive.ts";
import { challengeFor, showing } from "./presented.ts";
import { createReply } from "./reply.ts";
import { openStream } from "./streams.ts";
import { refuse } from "./write.ts";

export interface McpDoor {
  /** Answers one HTTP request to `/mcp` or `/mcp/<server>`; never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Requests refused before anyone was known, by reason. */
  readonly strangers: ReadonlyMap<string, number>;
  /** Lets go of everything a session held open: its task is over. */
  retire: Conversations["retire"];
  /** How many conversations are held. */
  conversations(): number;
  close(): Promise<void>;
}

/** Streamable HTTP, both eras. Translates and never decides: every call goes to the gate. */
export function createMcpDoor(parts: McpDoorParts): McpDoor {
  const conversations = createConversations(parts);
  const strangers = new Map<string, number>();

  /** Whoever asks is known before anything else is told, what there is at this address included. */
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const foreign = checkOrigin(request.headers, parts.allowed);
    if (foreign !== "ok") {
      const says = `the ${foreign} header names a place that is not allowed here`;
      return refuse(response, 403, `${foreign}_refused`, says, "use the loopback address");
    }
    const shown = showing(parts, request);
    if (shown.kind === "refused") return stranger(request, response, shown.reason);
    const { credential } = shown;
    const caller = await parts.gate.authenticate(credential);
    if (caller.kind === "stranger") return stranger(request, response, caller.reason);
    // Only now, so that strangers do not fill what remembers proofs.
    if (shown.nonce !== null) response.setHeader("dpop-nonce", shown.nonce);
    if (!shown.spend()) return stranger(request, response, reason("proof_invalid"));
    const view = viewOf(request.url ?? "", parts);
    if (view === null) {
      const next = "use /mcp, or /mcp/<server> with a configured server";
      return refuse(response, 404, "server_unknown", "there is no such server", next);
    }
    const { principal, over } = caller;
    const here: Here = {
      parts,
      conversations,
      headers: request.headers,
      view,
      principal,
      over,
      credential,
      request,
      response,
    };
    switch (request.method) {
      case "POST":
        return receive(here);
      case "GET":
        return listen(here);
      case "DELETE":
        return leave(here);
      default:
        return refuseMethod(response, "this endpoint takes POST, GET and DELETE", "POST, GET, DELETE");
    }
  }

  function stranger({ url = "" }: IncomingMessage, response: ServerResponse, why: Reason): void {
    strangers.set(why.code, (strangers.get(why.code) ?? 0) + 1);
    refuse(response, 401, why.code, sentence(why), hint(why.code), challengeFor(parts, why, url));
  }

  return {
    async handle(request, response) {
      try {
        await handle(request, response);
      } catch (cause) {
        if (!(cause instanceof WritError)) parts.log.error({ cause }, "an MCP request failed");
        if (response.headersSent) response.end();
        else if (cause instanceof WritError) refuse(response, cause.status, cause.code, cause.message, cause.hint);
        else refuse(response, 500, "internal_fault", sentence(reason("internal_fault")), hint("internal_fault"));
      }
      discardBody(request);
    },
    strangers,
    retire: (session) => conversations.retire(session),
    conversations: () => conversations.size(),
    close: () => conversations.closeAll(),
  };
}

/** GET: the stream of a legacy session. */
async function listen(here: Here): Promise<void> {
  const { request, response, conversations, principal, parts, credential, view, headers, over } = here;
  const session = headers[HEADER.session];
  if (typeof session !== "string") return refuseMethod(response, "a GET belongs to a legacy MCP session", "POST");
  const conversation = conversations.find(session, principal, view);
  if (conversation === null) return noSession(response);
  if (over !== null) return refuse(response, 403, over.code, sentence(over), hint(over.code));
  if (!takesStreams(here)) {
    const next = "send `Accept: text/event-stream`";
    return refuse(response, 406, "not_acceptable", "a GET is answered with an event stream", next);
  }
  // Who left before it was known leaves no second time: nobody would hear of it.
  if (response.destroyed) return;
  response.on("close", conversation.enter());
  const reply = createReply(response, { streams: true, resumes: view.kind === "one" });
  await openStream({ parts, credential, principal, conversation, headers: request.headers, reply });
}

/** DELETE: the end of a legacy session. */
async function leave({ response, headers, conversations, principal, view }: Here): Promise<void> {
  const session = headers[HEADER.session];
  if (typeof session !== "string") return refuseMethod(response, "a DELETE belongs to a legacy MCP session", "POST");
  const conversation = conversations.find(session, principal, view);
  if (conversation === null) return noSession(response);
  await conversations.close(conversation);
  response.writeHead(200).end();
}

function noSession(response: ServerResponse): void {
  refuse(response, 404, "session_unknown", "there is no such MCP session", "initialize again");
}

function refuseMethod(response: ServerResponse, says: string, allow: string): void {
  refuse(response, 405, "method_not_allowed", says, "send MCP messages by POST", { allow });
}

function viewOf(url: string, parts: McpDoorParts): View | null {
  const path = url.split("?", 1)[0] ?? "";
  if (path === "/mcp" || path === "/mcp/") return { kind: "all" };
  const name = (path.startsWith("/mcp/") ? path.slice("/mcp/".length) : "") as ServerName;
  return name === parts.own.server || parts.upstreams.has(name) ? { kind: "one", server: name } : null;
}
