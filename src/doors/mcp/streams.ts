import { setTimeout as sleep } from "node:timers/promises";
import type { Channel, Sink } from "../../ports/upstream.ts";
import { notificationText } from "../../wire/mcp/envelope.ts";
import { HEADER } from "../../wire/mcp/revisions.ts";
import { sinkOf } from "./reverse.ts";
import type { Visit } from "./visit.ts";

/** How long a call waits for its server to begin a stream beside it; some begin it with the first thing they say. */
const BEGUN_MS = 1_000;

/** The stream a legacy client opens by GET: whatever upstreams say outside a call, and Writ when what this task may see
 *  has changed. Lasts until the client goes, its conversation is over, what its token stands on is revoked, its one
 *  upstream ends it, or the client opens another. */
export async function openStream(visit: Visit): Promise<void> {
  const { conversation, reply, headers, parts, principal } = visit;
  const last = headers[HEADER.lastEventId];
  const held = await whileItHolds(visit);
  const stop = AbortSignal.any([reply.signal, conversation.over, held.signal, conversation.takeStream()]);
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
    held.done();
    reply.close();
  }
}

/** Aborts when what the caller's token stands on is revoked. Asked once more now that a later one would be heard. */
export async function whileItHolds({
  parts,
  principal,
  credential,
}: Visit): Promise<{ readonly signal: AbortSignal; done(): void }> {
  const held = parts.streams.enter("a stream", principal);
  const now = await parts.gate.authenticate(credential);
  const holds = now.kind === "principal" && now.over === null;
  return holds ? held : { ...held, signal: AbortSignal.abort("revoked") };
}

/** Listens to every upstream of the conversation: to those that are open, and to each that is opened before it is used. */
async function hearAll(visit: Visit, stop: AbortSignal): Promise<void> {
  const { conversation } = visit;
  const attended = new Set<Channel>();
  const attend = (channel: Channel): Promise<void> =>
    new Promise((resolve) => {
      if (attended.has(channel)) return resolve();
      attended.add(channel);
      const late = setTimeout(resolve, BEGUN_MS);
      void hear(visit, channel, stop, resolve).finally(() => {
        clearTimeout(late);
        resolve();
      });
    });
  const leave = conversation.attend(attend);
  for (const channel of await conversation.channels()) void attend(channel);
  await aborted(stop);
  leave();
}

/** Listens to one upstream, and again when it lets go of the stream; `begun` is told of each. */
async function hear(visit: Visit, channel: Channel, stop: AbortSignal, begun: () => void): Promise<void> {
  let last: string | null = null;
  const plain = sinkOf(visit, channel.server);
  const sink: Sink = {
    ...plain,
    notification(message, mark) {
      last = mark.id ?? last;
      plain.notification(message, mark);
    },
    mark(mark) {
      last = mark.id ?? last;
      begun();
    },
  };
  for (let pause = 1_000; !stop.aborted; pause = Math.min(pause * 2, 60_000)) {
    if ((await channel.listen(sink, stop, last)) === "unsupported") return;
    await sleep(pause, undefined, { ref: false, signal: stop }).catch(() => {});
  }
}

export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
