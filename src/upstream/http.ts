import { isObject, type Json, type JsonObject } from "../domain/json.ts";
import type { Launch, ServerConfiguration } from "../ports/configuration.ts";
import type { Introduction, OnBehalf } from "../ports/outbound.ts";
import type { Log } from "../ports/system.ts";
import type { Channel, Incoming, Opened, Opening, Upstream } from "../ports/upstream.ts";
import { canonicalize } from "../wire/json/canonical.ts";
import { requestText } from "../wire/mcp/envelope.ts";
import { computeHeaders } from "../wire/mcp/headers.ts";
import { HEADER, NEWEST_LEGACY, NEWEST_MODERN } from "../wire/mcp/revisions.ts";
import { NOBODY } from "./answer.ts";
import { listTools, newestFirst, OUR_INITIALIZE, ourMeta, unavailable } from "./catalogue.ts";
import { judgeInitialize, judgeProbe, type Verdict } from "./era.ts";
import { type Conversation, challengeOf, createHttpChannel, credentialHeaders, postHeaders } from "./http-channel.ts";
import { exchange, type HttpParts } from "./http-exchange.ts";
import { createPlace, isHeaderText } from "./http-wire.ts";
import { LIMITS } from "./limits.ts";

type HttpLaunch = Extract<Launch, { kind: "http" }>;

/** An upstream spoken to over Streamable HTTP. Connections are shared and kept; conversations share nothing. */
export function createHttpUpstream(
  configuration: ServerConfiguration,
  launch: HttpLaunch,
  { log, introduction }: { readonly log: Log; readonly introduction: Introduction },
): Upstream {
  const listeners = new Set<Parameters<Upstream["onToolsChanged"]>[0]>();
  const channels = new Set<Channel>();
  const url = new URL(launch.url);
  const place = createPlace(url);
  const parts: HttpParts = {
    server: configuration.name,
    introduction,
    place,
    maxResultBytes: configuration.maxResultBytes,
    log,
    toolsChanged: () => listeners.forEach((listener) => listener(catalogue)),
  };
  /** Revisions change only with the server behind the URL; a modern one that turned old is refused by itself then. */
  let known: Extract<Verdict, { kind: "modern" }> | null = null;

  /** One request outside any conversation. Nothing runs by it, so it is sent again with something better where the server
   *  asks for that. */
  async function ask(
    body: string,
    headers: Record<string, string>,
    on: OnBehalf | null,
    onSession?: (session: string | null) => void,
  ): Promise<Incoming> {
    for (let again = 0; ; again++) {
      const given = credentialHeaders(await introduction.headers(configuration.name, "POST", on));
      const incoming = await askOnce(body, { ...headers, ...given }, onSession);
      const challenge = challengeOf(incoming);
      if (challenge === null || again === LIMITS.challenges) return incoming;
      if (!(await introduction.challenged(configuration.name, on, challenge))) return incoming;
    }
  }

  function askOnce(
    body: string,
    headers: Record<string, string>,
    onSession?: (session: string | null) => void,
  ): Promise<Incoming> {
    return exchange(parts, {
      id: 0,
      body,
      headers: postHeaders(body, headers),
      timeoutMs: LIMITS.handshakeMs,
      sink: NOBODY,
      signal: null,
      reply: () => {},
      resume: null,
      tell: () => {},
      inSession: false,
      ...(onSession === undefined
        ? {}
        : { onHead: (response) => onSession(sessionOf(response.headers[HEADER.session])) }),
    }).outcome;
  }

  async function probe(on: OnBehalf | null): Promise<Verdict> {
    if (known !== null) return known;
    const params = { _meta: ourMeta() };
    const body = requestText(0, "server/discover", canonicalize(params));
    const verdict = judgeProbe(
      await ask(body, computeHeaders(NEWEST_MODERN, "server/discover", params, null), on),
      false,
    );
    if (verdict.kind === "modern") known = verdict;
    return verdict;
  }

  async function open(opening: Opening): Promise<Opened> {
    const on = opening.on ?? null;
    return opening.era === "modern"
      ? openModern(opening.protocol, on)
      : openLegacy(opening.initialize ?? OUR_INITIALIZE, on);
  }

  async function openModern(protocol: string, on: OnBehalf | null): Promise<Opened> {
    const verdict = await probe(on);
    if (verdict.kind === "unknown") return { kind: "unavailable", why: verdict.why };
    if (verdict.kind === "legacy") return { kind: "era_mismatch", speaks: `${NEWEST_LEGACY} or earlier` };
    if (!verdict.revisions.includes(protocol)) return { kind: "era_mismatch", speaks: verdict.revisions.join(", ") };
    return { kind: "open", channel: enter({ era: "modern", protocol, session: null, on }), result: null };
  }

  async function openLegacy(initialize: JsonObject, on: OnBehalf | null): Promise<Opened> {
    let session: string | null = null;
    let body: string;
    try {
      body = requestText(0, "initialize", canonicalize(initialize));
    } catch {
      return { kind: "unavailable", why: "the client's `initialize` cannot be written" };
    }
    const judged = judgeInitialize(await ask(body, {}, on, (given) => (session = given)));
    if ("why" in judged) return { kind: "unavailable", why: judged.why };
    if ("speaks" in judged) return { kind: "era_mismatch", speaks: judged.speaks };
    const { result } = judged;
    if (!isObject(result)) return { kind: "unavailable", why: "its answer to `initialize` is no object" };
    const protocol = String(result["protocolVersion"]);
    return { kind: "open", channel: enter({ era: "legacy", protocol, session, on }), result };
  }

  function enter(conversation: Conversation): Channel {
    const channel = createHttpChannel(configuration.name, parts, conversation, () => channels.delete(channel));
    channels.add(channel);
    return channel;
  }

  async function catalogue(): Promise<readonly Json[]> {
    const verdict = await probe(null);
    if (verdict.kind === "unknown") throw unavailable(configuration.name, verdict.why);
    const modern =
      verdict.kind === "modern"
        ? await listThrough(await openModern(verdict.revisions[0] ?? NEWEST_MODERN, null), "modern")
        : [];
    const legacy = await openLegacy(OUR_INITIALIZE, null);
    if (verdict.kind === "modern" && legacy.kind !== "open") return modern;
    return newestFirst(modern, await listThrough(legacy, "legacy"));
  }

  async function listThrough(opened: Opened, era: Opening["era"]): Promise<readonly Json[]> {
    if (opened.kind !== "open")
      throw unavailable(configuration.name, opened.kind === "unavailable" ? opened.why : `it speaks ${opened.speaks}`);
    try {
      if (era === "legacy") await opened.channel.notify("notifications/initialized", undefined);
      return await listTools(opened.channel, era);
    } finally {
      await opened.channel.close();
    }
  }

  return {
    server: configuration.name,
    origin: canonicalize({ kind: "http", url: url.href }),
    open,
    catalogue,
    onToolsChanged: (listener) => void listeners.add(listener),
    async close() {
      await Promise.all([...channels].map((channel) => channel.close()));
      place.close();
    },
  };
}

/** A session id that cannot be a header of ours is as good as none. */
function sessionOf(given: string | string[] | undefined): string | null {
  return typeof given === "string" && isHeaderText(given) ? given : null;
}
