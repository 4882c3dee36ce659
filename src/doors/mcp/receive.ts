import type { IncomingMessage, ServerResponse } from "node:http";
import { isObject, type Json, own } from "../../domain/json.ts";
import type { Shown } from "../../ports/credentials.ts";
import type { Reason } from "../../domain/reason.ts";
import { readBody } from "../../wire/http/body.ts";
import { decodeUtf8Strict, parseStrict } from "../../wire/json/parse.ts";
import { classify, type Envelope, errorText, resultText } from "../../wire/mcp/envelope.ts";
import { metaOf, reduceInitialize } from "../../wire/mcp/meta.ts";
import { CODE, eraOf, HEADER, META, NEWEST_LEGACY } from "../../wire/mcp/revisions.ts";
import { type Arrival, belonging } from "./belongs.ts";
import { call } from "./call.ts";
import { discover, initialize } from "./hello.ts";
import { setLevel } from "./level.ts";
import { isList, listEverywhere, listTools } from "./listing.ts";
import { refusalText } from "./refusal.ts";
import { createReply } from "./reply.ts";
import { callMethod } from "./route.ts";
import { subscribe } from "./subscribe.ts";
import type { Asked, Visit } from "./visit.ts";
import { refuse, send } from "./write.ts";

const MAX_BODY = 4 * 1024 * 1024;
const BODY_MS = 30_000;
const MAX_DEPTH = 64;

/** One HTTP request by a known caller. */
export interface Here extends Arrival {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly credential: Shown;
  /** Why the caller's task acts no more; its calls are still refused by the gate, on the record. */
  readonly over: Reason | null;
}

/** A POST: one JSON-RPC message, read to the letter or refused. */
export async function receive(here: Here): Promise<void> {
  const { request, response } = here;
  const type = request.headers["content-type"] ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type))
    return refuse(response, 415, "content_type", "the body is not application/json", "send JSON");
  const body = await readBody(request, { maxBytes: MAX_BODY, timeoutMs: BODY_MS });
  if (body.kind === "gone") return;
  if (body.kind === "refused")
    return refuse(response, body.status, "body_refused", body.why, "send one JSON-RPC message");
  const text = decodeUtf8Strict(body.bytes);
  if (text === null) return malformed(response, "the body is not UTF-8");
  const parsed = parseStrict(text, { maxBytes: MAX_BODY, maxDepth: MAX_DEPTH });
  if (parsed.kind === "refused") return malformed(response, `${parsed.why} at offset ${parsed.offset}`);
  const envelope = classify(parsed.value);
  switch (envelope.kind) {
    case "refused":
      return send(response, 400, errorText(envelope.id, envelope.code, envelope.why));
    case "request":
      return asked(here, { id: envelope.id, method: envelope.method, params: envelope.params ?? {} });
    case "notification":
      return notified(here, envelope);
    case "result":
    case "error":
      return replied(here, envelope, parsed.value);
  }
}

async function asked(here: Here, message: Asked): Promise<void> {
  const { response, parts, view, credential, principal, headers, over } = here;
  const modern = eraOf(String(own(metaOf(message.params) ?? {}, META.protocol))) === "modern";
  if (message.method === "initialize" && !modern) return begin(here, message);
  const found = belonging(here, message, "request", message.id);
  if (found.kind === "refused") return send(response, found.status, found.text);
  const { conversation } = found;
  response.on("close", conversation.enter());
  const reply = createReply(response, { streams: takesStreams(here), resumes: view.kind === "one" });
  const visit: Visit = { parts, credential, principal, conversation, headers, reply };

  const method = callMethod(message.method);
  const everywhere = view.kind === "all" && isList(method);
  if (method !== null && !everywhere) return call(visit, message, method);
  if (over !== null) return reply.finish(refusalText(message.id, message.method, conversation.era, null, over));
  if (everywhere) return listEverywhere(visit, message, method);
  const serve = (conversation.era === "modern" ? MODERN : LEGACY).get(message.method);
  if (serve !== undefined) return serve(visit, message);
  const text = errorText(message.id, CODE.methodNotFound, "the method is not known here");
  reply.finish(text, conversation.era === "modern" ? 404 : 200);
}

