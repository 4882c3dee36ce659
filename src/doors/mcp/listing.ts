import { qualified, type ServerName, type ToolName } from "../../domain/ids.ts";
import { isObject, type Json, type JsonObject, own } from "../../domain/json.ts";
import { RESERVED_ACTIONS } from "../../domain/tool.ts";
import { couldBe } from "../../gate/decide.ts";
import type { Incoming } from "../../ports/upstream.ts";
import { errorText, resultText } from "../../wire/mcp/envelope.ts";
import { computeHeaders } from "../../wire/mcp/headers.ts";
import { metaOf, reduceMeta, withMeta } from "../../wire/mcp/meta.ts";
import { CODE } from "../../wire/mcp/revisions.ts";
import { withId } from "../../wire/mcp/splice.ts";
import { walk } from "./call.ts";
import { sinkOf } from "./reverse.ts";
import { type Asked, draftOf, type Visit } from "./visit.ts";

const MAX_PAGES = 50;

/** `tools/list`: what the same `decide` could permit or ask for this very task, and nothing else. Each listing is held
 *  against the pins on its way; a tool that changed is not shown. */
export async function listTools(visit: Visit, asked: Asked): Promise<void> {
  const { conversation, reply, parts } = visit;
  if (conversation.view.kind === "one") {
    const { server } = conversation.view;
    const incoming = await fetchList(visit, asked, server, asked.params);
    if (incoming.kind !== "answered")
      return reply.finish(errorText(asked.id, CODE.internal, `the server \`${server}\` did not list its tools`));
    const result = own(incoming.message.value, "result");
    if (!isObject(result)) return reply.finish(withId(incoming.message, asked.id).text, incoming.status);
    return reply.finish(
      resultText(asked.id, { ...result, tools: await visibleOf(visit, server, toolsOf(result)), ...scopeOf(visit) }),
    );
  }
  const each = await Promise.all(
    [parts.own.server, ...parts.catalogue.servers()].map(async (server) => {
      const tools = await everyPage(visit, asked, server);
      return (await visibleOf(visit, server, tools)).map((tool) => ({
        ...tool,
        name: qualified(server, tool["name"] as ToolName),
      }));
    }),
  );
  reply.finish(resultText(asked.id, { ...completeOf(visit), tools: each.flat() }));
}

/** Listings of resources and prompts at the endpoint that shows all: one walk for each server the task may reach. */
export async function listEverywhere(
  visit: Visit,
  asked: Asked,
  method: "resources/list" | "resources/templates/list" | "prompts/list",
): Promise<void> {
  const { parts, conversation, reply } = visit;
  const member =
    method === "resources/list" ? "resources" : method === "prompts/list" ? "prompts" : "resourceTemplates";
  const items: Json[] = [];
  for (const server of parts.catalogue.servers()) {
    const draft = draftOf(visit, server, method, RESERVED_ACTIONS[method] as ToolName, {});
    const advice = await parts.gate.advise(visit.principal, draft, true);
    if (advice === null || advice.kind !== "permit") continue;
    const response = await walk(visit, { ...asked, params: withMeta({}, metaOf(asked.params)) }, draft);
    const result = response.kind === "answered" ? own(response.message.value, "result") : undefined;
    const list = isObject(result) ? own(result, member) : undefined;
    for (const item of Array.isArray(list) ? (list as readonly Json[]) : []) {
      if (!isObject(item)) continue;
      const uri = own(item, "uri");
      if (typeof uri === "string" && !conversation.resources.has(uri)) conversation.resources.set(uri, server);
      items.push(
        method === "prompts/list" ? { ...item, name: qualified(server, String(own(item, "name")) as ToolName) } : item,
      );
    }
  }
  reply.finish(resultText(asked.id, { ...completeOf(visit), [member]: items }));
}

async function everyPage(visit: Visit, asked: Asked, server: ServerName): Promise<readonly JsonObject[]> {
  const tools: JsonObject[] = [];
  let cursor: Json | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const params = withMeta(cursor === undefined ? {} : { cursor }, metaOf(asked.params));
    const incoming = await fetchList(visit, asked, server, params);
    const result = incoming.kind === "answered" ? own(incoming.message.value, "result") : undefined;
    if (!isObject(result)) {
      visit.parts.log.info(
        { server, outcome: incoming.kind },
        "a server did not list its tools; the listing goes on without it",
      );
      break;
    }
    tools.push(...toolsOf(result));
    cursor = own(result, "nextCursor");
    if (typeof cursor !== "string") break;
  }
  return tools;
}

function fetchList(visit: Visit, asked: Asked, server: ServerName, params: JsonObject): Promise<Incoming> {
  const { conversation, parts } = visit;
  const configured = parts.configuration.servers.find((one) => one.name === server);
  return conversation.channel(server).request(
    {
      method: "tools/list",
      params: withMeta(params, reduceMeta(metaOf(params))),
      headers:
        conversation.era === "modern" ? computeHeaders(conversation.protocol, "tools/list", asked.params, null) : {},
      credentials: {},
      timeoutMs: configured?.timeoutMs ?? 30_000,
    },
    sinkOf(visit, server),
    visit.reply.signal,
  );
}

async function visibleOf(
  visit: Visit,
  server: ServerName,
  tools: readonly JsonObject[],
): Promise<readonly JsonObject[]> {
  const { parts, principal } = visit;
  if (server !== parts.own.server) await parts.catalogue.observe(server, tools);
  const shown: JsonObject[] = [];
  for (const tool of tools) {
    const name = own(tool, "name");
    if (typeof name !== "string") continue;
    const draft = draftOf(visit, server, "tools/call", name as ToolName, { name, arguments: {} });
    const decision = await parts.gate.advise(principal, draft, true);
    if (decision !== null && couldBe(decision)) shown.push(tool);
  }
  return shown;
}

function toolsOf(result: JsonObject): readonly JsonObject[] {
  const tools = own(result, "tools");
  return Array.isArray(tools) ? (tools as readonly Json[]).filter(isObject) : [];
}

/** A filtered list is this caller's alone (MCP 2026-07-28, caching). */
function scopeOf(visit: Visit): JsonObject {
  return visit.conversation.era === "modern" ? { cacheScope: "private" } : {};
}

function completeOf(visit: Visit): JsonObject {
  return visit.conversation.era === "modern" ? { resultType: "complete", ttlMs: 0, cacheScope: "private" } : {};
}
