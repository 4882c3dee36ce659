import type { CallDraft } from "../../domain/call.ts";
import { isObject, type JsonObject, own } from "../../domain/json.ts";
import { type Reason, type ReasonCode, reason } from "../../domain/reason.ts";
import type { Response } from "../../gate/settle.ts";
import type { Message } from "../../ports/upstream.ts";
import { errorText } from "../../wire/mcp/envelope.ts";
import { headerParams } from "../../wire/mcp/header-params.ts";
import { computeHeaders } from "../../wire/mcp/headers.ts";
import { metaOf, progressTokenOf, reduceMeta } from "../../wire/mcp/meta.ts";
import { CODE } from "../../wire/mcp/revisions.ts";
import { withId, withValueAt } from "../../wire/mcp/splice.ts";
import { judged } from "./judged.ts";
import { refusalText } from "./refusal.ts";
import { isReverse, reverseDraft, sinkOf } from "./reverse.ts";
import { route } from "./route.ts";
import { inputRequests, openState, type Round, sealState } from "./sealed-state.ts";
import { type Asked, draftOf, type Visit } from "./visit.ts";

/** Refusals before anything was sent, after which the same request may come again: its state is not used up. */
const COMES_AGAIN: ReadonlySet<ReasonCode> = new Set([
  "approval_pending",
  "approval_timeout",
  "asks_waiting",
  "contention",
  "record_unavailable",
  "server_unavailable",
]);

/** Takes one call through the gate and gives its caller the answer. */
export async function call(visit: Visit, asked: Asked, method: CallDraft["method"]): Promise<void> {
  const { parts, conversation, principal, reply } = visit;
  const routed = route(conversation, method, asked.params);
  if (routed.kind === "unroutable")
    return reply.finish(errorText(asked.id, CODE.invalidParams, routed.why), badRequest(visit));
  const { server, tool } = routed;
  const came: Round = { principal, method, server, params: routed.params };
  const opened = await openState(parts, came, conversation.givenBack);
  if (opened === null) {
    return reply.finish(
      errorText(asked.id, CODE.invalidParams, "`requestState` is not one that was given for this request"),
      badRequest(visit),
    );
  }
  const draft = draftOf(visit, server, method, tool, opened.params, { clientKey: clientKey(visit, asked) });
  const response = await walk(visit, asked, draft);
  if (opened.used !== null && response.kind === "refused" && COMES_AGAIN.has(response.reason.code))
    conversation.givenBack.add(opened.used);
  const round = { ...came, params: opened.params };
  if (response.kind === "refused" && (await stepUp(visit, asked, draft, response))) return;
  await answer(visit, asked, round, response);
}

/** Refusals that a grant cures. */
const CURED: ReadonlySet<ReasonCode> = new Set(["no_grant", "outside_grant"]);

/** Tells a client that signs its person in what this very call needs (RFC 6750 §3.1); false for any other, and for what
 *  no grant cures. The answer itself is the one that it would get anyway. */
async function stepUp(
  { parts, principal, conversation, reply }: Visit,
  { id }: Asked,
  draft: CallDraft,
  refused: Extract<Response, { kind: "refused" }>,
): Promise<boolean> {
  if (draft.method !== "tools/call" || !CURED.has(refused.reason.code)) return false;
  const { era, view } = conversation;
  const [origin = ""] = parts.origins;
  const path = view.kind === "one" ? `/mcp/${view.server}` : "/mcp";
  const scope = await parts.offer(principal, draft, `${origin}${path}`);
  if (scope === null) return false;
  const about = `${origin}/.well-known/oauth-protected-resource${path}`;
  const scheme = principal.thumbprint === null ? "Bearer" : "DPoP";
  const challenge = `${scheme} error="insufficient_scope", scope="${scope}", resource_metadata="${about}"`;
  const text = refusalText(id, draft.method, era, refused.call, refused.reason);
  reply.finish(text, 403, {}, { "www-authenticate": challenge });
  return true;
}

