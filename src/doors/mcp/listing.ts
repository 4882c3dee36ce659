import type { CallDraft } from "../../domain/call.ts";
import { qualified, type ServerName, type ToolName } from "../../domain/ids.ts";
import { isObject, type Json, type JsonObject, own } from "../../domain/json.ts";
import { type Reason, sentence } from "../../domain/reason.ts";
import { RESERVED_ACTIONS } from "../../domain/tool.ts";
import { couldBe } from "../../gate/decide.ts";
import type { Incoming } from "../../ports/upstream.ts";
import { readDefinition } from "../../gate/catalogue.ts";
import { errorText, resultText } from "../../wire/mcp/envelope.ts";
import { computeHeaders } from "../../wire/mcp/headers.ts";
import { metaOf, reduceMeta, withMeta } from "../../wire/mcp/meta.ts";
import { CODE } from "../../wire/mcp/revisions.ts";
import { withId, withItems, withResultMember } from "../../wire/mcp/splice.ts";
import { walk } from "./call.ts";
import { unreached } from "./reach.ts";
import { notReached, refusalText } from "./refusal.ts";
import { sinkOf } from "./reverse.ts";
import { type Asked, draftOf, type Visit } from "./visit.ts";

const MAX_PAGES = 50;
const MAX_CURSORS = 1_000;
const LISTS = ["resources/list", "resources/templates/list", "prompts/list"] as const;
type ListMethod = (typeof LISTS)[number];

/** A listing that is a call like any other where an endpoint shows one server, and is put together where it shows all. */
export function isList(method: string | null): method is ListMethod {
  return LISTS.includes(method as ListMethod);
}

/** `tools/list`: what the same `decide` could permit or ask for this very task, and nothing else. Each listing is held
 *  against the pins on its way; a tool that changed is not shown. */
export async function listTools(visit: Visit, asked: Asked): Promise<void> {
  const { conversation, reply, parts, principal } = visit;
  if (conversation.view.kind === "one") return listOne(visit, asked, conversation.view.server);
  const missing: JsonObject[] = [];
  const each = await Promise.all(
    [parts.own.server, ...parts.catalogue.servers()].map(async (server) => {
      if ((await unreached(parts, principal, conversation, server)) !== null) return [];
      const tools = await everyPage(visit, asked, server);
      if (Array.isArray(tools)) return (await visibleOf(visit, server, tools)).map((tool) => renamed(server, tool));
      missing.push({ server, code: tools.code, says: sentence(tools) });
      return [];
    }),
  );
  // The list goes on without a server that cannot be reached, and says so.
  const meta = missing.length === 0 ? {} : { _meta: { "io.writ/missing": missing } };
  reply.finish(resultText(asked.id, { ...completeOf(visit), tools: each.flat(), ...meta }));
}

/** A page of one server's tools, as it cuts them. */
async function listOne(visit: Visit, asked: Asked, server: ServerName): Promise<void> {
  const { conversation, reply, parts, principal } = visit;
  const { era, cursors } = conversation;
  const cursor = own(asked.params, "cursor");
  if (cursor !== undefined && (typeof cursor !== "string" || !cursors.has(cursor)))
    return reply.finish(errorText(asked.id, CODE.invalidParams, "`cursor` is not one that was given here"));
  const barred = await unreached(parts, principal, conversation, server);
  if (barred !== null) return reply.finish(refusalText(asked.id, asked.method, era, null, barred));
  const incoming = await fetchList(visit, asked, server, cursor);
  if (incoming.kind !== "answered") {
    const why = notReached(conversation, server, incoming);
    return reply.finish(refusalText(asked.id, asked.method, era, null, why));
  }
  const result = own(incoming.message.value, "result");
  if (!isObject(result)) return reply.finish(withId(incoming.message, asked.id).text, incoming.status);
  const next = own(result, "nextCursor");
  if (typeof next === "string") {
    cursors.add(next);
    for (const oldest of cursors) if (cursors.size > MAX_CURSORS) cursors.delete(oldest);
  }
  const shown = new Set<Json>(await visibleOf(visit, server, objectsOf(result, "tools")));
  const listed = withItems(incoming.message, "tools", (tool) => shown.has(tool));
  // A filtered list is this caller's alone (MCP 2026-07-28, caching).
  const scoped = era === "modern" ? withResultMember(listed, "cacheScope", "private") : listed;
  reply.finish(withId(scoped, asked.id).text);
}

