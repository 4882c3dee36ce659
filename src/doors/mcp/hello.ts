import { isObject, type Json, type JsonObject, own } from "../../domain/json.ts";
import { VERSION } from "../../domain/version.ts";
import { resultText } from "../../wire/mcp/envelope.ts";
import { computeHeaders } from "../../wire/mcp/headers.ts";
import { metaOf, reduceMeta, withMeta } from "../../wire/mcp/meta.ts";
import { eraOf, META, MODERN_REVISIONS } from "../../wire/mcp/revisions.ts";
import { withId } from "../../wire/mcp/splice.ts";
import type { Conversation } from "./conversation.ts";
import { unopened } from "./lazy-channel.ts";
import type { McpDoorParts } from "./parts.ts";
import { unreached } from "./reach.ts";
import { notReached, refusalText } from "./refusal.ts";
import { sinkOf } from "./reverse.ts";
import type { Asked, Visit } from "./visit.ts";

const SERVER_INFO = { name: "writ", version: VERSION };
/** What Writ relays; anything else an upstream offers stays with it. */
const RELAYED = ["tools", "resources", "prompts", "completions", "logging", "experimental", "extensions"];
const OF_ALL: JsonObject = {
  tools: { listChanged: true },
  resources: { subscribe: true },
  prompts: {},
  completions: {},
  logging: {},
};
const OF_WRIT: JsonObject = { tools: { listChanged: true } };

/** The answer to `initialize`, and the revision it agrees on; null where there is none to agree on. The upstream's own
 *  where the endpoint shows one server, Writ's where it shows all. */
export async function initialize(
  parts: McpDoorParts,
  conversation: Conversation,
  asked: Asked,
): Promise<{ readonly text: string; readonly protocol: string | null }> {
  const { view, protocol } = conversation;
  if (view.kind === "all" || view.server === parts.own.server) {
    const capabilities = view.kind === "all" ? OF_ALL : OF_WRIT;
    const result = { protocolVersion: protocol, capabilities, serverInfo: SERVER_INFO };
    return { text: resultText(asked.id, result), protocol };
  }
  const barred = await unreached(parts, conversation.principal, conversation, view.server);
  if (barred !== null) return { text: refusalText(asked.id, asked.method, "legacy", null, barred), protocol: null };
  const opened = await conversation.open(view.server);
  if (opened.kind !== "open") {
    const why = notReached(conversation, view.server, unopened(opened));
    return { text: refusalText(asked.id, asked.method, "legacy", null, why), protocol: null };
  }
  const result = opened.result ?? {};
  const agreed = own(result, "protocolVersion");
  return {
    text: resultText(asked.id, { ...result, capabilities: relayed(own(result, "capabilities")) }),
    protocol: typeof agreed === "string" ? agreed : protocol,
  };
}

/** The answer to `server/discover` (2026-07-28). */
export async function discover(visit: Visit, asked: Asked): Promise<void> {
  const { conversation, reply, parts } = visit;
  const { view } = conversation;
  if (view.kind === "all" || view.server === parts.own.server) {
    return reply.finish(
      resultText(asked.id, {
        resultType: "complete",
        supportedVersions: [...MODERN_REVISIONS],
        capabilities: view.kind === "all" ? OF_ALL : OF_WRIT,
        ttlMs: 0,
        cacheScope: "private",
        _meta: { [META.server]: SERVER_INFO },
      }),
    );
  }
  const { server } = view;
  const barred = await unreached(parts, visit.principal, conversation, server);
  if (barred !== null) return reply.finish(refusalText(asked.id, asked.method, "modern", null, barred));
  const incoming = await conversation.channel(server).request(
    {
      method: asked.method,
      params: withMeta({}, reduceMeta(metaOf(asked.params))),
      headers: computeHeaders(conversation.protocol, asked.method, {}, null),
      credentials: {},
      timeoutMs: 30_000,
    },
    sinkOf(visit, server),
    reply.signal,
  );
  if (incoming.kind !== "answered") {
    const why = notReached(conversation, server, incoming);
    return reply.finish(refusalText(asked.id, asked.method, "modern", null, why));
  }
  const result = own(incoming.message.value, "result");
  if (!isObject(result)) return reply.finish(withId(incoming.message, asked.id).text, incoming.status);
  const versions = own(result, "supportedVersions");
  reply.finish(
    resultText(asked.id, {
      ...result,
      capabilities: relayed(own(result, "capabilities")),
      ...(Array.isArray(versions)
        ? { supportedVersions: (versions as readonly Json[]).filter((v) => typeof v === "string" && eraOf(v) !== null) }
        : {}),
    }),
  );
}

function relayed(capabilities: Json | undefined): JsonObject {
  if (!isObject(capabilities)) return {};
  return Object.fromEntries(Object.entries(capabilities).filter(([name]) => RELAYED.includes(name)));
}
