import type { ServerName } from "../../domain/ids.ts";
import type { Channel, Incoming, Opened } from "../../ports/upstream.ts";

/** A channel that is opened when it is first used, so that a call is judged before anything is started for it. One that
 *  cannot be opened sends nothing and says why. */
export function lazyChannel(server: ServerName, open: () => Promise<Opened>): Channel {
  return {
    server,
    async request(message, sink, signal): Promise<Incoming> {
      const opened = await open();
      return opened.kind === "open" ? opened.channel.request(message, sink, signal) : unopened(opened);
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

export function unopened(opened: Exclude<Opened, { kind: "open" }>): Extract<Incoming, { kind: "not_sent" }> {
  return opened.kind === "era_mismatch"
    ? { kind: "not_sent", code: "era_mismatch", why: `it speaks ${opened.speaks}` }
    : { kind: "not_sent", code: "server_unavailable", why: opened.why };
}