type Serve = (visit: Visit, message: Asked) => void | Promise<void>;

/** What is no call and has an answer of the conversation's own, by era: 2026-07-28 has neither ping nor a session to set a level for. */
const LEGACY: ReadonlyMap<string, Serve> = new Map<string, Serve>([
  ["tools/list", listTools],
  ["ping", ({ reply }, { id }) => reply.finish(resultText(id, {}))],
  ["logging/setLevel", setLevel],
]);
const MODERN: ReadonlyMap<string, Serve> = new Map<string, Serve>([
  ["tools/list", listTools],
  ["server/discover", discover],
  ["subscriptions/listen", subscribe],
]);

/** `initialize` of a legacy client: a session of its own. */
async function begin(here: Here, message: Asked): Promise<void> {
  const { conversations, principal, view, response, parts, over } = here;
  if (over !== null) return send(response, 200, refusalText(message.id, message.method, "legacy", null, over));
  const wanted = own(message.params, "protocolVersion");
  if (typeof wanted !== "string")
    return send(response, 200, errorText(message.id, CODE.invalidParams, "`protocolVersion` is missing"));
  if (eraOf(wanted) === "modern") {
    const why = `${wanted} has no initialize; send requests on their own`;
    return send(response, 400, errorText(message.id, CODE.invalidRequest, why));
  }
  // A revision that nobody knows is answered with one that we do, as the legacy revisions say.
  const revision = eraOf(wanted) === null ? NEWEST_LEGACY : wanted;
  const conversation = conversations.begin(principal, view, revision, reduceInitialize(message.params));
  const { text, protocol } = await initialize(parts, conversation, message);
  if (protocol === null) {
    await conversations.close(conversation);
    return send(response, 200, text);
  }
  conversation.agree(protocol);
  const client = own(message.params, "clientInfo");
  const [name, version] = isObject(client) ? [own(client, "name"), own(client, "version")] : [];
  if (typeof name === "string")
    parts.introduced(principal, { name, version: typeof version === "string" ? version : null });
  send(response, 200, text, { [HEADER.session]: conversation.id });
}

/** What a legacy client tells its servers outside any call; what it says beside stays behind, since nothing judges it. */
const PASSED_ON: ReadonlySet<string> = new Set(["notifications/initialized", "notifications/roots/list_changed"]);

async function notified(here: Here, envelope: Extract<Envelope, { kind: "notification" }>): Promise<void> {
  const { response } = here;
  const { method, params = {} } = envelope;
  const found = belonging(here, { method, params }, "notification", null);
  if (found.kind === "refused") return send(response, found.status, found.text);
  // Some servers carry out a call that has no id, and only do not answer it.
  if (!method.startsWith("notifications/")) {
    const why = "a request needs an id; without one it is not passed on";
    return send(response, 400, errorText(null, CODE.invalidRequest, why));
  }
  const { conversation } = found;
  const leave = conversation.enter();
  if (method === "notifications/cancelled") conversation.cancel(own(params, "requestId"));
  else if (conversation.era === "legacy" && PASSED_ON.has(method))
    await Promise.all((await conversation.channels()).map((channel) => channel.notify(method, undefined)));
  leave();
  response.writeHead(202).end();
}

/** A client's answer to something an upstream asked of it. */
function replied(here: Here, envelope: Extract<Envelope, { kind: "result" | "error" }>, value: Json): void {
  const { response } = here;
  const found = belonging(here, null, "notification", null);
  if (found.kind === "refused") return send(response, found.status, found.text);
  if (typeof envelope.id === "string" && isObject(value)) found.conversation.waiting.get(envelope.id)?.(value);
  response.writeHead(202).end();
}

export function takesStreams({ headers }: Pick<Here, "headers">): boolean {
  return (headers.accept ?? "").toLowerCase().includes("text/event-stream");
}

function malformed(response: ServerResponse, why: string): void {
  send(response, 400, errorText(null, CODE.parse, `the body cannot be read: ${why}`));
}
