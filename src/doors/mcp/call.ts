import type { CallDraft } from "../../domain/call.ts";
import { isObject, type JsonObject, own } from "../../domain/json.ts";
import { type Reason, reason } from "../../domain/reason.ts";
import { RESERVED_ACTIONS, type ReservedMethod } from "../../domain/tool.ts";
import type { ServerName, ToolName } from "../../domain/ids.ts";
import type { Response } from "../../gate/settle.ts";
import { errorText, resultText } from "../../wire/mcp/envelope.ts";
import { headerParams } from "../../wire/mcp/header-params.ts";
import { computeHeaders } from "../../wire/mcp/headers.ts";
import { metaOf, reduceMeta } from "../../wire/mcp/meta.ts";
import { CODE } from "../../wire/mcp/revisions.ts";
import { withId } from "../../wire/mcp/splice.ts";
import { refusalText } from "./refusal.ts";
import { sinkOf } from "./reverse.ts";
import { route } from "./route.ts";
import { inputMethods, openState, sealState } from "./sealed-state.ts";
import { type Asked, draftOf, type Visit } from "./visit.ts";

/** Takes one call through the gate and gives its caller the answer. */
export async function call(visit: Visit, asked: Asked, method: CallDraft["method"]): Promise<void> {
  const { parts, conversation, principal, reply } = visit;
  const routed = route(conversation, method, asked.params);
  if (routed.kind === "unroutable")
    return reply.finish(errorText(asked.id, CODE.invalidParams, routed.why), badRequest(visit));
  const params = await openState(parts, principal, method, routed.server, routed.params);
  if (params === null) {
    return reply.finish(
      errorText(asked.id, CODE.invalidParams, "`requestState` is not one that was given for this request"),
      badRequest(visit),
    );
  }
  const response = await walk(
    visit,
    asked,
    draftOf(visit, routed.server, method, routed.tool, params, { clientKey: clientKey(visit, asked) }),
  );
  await answer(visit, asked, method, routed.server, params, response);
}

/** Takes one draft through the gate over this conversation's channel. */
export async function walk(visit: Visit, asked: Asked, draft: CallDraft): Promise<Response> {
  const { parts, conversation, reply } = visit;
  const cancel = new AbortController();
  conversation.running.set(asked.id, cancel);
  try {
    const meta = reduceMeta(metaOf(asked.params));
    const known = parts.catalogue.find(draft);
    const schema = known.definition === null ? undefined : own(known.definition.body, "inputSchema");
    const declared = isObject(schema) ? headerParams(schema).params : null;
    return await parts.gate.call(
      { credential: visit.token, call: draft },
      {
        channel: conversation.channel(draft.server),
        meta,
        headers:
          conversation.era === "modern"
            ? computeHeaders(conversation.protocol, draft.method, draft.params, declared, visit.headers)
            : {},
        sink: sinkOf(visit, draft.server),
        // A legacy client that loses its connection has not cancelled; it may come back for the answer.
        signal: conversation.era === "modern" ? AbortSignal.any([cancel.signal, reply.signal]) : cancel.signal,
      },
    );
  } finally {
    conversation.running.delete(asked.id);
  }
}

async function answer(
  visit: Visit,
  asked: Asked,
  method: CallDraft["method"],
  server: ServerName,
  params: JsonObject,
  response: Response,
): Promise<void> {
  const { parts, reply, conversation, principal } = visit;
  switch (response.kind) {
    case "answered": {
      const result = own(response.message.value, "result");
      if (isObject(result) && own(result, "resultType") === "input_required") {
        const refused = await uninvited(visit, server, result);
        if (refused !== null)
          return reply.finish(refusalText(asked.id, method, conversation.era, response.call, refused));
        return reply.finish(resultText(asked.id, sealState(parts, principal, method, server, params, result)));
      }
      return reply.finish(withId(response.message, asked.id).text, response.status, response.mark);
    }
    case "refused":
      return reply.finish(refusalText(asked.id, method, conversation.era, response.call, response.reason));
    case "asked":
      throw new TypeError("an open question left the gate");
  }
}

/** Why the upstream may not ask the client for this; null when it may ask for all of it. */
async function uninvited(visit: Visit, server: ServerName, result: JsonObject): Promise<Reason | null> {
  for (const method of inputMethods(result)) {
    const action = Object.hasOwn(RESERVED_ACTIONS, method) ? RESERVED_ACTIONS[method as ReservedMethod] : null;
    if (action === null) return reason("reverse_denied", { server, method });
    const draft = draftOf(visit, server, method as ReservedMethod, action as ToolName, {}, { door: "upstream" });
    const advice = await visit.parts.gate.advise(visit.principal, draft, true);
    if (advice === null) return reason("task_unknown");
    if (advice.kind === "deny") return advice.reason;
  }
  return null;
}

/** The caller's own id for the call, where it has one that means the same call again: `_meta` names it, or a legacy
 *  session does, in which a request id is never used twice (MCP 2025-11-25, basic). */
function clientKey(visit: Visit, asked: Asked): string | null {
  const named = own(metaOf(asked.params) ?? {}, "io.writ/call");
  if (typeof named === "string" && named.length <= 256) return `named ${named}`;
  return visit.conversation.era === "legacy" ? `${visit.conversation.id} ${JSON.stringify(asked.id)}` : null;
}

function badRequest(visit: Visit): number {
  return visit.conversation.era === "modern" ? 400 : 200;
}
