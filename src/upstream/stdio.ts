import { isObject, type Json, type JsonObject } from "../domain/json.ts";
import type { Launch, ServerConfiguration } from "../ports/configuration.ts";
import type { Clock, Log } from "../ports/system.ts";
import type { Channel, Incoming, Opened, Opening, Upstream } from "../ports/upstream.ts";
import { canonicalize } from "../wire/json/canonical.ts";
import { NEWEST_LEGACY } from "../wire/mcp/revisions.ts";
import { NOBODY } from "./answer.ts";
import { listTools, newestFirst, OUR_INITIALIZE, ourMeta, unavailable } from "./catalogue.ts";
import type { Child, ChildListener, Children } from "./child.ts";
import { judgeInitialize, judgeProbe, type Verdict } from "./era.ts";
import { LIMITS } from "./limits.ts";
import { connectServed } from "./served.ts";
import { createStdioChannel } from "./stdio-channel.ts";

type ProgramLaunch = Extract<Launch, { kind: "stdio" | "socket" }>;

/** An upstream that is a program, ours or behind a socket of `writ serve`. Every conversation gets a process of its own, so that no session sees another's state. */
export function createStdioUpstream(
  configuration: ServerConfiguration,
  launch: ProgramLaunch,
  parts: { readonly log: Log; readonly clock: Clock; readonly children: Children },
): Upstream {
  const server = configuration.name;
  const listeners = new Set<Parameters<Upstream["onToolsChanged"]>[0]>();
  /** With a process that runs, the dying included until they are gone. */
  const channels = new Set<Channel>();
  let known: Verdict | null = null;
  let closed = false;

  function start(listener: ChildListener): Child {
    return launch.kind === "stdio"
      ? parts.children.start(launch, configuration.maxResultBytes, listener)
      : connectServed(launch.path, configuration.maxResultBytes, listener);
  }

  /** `era` null for a conversation of our own, whose listing is on its way anyhow. */
  function begin(era: Opening["era"] | null): Channel {
    // Asked in this very conversation: a server may tell each of its processes something else.
    const again = (): Promise<readonly Json[]> => listTools(channel, era ?? "legacy");
    const toolsChanged = (): void => {
      if (era !== null) for (const listener of listeners) listener(again);
    };
    const channel: Channel = createStdioChannel(
      { server, log: parts.log, clock: parts.clock, toolsChanged },
      (listener) =>
        start({
          ...listener,
          ended(why) {
            channels.delete(channel);
            listener.ended(why);
          },
        }),
    );
    channels.add(channel);
    return channel;
  }

  function ask(channel: Channel, method: string, params: JsonObject, timeoutMs: number): Promise<Incoming> {
    return channel.request(
      { method, params, headers: {}, credentials: {}, timeoutMs },
      NOBODY,
      new AbortController().signal,
    );
  }

  async function probe(channel: Channel): Promise<Verdict> {
    const verdict = judgeProbe(await ask(channel, "server/discover", { _meta: ourMeta() }, LIMITS.probeMs), true);
    if (verdict.kind !== "unknown") known = verdict;
    return verdict;
  }

  async function open(opening: Opening): Promise<Opened> {
    if (closed) return { kind: "unavailable", why: "it is being closed" };
    if (channels.size >= LIMITS.children)
      return { kind: "unavailable", why: `it runs ${LIMITS.children} times already` };
    if (opening.era === "modern" && known?.kind === "legacy")
      return { kind: "era_mismatch", speaks: `${NEWEST_LEGACY} or earlier` };
    let channel: Channel;
    try {
      channel = begin(opening.era);
    } catch {
      return { kind: "unavailable", why: "it cannot be started" };
    }
    const opened =
      opening.era === "modern"
        ? await beginModern(channel, opening.protocol)
        : await beginLegacy(channel, opening.initialize ?? OUR_INITIALIZE);
    if (opened.kind !== "open") void channel.close();
    return opened;
  }

  async function beginModern(channel: Channel, protocol: string): Promise<Opened> {
    const verdict = known ?? (await probe(channel));
    if (verdict.kind === "unknown") return { kind: "unavailable", why: verdict.why };
    if (verdict.kind === "legacy") return { kind: "era_mismatch", speaks: `${NEWEST_LEGACY} or earlier` };
    if (!verdict.revisions.includes(protocol)) return { kind: "era_mismatch", speaks: verdict.revisions.join(", ") };
    return { kind: "open", channel, result: null };
  }

  async function beginLegacy(channel: Channel, initialize: JsonObject): Promise<Opened> {
    const judged = judgeInitialize(await ask(channel, "initialize", initialize, LIMITS.handshakeMs));
    if ("why" in judged) return { kind: "unavailable", why: judged.why };
    if ("speaks" in judged) return { kind: "era_mismatch", speaks: judged.speaks };
    return isObject(judged.result)
      ? { kind: "open", channel, result: judged.result }
      : { kind: "unavailable", why: "its answer to `initialize` is no object" };
  }

  async function catalogue(): Promise<readonly Json[]> {
    if (closed) throw unavailable(server, "it is being closed");
    const first = begin(null);
    try {
      const verdict = await probe(first);
      if (verdict.kind === "modern") return newestFirst(await listTools(first, "modern"), await listLegacy());
      const judged = await beginLegacy(first, OUR_INITIALIZE);
      if (judged.kind === "open") return await listInitialized(first);
    } finally {
      void first.close();
    }
    // A server that could not bear the question is asked the old way, afresh.
    const asked = await listLegacy();
    if (asked === null) throw unavailable(server, "it answers neither `server/discover` nor `initialize`");
    known = { kind: "legacy" };
    return asked;
  }

  /** Through a process of its own; null from a server that no longer speaks so. */
  async function listLegacy(): Promise<readonly Json[] | null> {
    const channel = begin(null);
    try {
      const judged = await beginLegacy(channel, OUR_INITIALIZE);
      return judged.kind === "open" ? await listInitialized(channel) : null;
    } finally {
      void channel.close();
    }
  }

  async function listInitialized(channel: Channel): Promise<readonly Json[]> {
    await channel.notify("notifications/initialized", undefined);
    return listTools(channel, "legacy");
  }

  return {
    server,
    origin: canonicalize(
      launch.kind === "stdio" ? { ...launch, env: Object.keys(launch.env).toSorted() } : { ...launch },
    ),
    open,
    catalogue,
    onToolsChanged: (listener) => void listeners.add(listener),
    async close() {
      closed = true;
      await Promise.all([...channels].map((channel) => channel.close()));
    },
  };
}
