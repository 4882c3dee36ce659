import type { CallDraft } from "../../domain/call.ts";
import type { ServerName, ToolName } from "../../domain/ids.ts";
import { isObject, type JsonObject, own } from "../../domain/json.ts";
import { sentence } from "../../domain/reason.ts";
import { RESERVED_ACTIONS } from "../../domain/tool.ts";
import type { Channel, Incoming, Message, Sink, StreamMark } from "../../ports/upstream.ts";
import { isId, notificationText, type RequestId, requestText } from "../../wire/mcp/envelope.ts";
import { ownMessage } from "../../wire/mcp/message.ts";
import { metaOf, reduceMeta } from "../../wire/mcp/meta.ts";
import { CODE } from "../../wire/mcp/revisions.ts";
import { withValueAt } from "../../wire/mcp/splice.ts";
import { SILENT } from "./silent.ts";
import { draftOf, type Visit } from "./visit.ts";

const ANSWER_MS = 5 * 60_000;
const REVERSE = ["sampling/createMessage", "elicitation/create", "roots/list"] as const;
type ReverseMethod = (typeof REVERSE)[number];

/** A progress token that went out in place of the client's own. */
export interface TokenAlias {
  readonly sent: string;
  readonly given: RequestId;
}

/** Where the side messages of an upstream go: notifications straight on, requests through the gate in the other direction. */
export function sinkOf(visit: Visit, server: ServerName, alias: TokenAlias | null = null): Sink {
  const asking = new Map<RequestId, AbortController>();
  return {
    notification(message, mark) {
      const params = own(message.value, "params");
      const about = (name: string): unknown => (isObject(params) ? own(params, name) : undefined);
      switch (own(message.value, "method")) {
        case "notifications/cancelled":
          // The id is the upstream's; the client knows the request by another.
          return asking.get(about("requestId") as RequestId)?.abort("cancelled by the server");
        case "notifications/progress":
          if (alias !== null && about("progressToken") === alias.sent)
            return void visit.reply.send(withValueAt(message, ["params", "progressToken"], alias.given).text, mark);
      }
      visit.reply.send(message.text, mark);
    },
    async request(message, mark) {
      const id = own(message.value, "id");
      const stop = new AbortController();
      if (isId(id)) asking.set(id, stop);
      try {
        return await reverse(visit, server, message, mark, AbortSignal.any([visit.reply.signal, stop.signal]));
      } finally {
        if (isId(id)) asking.delete(id);
      }
    },
    mark: (mark) => visit.reply.mark(mark),
  };
}

export function isReverse(method: unknown): method is ReverseMethod {
  return REVERSE.includes(method as ReverseMethod);
}

/** What a server asks of the client, as the gate sees it. */
export function reverseDraft(visit: Visit, server: ServerName, method: ReverseMethod, params: JsonObject): CallDraft {
  return draftOf(visit, server, method, RESERVED_ACTIONS[method] as ToolName, params, { door: "upstream" });
}

/** An upstream asks something of the client: the same walk, with the client at its far end. */
async function reverse(
  visit: Visit,
  server: ServerName,
  message: Message,
  mark: StreamMark,
  signal: AbortSignal,
): Promise<JsonObject> {
  const method = own(message.value, "method");
  if (method === "ping") return { result: {} };
  if (!isReverse(method)) return failed(CODE.methodNotFound, "the method is not known here");
  if (visit.conversation.era === "modern")
    return failed(CODE.methodNotFound, `${visit.conversation.protocol} has no requests to a client`);
  const given = own(message.value, "params");
  const params = isObject(given) ? given : {};
  const response = await visit.parts.gate.call(
    { credential: visit.credential, call: reverseDraft(visit, server, method, params) },
    {
      channel: clientChannel(visit, server, mark),
      meta: reduceMeta(metaOf(params)),
      headers: {},
      sink: SILENT,
      signal,
      present: signal,
    },
  );
  if (response.kind === "answered") {
    const { id: _, ...rest } = response.message.value;
    return rest;
  }
  return failed(-31_001, response.kind === "refused" ? sentence(response.reason) : "the client did not answer");
}

/** The client as the far end of a walk: a request goes out on the stream of the call it belongs to. */
function clientChannel(visit: Visit, server: ServerName, mark: StreamMark): Channel {
  const { conversation, reply, parts } = visit;
  return {
    server,
    request(outgoing, _sink, signal): Promise<Incoming> {
      const id = `${server}:${parts.ids.nonce()}`;
      return new Promise((resolve) => {
        const timer = setTimeout(() => giveUp("the client did not answer in time"), ANSWER_MS);
        const onAbort = (): void => giveUp("nobody waits for the answer any more");
        function giveUp(why: string): void {
          reply.send(notificationText("notifications/cancelled", { requestId: id, reason: why }), {});
          finish({ kind: "lost", why });
        }
        function finish(incoming: Incoming): void {
          clearTimeout(timer);
          signal.removeEventListener("abort", onAbort);
          conversation.waiting.delete(id);
          resolve(incoming);
        }
        if (signal.aborted) return finish({ kind: "not_sent", why: "nobody waits for the answer any more" });
        signal.addEventListener("abort", onAbort, { once: true });
        conversation.waiting.set(id, (answer) =>
          finish({ kind: "answered", message: ownMessage(JSON.stringify(answer)), mark: {} }),
        );
        if (!reply.send(requestText(id, outgoing.method, outgoing.params), mark))
          finish({ kind: "not_sent", why: "the client takes no requests on this connection" });
      });
    },
    notify: () => Promise.resolve(),
    listen: () => Promise.resolve("unsupported"),
    close: () => Promise.resolve(),
  };
}

function failed(code: number, message: string): JsonObject {
  return { error: { code, message } };
}
