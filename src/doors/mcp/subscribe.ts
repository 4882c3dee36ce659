import type { ServerName, ToolName } from "../../domain/ids.ts";
import { isObject, type Json, type JsonObject, own } from "../../domain/json.ts";
import type { Reason } from "../../domain/reason.ts";
import { RESERVED_ACTIONS } from "../../domain/tool.ts";
import type { Sink } from "../../ports/upstream.ts";
import { errorText, notificationText, resultText } from "../../wire/mcp/envelope.ts";
import { computeHeaders } from "../../wire/mcp/headers.ts";
import { metaOf, reduceMeta, withMeta } from "../../wire/mcp/meta.ts";
import { CODE, META } from "../../wire/mcp/revisions.ts";
import { withId, withSubscription } from "../../wire/mcp/splice.ts";
import { judged } from "./judged.ts";
import { unreached } from "./reach.ts";
import { notReached, refusalText } from "./refusal.ts";
import { sinkOf } from "./reverse.ts";
import { aborted, whileItHolds } from "./streams.ts";
import { type Asked, draftOf, type Visit } from "./visit.ts";

/** A subscription lives as long as its client listens; timers hold no longer time than this. */
const AS_LONG_AS_IT_LASTS = 2 ** 31 - 1;

/** `subscriptions/listen` (2026-07-28): one long answer, its messages tagged with the id of this very request. Each
 *  resource in it is judged as `resources/subscribe` was; one that may not be is the refusal of all of it. */
export async function subscribe(visit: Visit, asked: Asked): Promise<void> {
  const { conversation, reply, parts, principal } = visit;
  const wanted = own(asked.params, "notifications");
  if (!isObject(wanted))
    return reply.finish(errorText(asked.id, CODE.invalidParams, "`notifications` is not an object"), 400);
  const tools = own(wanted, "toolsListChanged") === true;
  const { view } = conversation;
  if (view.kind === "all" || view.server === parts.own.server) return ownSubscription(visit, asked, tools);
  const uris = urisOf(wanted);
  if (uris === null)
    return reply.finish(
      errorText(asked.id, CODE.invalidParams, "`resourceSubscriptions` is not a list of addresses"),
      400,
    );
  const refused =
    (await unreached(parts, principal, conversation, view.server)) ?? (await refusedResource(visit, view.server, uris));
  if (refused !== null) return reply.finish(refusalText(asked.id, asked.method, "modern", null, refused));
  const unwatch = tools ? parts.onScopeChanged(principal.task, () => tellTools(visit, asked)) : () => {};
  const held = await whileItHolds(visit);
  try {
    await relay(visit, asked, view.server, subscribed(wanted, uris), held.signal);
  } finally {
    held.done();
    unwatch();
  }
}

/** What a subscription asks for, in MCP's own words. */
function subscribed(wanted: JsonObject, uris: readonly string[]): JsonObject {
  const lists = ["toolsListChanged", "promptsListChanged", "resourcesListChanged"].filter(
    (name) => own(wanted, name) === true,
  );
  return {
    ...Object.fromEntries(lists.map((name) => [name, true])),
    ...(uris.length === 0 ? {} : { resourceSubscriptions: uris }),
  };
}

async function relay(
  visit: Visit,
  asked: Asked,
  server: ServerName,
  notifications: JsonObject,
  holds: AbortSignal,
): Promise<void> {
  const { conversation, reply } = visit;
  const plain = sinkOf(visit, server);
  const tagged: Sink = {
    ...plain,
    notification: (message, mark) => plain.notification(withSubscription(message, asked.id), mark),
  };
  const incoming = await conversation.channel(server).request(
    {
      method: asked.method,
      params: withMeta({ notifications }, reduceMeta(metaOf(asked.params))),
      headers: computeHeaders(conversation.protocol, asked.method, {}, null),
      credentials: {},
      timeoutMs: AS_LONG_AS_IT_LASTS,
    },
    tagged,
    AbortSignal.any([reply.signal, holds]),
  );
  if (incoming.kind !== "answered") {
    const why = notReached(conversation, server, incoming);
    return reply.finish(refusalText(asked.id, asked.method, "modern", null, why));
  }
  const ended = withSubscription(withId(incoming.message, asked.id), asked.id);
  reply.finish(ended.text, incoming.status, incoming.mark);
}

/** At the endpoint that shows all, Writ itself answers: it tells when the list of tools this task may see could differ. */
async function ownSubscription(visit: Visit, asked: Asked, tools: boolean): Promise<void> {
  const { reply, parts, principal, conversation } = visit;
  const honoured: JsonObject = tools ? { toolsListChanged: true } : {};
  reply.send(
    notificationText("notifications/subscriptions/acknowledged", { ...tagOf(asked), notifications: honoured }),
    {},
  );
  const changed = (): void => {
    if (tools) tellTools(visit, asked);
  };
  const watched = [parts.onToolsChanged(changed), parts.onScopeChanged(principal.task, changed)];
  const held = await whileItHolds(visit);
  await aborted(AbortSignal.any([reply.signal, conversation.over, held.signal]));
  held.done();
  for (const unwatch of watched) unwatch();
  reply.finish(resultText(asked.id, { resultType: "complete", ...tagOf(asked) }));
}

function tellTools({ reply }: Visit, asked: Asked): void {
  reply.send(notificationText("notifications/tools/list_changed", tagOf(asked)), {});
}

function tagOf(asked: Asked): JsonObject {
  return { _meta: { [META.subscription]: asked.id } };
}

async function refusedResource(visit: Visit, server: ServerName, uris: readonly string[]): Promise<Reason | null> {
  const action = RESERVED_ACTIONS["resources/subscribe"] as ToolName;
  for (const uri of uris) {
    const refused = await judged(visit, draftOf(visit, server, "resources/subscribe", action, { uri }));
    if (refused !== null) return refused;
  }
  return null;
}

/** Null when it is no list of texts. */
function urisOf(wanted: JsonObject): readonly string[] | null {
  const listed = own(wanted, "resourceSubscriptions") ?? [];
  if (!Array.isArray(listed)) return null;
  const uris = (listed as readonly Json[]).filter((uri): uri is string => typeof uri === "string");
  return uris.length === listed.length ? [...new Set(uris)] : null;
}
