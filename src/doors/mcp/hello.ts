import { isObject, type Json, type JsonObject, own } from "../../domain/json.ts";
import { sentence } from "../../domain/reason.ts";
import { reason } from "../../domain/reason.ts";
import { errorText, resultText } from "../../wire/mcp/envelope.ts";
import { computeHeaders } from "../../wire/mcp/headers.ts";
import { metaOf, reduceMeta, withMeta } from "../../wire/mcp/meta.ts";
import { eraOf, MODERN_REVISIONS, NEWEST_LEGACY } from "../../wire/mcp/revisions.ts";
import { withId } from "../../wire/mcp/splice.ts";
import type { Conversation } from "./conversation.ts";
import { sinkOf } from "./reverse.ts";
import type { Asked, Visit } from "./visit.ts";

const SERVER_INFO = { name: "writ", version: "0.1.0" };
/** What Writ relays; anything else an upstream offers stays with it. */
const RELAYED = ["tools", "resources", "prompts", "completions", "logging", "experimental", "extensions"];
const NOT_REACHED = -31_003;

/** The answer to `initialize`: the upstream's own where the endpoint shows one server, Writ's where it shows all. */
export async function initialize(
  conversation: Conversation,
  asked: Asked,
): Promise<{ readonly text: string; readonly protocol: string | null }> {
  if (conversation.view.kind === "all") return synthesised(asked);
  const { server } = conversation.view;
  const opened = await conversation.open(server);
  switch (opened.kind) {
    case "open": {
      if (opened.result === null) return synthesised(asked);
      const protocol = own(opened.result, "protocolVersion");
      return {
        text: resultText(asked.id, { ...opened.result, capabilities: relayed(own(opened.result, "capabilities")) }),
        protocol: typeof protocol === "string" ? protocol : null,
      };
    }
    case "era_mismatch":
      return {
        text: unreached(
          asked,
          sentence(
            reason("era_mismatch", { client: conversation.protocol, server, why: `it speaks ${opened.speaks}` }),
          ),
        ),
        protocol: null,
      };
    case "unavailable":
      return {
        text: unreached(asked, sentence(reason("server_unavailable", { server, why: opened.why }))),
        protocol: null,
      };
  }
}

/** The answer to `server/discover` (2026-07-28). */
export async function discover(visit: Visit, asked: Asked): Promise<void> {
  const { conversation, reply } = visit;
  if (conversation.view.kind === "all") {
    return reply.finish(
      resultText(asked.id, {
        resultType: "complete",
        supportedVersions: [...MODERN_REVISIONS],
        capabilities: CAPABILITIES,
        ttlMs: 0,
        cacheScope: "private",
        _meta: { "io.modelcontextprotocol/serverInfo": SERVER_INFO },
      }),
    );
  }
  const { server } = conversation.view;
  const incoming = await conversation.channel(server).request(
    {
      method: asked.method,
      params: withMeta(asked.params, reduceMeta(metaOf(asked.params))),
      headers: computeHeaders(conversation.protocol, asked.method, asked.params, null),
      credentials: {},
      timeoutMs: 30_000,
    },
    sinkOf(visit, server),
    reply.signal,
  );
  if (incoming.kind !== "answered") {
    const code = incoming.kind === "not_sent" ? (incoming.code ?? "server_unavailable") : "server_unavailable";
    return reply.finish(
      unreached(asked, sentence(reason(code, { server, client: conversation.protocol, why: incoming.why }))),
    );
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

const CAPABILITIES = {
  tools: { listChanged: true },
  resources: { subscribe: true },
  prompts: {},
  completions: {},
  logging: {},
};

function synthesised(asked: Asked): { text: string; protocol: string } {
  const wanted = own(asked.params, "protocolVersion");
  const protocol = typeof wanted === "string" && eraOf(wanted) === "legacy" ? wanted : NEWEST_LEGACY;
  return {
    text: resultText(asked.id, { protocolVersion: protocol, capabilities: CAPABILITIES, serverInfo: SERVER_INFO }),
    protocol,
  };
}

function relayed(capabilities: Json | undefined): JsonObject {
  if (!isObject(capabilities)) return {};
  return Object.fromEntries(Object.entries(capabilities).filter(([name]) => RELAYED.includes(name)));
}

function unreached(asked: Asked, says: string): string {
  return errorText(asked.id, NOT_REACHED, says);
}
