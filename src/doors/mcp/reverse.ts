import type { ServerName, ToolName } from "../../domain/ids.ts";
import { isObject, type JsonObject, own } from "../../domain/json.ts";
import { sentence } from "../../domain/reason.ts";
import { RESERVED_ACTIONS, type ReservedMethod } from "../../domain/tool.ts";
import type { Channel, Incoming, Message, Sink, StreamMark } from "../../ports/upstream.ts";
import { requestText } from "../../wire/mcp/envelope.ts";
import { ownMessage } from "../../wire/mcp/message.ts";
import { metaOf, reduceMeta } from "../../wire/mcp/meta.ts";
import { CODE } from "../../wire/mcp/revisions.ts";
import { draftOf, type Visit } from "./visit.ts";

const ANSWER_MS = 5 * 60_000;
const REVERSE = ["sampling/createMessage", "elicitation/create", "roots/list"] as const;

/** Where the side messages of an upstream go: notifications straight on, requests through the gate in the other direction. */
export function sinkOf(visit: Visit, server: ServerName): Sink {
  return {
    notification: (message, mark) => void visit.reply.send(message.text, mark),
    request: (message, mark) => reverse(visit, server, message, mark),
    mark: (mark) => visit.reply.mark(mark),
  };
}

/** An upstream asks something of the client: the same walk, with the client at its far end. */
async function reverse(visit: Visit, server: ServerName, message: Message, mark: StreamMark): Promise<JsonObject> {
  const method = own(message.value, "method");
  if (method === "ping") return { result: {} };
  if (!REVERSE.includes(method as (typeof REVERSE)[number]))
    return failed(CODE.methodNotFound, "the method is not known here");
  const known = method as ReservedMethod;
  const given = own(message.value, "params");
  const params = isObject(given) ? given : {};
  const response = await visit.parts.gate.call(
    {
      credential: visit.token,
      call: draftOf(visit, server, known, RESERVED_ACTIONS[known] as ToolName, params, { door: "upstream" }),
    },
    {
      channel: clientChannel(visit, server, mark),
      meta: reduceMeta(metaOf(params)),
      headers: {},
      sink: {
        notification: () => {},
        request: () => Promise.resolve(failed(CODE.methodNotFound, "a client asks nothing here")),
      },
      signal: visit.reply.signal,
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
        const timer = setTimeout(() => finish({ kind: "lost", why: "the client did not answer in time" }), ANSWER_MS);
        const onAbort = (): void => finish({ kind: "lost", why: "the client went away" });
        function finish(incoming: Incoming): void {
          clearTimeout(timer);
          signal.removeEventListener("abort", onAbort);
          conversation.waiting.delete(id);
          resolve(incoming);
        }
        signal.addEventListener("abort", onAbort, { once: true });
        conversation.waiting.set(id, (answer) =>
          finish({ kind: "answered", message: ownMessage(JSON.stringify(answer)), mark: {} }),
        );
        if (!reply.send(requestText(id, outgoing.method, outgoing.params), mark)) {
          finish({ kind: "not_sent", why: "the client takes no requests on this connection" });
        }
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
