import { notificationText } from "../../wire/mcp/envelope.ts";
import { HEADER } from "../../wire/mcp/revisions.ts";
import { sinkOf } from "./reverse.ts";
import type { Visit } from "./visit.ts";

/** The stream a legacy client opens by GET: whatever upstreams say outside a call, and Writ when what this task may see
 *  has changed. Lasts until the client goes, its conversation is over, or its one upstream ends it. */
export async function openStream(visit: Visit): Promise<void> {
  const { conversation, reply, headers, parts, principal } = visit;
  const last = headers[HEADER.lastEventId];
  const stop = AbortSignal.any([reply.signal, conversation.over]);
  reply.mark({});
  const changed = (): void => void reply.send(notificationText("notifications/tools/list_changed", undefined), {});
  const watched = [parts.onScopeChanged(principal.task, changed)];
  try {
    if (conversation.view.kind === "one") {
      const { server } = conversation.view;
      const how = await conversation
        .channel(server)
        .listen(sinkOf(visit, server), stop, typeof last === "string" ? last : null);
      // It says nothing by itself; Writ still may.
      if (how === "unsupported") await aborted(stop);
    } else {
      watched.push(parts.onToolsChanged(changed));
      await hearAll(visit, stop);
    }
  } finally {
    for (const unwatch of watched) unwatch();
    reply.close();
  }
}

/** Listens to every upstream of the conversation, as they are opened. */
async function hearAll(visit: Visit, stop: AbortSignal): Promise<void> {
  const { conversation } = visit;
  const listening = new Set<string>();
  while (!stop.aborted) {
    for (const channel of await conversation.channels()) {
      if (listening.has(channel.server)) continue;
      listening.add(channel.server);
      void channel.listen(sinkOf(visit, channel.server), stop, null);
    }
    if (!stop.aborted) await conversation.changed(stop);
  }
}

export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
