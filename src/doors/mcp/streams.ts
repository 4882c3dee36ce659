import { isObject, own } from "../../domain/json.ts";
import type { Sink } from "../../ports/upstream.ts";
import { errorText, notificationText } from "../../wire/mcp/envelope.ts";
import { computeHeaders } from "../../wire/mcp/headers.ts";
import { metaOf, reduceMeta, withMeta } from "../../wire/mcp/meta.ts";
import { CODE, HEADER, META } from "../../wire/mcp/revisions.ts";
import { withId, withSubscription } from "../../wire/mcp/splice.ts";
import { sinkOf } from "./reverse.ts";
import type { Asked, Visit } from "./visit.ts";

/** A subscription lives as long as its client listens; timers hold no longer time than this. */
const AS_LONG_AS_IT_LASTS = 2 ** 31 - 1;

/** The stream a legacy client opens by GET: whatever upstreams say outside a call. Lasts until either side ends it. */
export async function openStream(visit: Visit): Promise<void> {
  const { conversation, reply, headers } = visit;
  const last = headers[HEADER.lastEventId];
  reply.mark({});
  if (conversation.view.kind === "one") {
    const { server } = conversation.view;
    await conversation
      .channel(server)
      .listen(sinkOf(visit, server), reply.signal, typeof last === "string" ? last : null);
    return reply.close();
  }
  const listening = new Set<string>();
  while (!reply.signal.aborted) {
    for (const channel of await conversation.channels()) {
      if (listening.has(channel.server)) continue;
      listening.add(channel.server);
      void channel.listen(sinkOf(visit, channel.server), reply.signal, null);
    }
    await conversation.changed(reply.signal);
  }
}

/** `subscriptions/listen` (2026-07-28): one long answer, its messages tagged with the id of this very request. */
export async function subscribe(visit: Visit, asked: Asked): Promise<void> {
  const { conversation, reply } = visit;
  if (conversation.view.kind === "all") return ownSubscription(visit, asked);
  const { server } = conversation.view;
  const plain = sinkOf(visit, server);
  const tagged: Sink = {
    ...plain,
    notification: (message, mark) => plain.notification(withSubscription(message, asked.id), mark),
  };
  const incoming = await conversation.channel(server).request(
    {
      method: asked.method,
      params: withMeta(asked.params, reduceMeta(metaOf(asked.params))),
      headers: computeHeaders(conversation.protocol, asked.method, asked.params, null),
      credentials: {},
      timeoutMs: AS_LONG_AS_IT_LASTS,
    },
    tagged,
    reply.signal,
  );
  if (incoming.kind === "answered")
    return reply.finish(
      withSubscription(withId(incoming.message, asked.id), asked.id).text,
      incoming.status,
      incoming.mark,
    );
  reply.finish(errorText(asked.id, CODE.internal, "the server ended the subscription"));
}

/** At the endpoint that shows all, Writ itself answers: it tells when the list of tools this task may see could differ. */
async function ownSubscription(visit: Visit, asked: Asked): Promise<void> {
  const { reply, parts } = visit;
  const wanted = own(asked.params, "notifications");
  const tools = isObject(wanted) && own(wanted, "toolsListChanged") === true;
  const tag = { _meta: { [META.subscription]: asked.id } };
  reply.send(
    notificationText("notifications/subscriptions/acknowledged", {
      ...tag,
      notifications: tools ? { toolsListChanged: true } : {},
    }),
    {},
  );
  const stop = parts.onToolsChanged(() => {
    if (tools) reply.send(notificationText("notifications/tools/list_changed", tag), {});
  });
  await new Promise<void>((resolve) => reply.signal.addEventListener("abort", () => resolve(), { once: true }));
  stop();
}