/** Takes one draft through the gate over this conversation's channel. */
export async function walk(visit: Visit, asked: Asked, draft: CallDraft): Promise<Response> {
  const { parts, conversation, reply } = visit;
  const modern = conversation.era === "modern";
  const running = conversation.begin(asked.id);
  const present = AbortSignal.any([running.signal, reply.signal]);
  const meta = reduceMeta(metaOf(asked.params));
  // Clients of one modern conversation choose their tokens without knowing of each other.
  const token = meta === null ? undefined : progressTokenOf({ _meta: meta });
  const alias = modern && token !== undefined ? { sent: parts.ids.nonce(), given: token } : null;
  try {
    return await parts.gate.call(
      { credential: visit.credential, call: draft },
      {
        channel: conversation.channel(draft.server),
        meta: alias === null ? meta : { ...meta, progressToken: alias.sent },
        headers: modern ? headersOf(visit, draft) : {},
        sink: sinkOf(visit, draft.server, alias),
        // A legacy client that loses its connection has not cancelled; what it asked for runs to its end.
        signal: modern ? present : running.signal,
        present,
      },
    );
  } finally {
    running.done();
  }
}

/** Made from what was judged. A client's own `Mcp-Param-*` that the accepted definition does not declare repeats no argument,
 *  so nothing has judged it. */
function headersOf({ parts, conversation }: Visit, draft: CallDraft): Record<string, string> {
  const { definition } = parts.catalogue.find(draft);
  const schema = definition === null ? undefined : own(definition.body, "inputSchema");
  const declared = isObject(schema) ? headerParams(schema).params : null;
  return computeHeaders(conversation.protocol, draft.method, draft.params, declared);
}

async function answer(visit: Visit, asked: Asked, round: Round, response: Response): Promise<void> {
  const { parts, reply, conversation } = visit;
  const refuse = (why: Reason): void =>
    reply.finish(refusalText(asked.id, round.method, conversation.era, response.call, why));
  switch (response.kind) {
    case "answered": {
      const result = own(response.message.value, "result");
      if (isObject(result) && own(result, "resultType") === "input_required") {
        const refused = await uninvited(visit, round, result);
        if (refused !== null) return refuse(refused);
        return reply.finish(withId(sealState(parts, round, response.message), asked.id).text);
      }
      return reply.finish(withId(keptPrivate(response.message), asked.id).text, response.status, response.mark);
    }
    case "refused":
      return refuse(response.reason);
    case "asked":
      throw new TypeError("an open question left the gate");
  }
}

/** Why the upstream may not ask the client for this; null when it may ask for all of it. */
async function uninvited(visit: Visit, { server }: Round, result: JsonObject): Promise<Reason | null> {
  for (const { method, params } of inputRequests(result)) {
    if (!isReverse(method)) return reason("reverse_denied", { server, method });
    const refused = await judged(visit, reverseDraft(visit, server, method, params));
    if (refused !== null) return refused;
  }
  return null;
}

/** What one token was given, no cache may show to another (MCP 2026-07-28, caching). */
function keptPrivate(message: Message): Message {
  const result = own(message.value, "result");
  return isObject(result) && own(result, "cacheScope") === "public"
    ? withValueAt(message, ["result", "cacheScope"], "private")
    : message;
}

/** The caller's own id for the call, where it has one that means the same call again: `_meta` names it, or a legacy
 *  session does, in which a request id is never used twice (MCP 2025-11-25, basic). */
function clientKey({ parts, conversation }: Visit, asked: Asked): string | null {
  const named = own(metaOf(asked.params) ?? {}, "io.writ/call");
  if (typeof named === "string") return parts.digests.keyed(JSON.stringify(["named", named]));
  return conversation.era === "legacy" ? parts.digests.keyed(JSON.stringify([conversation.id, asked.id])) : null;
}

function badRequest(visit: Visit): number {
  return visit.conversation.era === "modern" ? 400 : 200;
}