/** Listings of resources and prompts at the endpoint that shows all: one walk for each server the task may reach. */
export async function listEverywhere(visit: Visit, asked: Asked, method: ListMethod): Promise<void> {
  const { parts, conversation, reply } = visit;
  const member =
    method === "resources/list" ? "resources" : method === "prompts/list" ? "prompts" : "resourceTemplates";
  const items: Json[] = [];
  for (const server of parts.catalogue.servers()) {
    for (const item of await everyItem(visit, asked, server, method, member)) {
      const { uri, uriTemplate } = item;
      if (typeof uri === "string") conversation.directory.learn(server, uri);
      if (typeof uriTemplate === "string") conversation.directory.learnTemplate(server, uriTemplate);
      items.push(method === "prompts/list" ? renamed(server, item) : item);
    }
  }
  reply.finish(resultText(asked.id, { ...completeOf(visit), [member]: items }));
}

/** All pages, each its own walk; none of a server that this task does not reach without asking a person. */
async function everyItem(
  visit: Visit,
  asked: Asked,
  server: ServerName,
  method: ListMethod,
  member: string,
): Promise<readonly JsonObject[]> {
  const items: JsonObject[] = [];
  let cursor: Json | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const draft = listDraft(visit, server, method, cursor === undefined ? {} : { cursor });
    const advice = await visit.parts.gate.advise(visit.principal, draft, true);
    if (advice?.kind !== "permit") break;
    const response = await walk(visit, { ...asked, params: withMeta({}, metaOf(asked.params)) }, draft);
    const result = response.kind === "answered" ? own(response.message.value, "result") : undefined;
    if (!isObject(result)) break;
    items.push(...objectsOf(result, member));
    cursor = own(result, "nextCursor");
    if (typeof cursor !== "string") break;
  }
  return items;
}

function listDraft(visit: Visit, server: ServerName, method: ListMethod, params: JsonObject): CallDraft {
  return draftOf(visit, server, method, RESERVED_ACTIONS[method] as ToolName, params);
}

function renamed(server: ServerName, item: JsonObject): JsonObject {
  return { ...item, name: qualified(server, String(own(item, "name")) as ToolName) };
}

/** All that a server lists, or why it cannot be asked. */
async function everyPage(visit: Visit, asked: Asked, server: ServerName): Promise<JsonObject[] | Reason> {
  const tools: JsonObject[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const incoming = await fetchList(visit, asked, server, cursor);
    if (incoming.kind !== "answered") return notReached(visit.conversation, server, incoming);
    const result = own(incoming.message.value, "result");
    if (!isObject(result)) break;
    tools.push(...objectsOf(result, "tools"));
    const next = own(result, "nextCursor");
    if (typeof next !== "string") break;
    cursor = next;
  }
  return tools;
}

function fetchList(visit: Visit, asked: Asked, server: ServerName, cursor: string | undefined): Promise<Incoming> {
  const { conversation, parts } = visit;
  const configured = parts.configuration.servers.find((one) => one.name === server);
  return conversation.channel(server).request(
    {
      method: "tools/list",
      params: withMeta(cursor === undefined ? {} : { cursor }, reduceMeta(metaOf(asked.params))),
      headers: conversation.era === "modern" ? computeHeaders(conversation.protocol, "tools/list", {}, null) : {},
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
    const [heard] = readDefinition(server, tool, parts.digests);
    if (heard === undefined) continue;
    const { name, hash } = heard;
    const draft = draftOf(visit, server, "tools/call", name, { name, arguments: {} });
    // Of two tools under one name only the one that was held against the pin is shown.
    if (parts.catalogue.find(draft).definition?.hash !== hash) continue;
    const decision = await parts.gate.advise(principal, draft, true);
    if (decision !== null && couldBe(decision)) shown.push(tool);
  }
  return shown;
}

function objectsOf(result: JsonObject, member: string): readonly JsonObject[] {
  const listed = own(result, member);
  return Array.isArray(listed) ? (listed as readonly Json[]).filter(isObject) : [];
}

function completeOf(visit: Visit): JsonObject {
  return visit.conversation.era === "modern" ? { resultType: "complete", ttlMs: 0, cacheScope: "private" } : {};
}
