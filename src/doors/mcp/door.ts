import type { IncomingMessage, ServerResponse } from "node:http";
import type { ServerName } from "../../domain/ids.ts";
import { isObject, type Json, type JsonObject, own } from "../../domain/json.ts";
import { WritError } from "../../domain/error.ts";
import type { Principal } from "../../domain/principal.ts";
import { hint, reason, type Reason, sentence } from "../../domain/reason.ts";
import { readBody } from "../../wire/http/body.ts";
import { checkOrigin } from "../../wire/http/origin.ts";
import { decodeUtf8Strict, parseStrict } from "../../wire/json/parse.ts";
import { classify, type Envelope, errorText, resultText } from "../../wire/mcp/envelope.ts";
import { headerParams } from "../../wire/mcp/header-params.ts";
import { checkHeaders } from "../../wire/mcp/headers.ts";
import { metaOf } from "../../wire/mcp/meta.ts";
import { ASSUMED_REVISION, CODE, eraOf, HEADER, META, MODERN_REVISIONS } from "../../wire/mcp/revisions.ts";
import { call } from "./call.ts";
import { type Conversation, createConversations } from "./conversation.ts";
import { discover, initialize } from "./hello.ts";
import { listEverywhere, listTools } from "./listing.ts";
import type { McpDoorParts, View } from "./parts.ts";
import { createReply } from "./reply.ts";
import { callMethod } from "./route.ts";
import { openStream, subscribe } from "./streams.ts";
import type { Asked, Visit } from "./visit.ts";

const MAX_BODY = 4 * 1024 * 1024;
const BODY_MS = 30_000;
const MAX_DEPTH = 64;

export interface McpDoor {
  /** Answers one HTTP request to `/mcp` or `/mcp/<server>`; never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Requests refused before anyone was known, by reason. */
  readonly strangers: ReadonlyMap<string, number>;
  /** Lets go of everything a session held open: its task is over. */
  retire: ReturnType<typeof createConversations>["retire"];
  close(): Promise<void>;
}

/** Streamable HTTP, both eras. Translates and never decides: every call goes to the gate. */
export function createMcpDoor(parts: McpDoorParts): McpDoor {
  const conversations = createConversations(parts);
  const strangers = new Map<string, number>();

  function unknown(response: ServerResponse, why: Reason): void {
    strangers.set(why.code, (strangers.get(why.code) ?? 0) + 1);
    const error =
      why.code === "credential_missing" ? "" : `, error="invalid_token", error_description="${sentence(why)}"`;
    plain(response, 401, why.code, sentence(why), hint(why.code), {
      "www-authenticate": `Bearer realm="writ"${error}`,
    });
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const foreign = checkOrigin(request.headers, parts.allowed);
    if (foreign !== "ok")
      return plain(
        response,
        403,
        `${foreign}_refused`,
        `the ${foreign} header names a place that is not allowed here`,
        "use the loopback address",
      );
    const view = viewOf(request.url ?? "", parts);
    if (view === null)
      return plain(
        response,
        404,
        "server_unknown",
        "there is no such server",
        "use /mcp, or /mcp/<server> with a configured server",
      );
    const token = bearer(request.headers.authorization);
    const caller = await parts.gate.authenticate(token);
    if (caller.kind === "stranger" || token === null)
      return unknown(response, caller.kind === "stranger" ? caller.reason : reason("credential_missing"));
    const here: Here = { parts, conversations, request, response, view, token, principal: caller.principal };
    switch (request.method) {
      case "POST":
        return post(here);
      case "GET":
        return get(here);
      case "DELETE":
        return remove(here);
      default:
        return plain(
          response,
          405,
          "method_not_allowed",
          "this endpoint takes POST, GET and DELETE",
          "send MCP messages by POST",
          { allow: "POST, GET, DELETE" },
        );
    }
  }

  return {
    async handle(request, response) {
      try {
        await handle(request, response);
      } catch (cause) {
        if (!(cause instanceof WritError)) parts.log.error({ cause }, "an MCP request failed");
        const known = cause instanceof WritError ? cause : null;
        if (!response.headersSent)
          plain(
            response,
            known?.status ?? 500,
            known?.code ?? "internal_fault",
            known?.message ?? "something failed inside",
            known?.hint ?? hint("internal_fault"),
          );
        else response.end();
      }
    },
    strangers,
    retire: (session) => conversations.retire(session),
    close: () => conversations.close(),
  };
}

interface Here {
  readonly parts: McpDoorParts;
  readonly conversations: ReturnType<typeof createConversations>;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly view: View;
  readonly token: string;
  readonly principal: Principal;
}

async function post(here: Here): Promise<void> {
  const { request, response } = here;
  const type = request.headers["content-type"] ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type))
    return plain(response, 415, "content_type", "the body is not application/json", "send JSON");
  const body = await readBody(request, { maxBytes: MAX_BODY, timeoutMs: BODY_MS });
  if (body.kind === "gone") return;
  if (body.kind === "refused")
    return plain(response, body.status, "body_refused", body.why, "send one JSON-RPC message", { connection: "close" });
  const text = decodeUtf8Strict(body.bytes);
  if (text === null) return malformed(response, "the body is not UTF-8");
  const parsed = parseStrict(text, { maxBytes: MAX_BODY, maxDepth: MAX_DEPTH });
  if (parsed.kind === "refused") return malformed(response, `${parsed.why} at offset ${parsed.offset}`);
  const envelope = classify(parsed.value);
  switch (envelope.kind) {
    case "refused":
      return send(response, 400, errorText(envelope.id, envelope.code, envelope.why));
    case "request":
      return asked(here, envelope);
    case "notification":
      return notified(here, envelope);
    case "result":
    case "error":
      return replied(here, envelope, parsed.value);
  }
}

async function asked(here: Here, envelope: Extract<Envelope, { kind: "request" }>): Promise<void> {
  const { request, response, parts, view, token, principal } = here;
  const message: Asked = { id: envelope.id, method: envelope.method, params: envelope.params ?? {} };
  const modern = eraOf(String(own(metaOf(message.params) ?? {}, META.protocol))) === "modern";
  if (message.method === "initialize" && !modern) return begin(here, message);
  const found = conversationOf(here, message, "request");
  if ("status" in found) return send(response, found.status, found.text);
  const { conversation } = found;
  conversation.touch();
  const reply = createReply(response, accepts(request), {});
  const visit: Visit = { parts, token, principal, conversation, headers: request.headers, reply };
  const method = callMethod(message.method);
  if (method === "resources/list" || method === "resources/templates/list" || method === "prompts/list") {
    return view.kind === "all" ? listEverywhere(visit, message, method) : call(visit, message, method);
  }
  if (method !== null) return call(visit, message, method);
  const serve = conversation.era === "modern" ? MODERN[message.method] : LEGACY[message.method];
  if (serve !== undefined) return serve(visit, message);
  reply.finish(
    errorText(message.id, CODE.methodNotFound, "the method is not known here"),
    conversation.era === "modern" ? 404 : 200,
  );
}

type Serve = (visit: Visit, message: Asked) => void | Promise<void>;

/** What is no call and has an answer of the conversation's own, by era: 2026-07-28 has neither ping nor a session to set a level for. */
const LEGACY: Readonly<Record<string, Serve>> = {
  "tools/list": listTools,
  ping: ({ reply }, { id }) => reply.finish(resultText(id, {})),
  "logging/setLevel": setLevel,
};
const MODERN: Readonly<Record<string, Serve>> = {
  "tools/list": listTools,
  "server/discover": discover,
  "subscriptions/listen": subscribe,
};

async function setLevel({ conversation, reply }: Visit, { id, method, params }: Asked): Promise<void> {
  const request = { method, params, headers: {}, credentials: {}, timeoutMs: 10_000 };
  await Promise.all((await conversation.channels()).map((channel) => channel.request(request, SILENT, reply.signal)));
  reply.finish(resultText(id, {}));
}

const SILENT = {
  notification: () => {},
  request: () => Promise.resolve({ error: { code: CODE.methodNotFound, message: "not here" } }),
};

async function begin(here: Here, message: Asked): Promise<void> {
  const { conversations, principal, view, response } = here;
  const wanted = own(message.params, "protocolVersion");
  if (typeof wanted !== "string")
    return send(response, 200, errorText(message.id, CODE.invalidParams, "`protocolVersion` is missing"));
  if (eraOf(wanted) === "modern")
    return send(
      response,
      400,
      errorText(message.id, CODE.invalidRequest, `${wanted} has no initialize; send requests on their own`),
    );
  const conversation = conversations.begin(principal, view, "legacy", wanted, message.params);
  const { text, protocol } = await initialize(conversation, message);
  if (protocol === null) {
    await conversation.close();
    return send(response, 200, text);
  }
  send(response, 200, text, { [HEADER.session]: conversation.id });
}

async function notified(here: Here, envelope: Extract<Envelope, { kind: "notification" }>): Promise<void> {
  const { response } = here;
  const found = conversationOf(here, { id: 0, method: envelope.method, params: envelope.params ?? {} }, "notification");
  if ("status" in found) return send(response, found.status, found.text);
  const { conversation } = found;
  conversation.touch();
  if (envelope.method === "notifications/cancelled") {
    const id = own(envelope.params ?? {}, "requestId");
    if (typeof id === "string" || typeof id === "number")
      conversation.running.get(id)?.abort("cancelled by the client");
  } else {
    await Promise.all(
      (await conversation.channels()).map((channel) => channel.notify(envelope.method, envelope.params)),
    );
  }
  response.writeHead(202).end();
}

/** A client's answer to something an upstream asked of it. */
function replied(here: Here, envelope: Extract<Envelope, { kind: "result" | "error" }>, value: Json): void {
  const { response } = here;
  const found = conversationOf(here, null, "notification");
  if ("status" in found) return send(response, found.status, found.text);
  found.conversation.touch();
  if (typeof envelope.id === "string" && isObject(value)) found.conversation.waiting.get(envelope.id)?.(value);
  response.writeHead(202).end();
}

type Found = { readonly conversation: Conversation } | { readonly status: number; readonly text: string };

/** Whose conversation a message belongs to: the legacy session its header names, or what its `_meta` says by itself. */
function conversationOf(here: Here, message: Asked | null, kind: "request" | "notification"): Found {
  const { request, conversations, principal, view, parts } = here;
  const session = request.headers[HEADER.session];
  const id = message === null || kind === "notification" ? null : message.id;
  if (typeof session === "string") {
    const conversation = conversations.find(session, principal);
    if (conversation === null)
      return {
        status: 404,
        text: errorText(id, CODE.invalidRequest, "there is no such MCP session; initialize again"),
      };
    const version = request.headers[HEADER.protocol];
    if (typeof version === "string" && eraOf(version) !== "legacy")
      return {
        status: 400,
        text: errorText(id, CODE.invalidRequest, `\`${version}\` is not a version of this session`),
      };
    return { conversation };
  }
  const meta = message === null ? null : metaOf(message.params);
  const header = request.headers[HEADER.protocol];
  const named = meta === null ? undefined : own(meta, META.protocol);
  const protocol = typeof named === "string" ? named : typeof header === "string" ? header : ASSUMED_REVISION;
  if (typeof named === "string" && typeof header === "string" && named !== header) {
    return {
      status: 400,
      text: errorText(id, CODE.headerMismatch, "MCP-Protocol-Version: `_meta` names another revision"),
    };
  }
  if (eraOf(protocol) === null) {
    return {
      status: 400,
      text: errorText(id, CODE.unsupportedRevision, "the protocol version is not spoken here", {
        supported: [...MODERN_REVISIONS],
        requested: protocol,
      }),
    };
  }
  if (eraOf(protocol) === "legacy")
    return {
      status: 400,
      text: errorText(id, CODE.invalidRequest, "the request names no MCP session; initialize first"),
    };
  if (message === null)
    return { status: 400, text: errorText(id, CODE.invalidRequest, `${protocol} has no messages of this kind`) };
  if (kind === "request" && (typeof named !== "string" || !isObject(own(meta ?? {}, META.capabilities)))) {
    return {
      status: 400,
      text: errorText(id, CODE.invalidParams, `\`_meta\` lacks \`${META.protocol}\` or \`${META.capabilities}\``),
    };
  }
  const checked = checkHeaders(
    request.headers,
    { kind, method: message.method, params: message.params },
    protocol,
    declaredFor(parts, view, message),
  );
  if (checked.kind === "mismatch")
    return { status: 400, text: errorText(id, CODE.headerMismatch, `${checked.header}: ${checked.why}`) };
  return { conversation: conversations.modern(principal, view, protocol) };
}

function declaredFor(
  parts: McpDoorParts,
  view: View,
  message: Asked,
): ReturnType<typeof headerParams>["params"] | null {
  const name = own(message.params, "name");
  if (view.kind !== "one" || message.method !== "tools/call" || typeof name !== "string") return null;
  const tool = parts.catalogue.tools(view.server).find((one) => one.name === name);
  const schema =
    tool?.definition === undefined || tool.definition === null ? undefined : own(tool.definition.body, "inputSchema");
  return isObject(schema) ? headerParams(schema).params : null;
}

async function get(here: Here): Promise<void> {
  const { request, response, conversations, principal, parts, token } = here;
  const session = request.headers[HEADER.session];
  if (typeof session !== "string")
    return plain(
      response,
      405,
      "method_not_allowed",
      "a GET belongs to a legacy MCP session",
      "send MCP messages by POST",
      { allow: "POST" },
    );
  const conversation = conversations.find(session, principal);
  if (conversation === null)
    return plain(response, 404, "session_unknown", "there is no such MCP session", "initialize again");
  const reply = createReply(response, accepts(request), {});
  await openStream({ parts, token, principal, conversation, headers: request.headers, reply });
}

async function remove(here: Here): Promise<void> {
  const { request, response, conversations, principal } = here;
  const session = request.headers[HEADER.session];
  if (typeof session !== "string")
    return plain(
      response,
      405,
      "method_not_allowed",
      "a DELETE belongs to a legacy MCP session",
      "send MCP messages by POST",
      { allow: "POST" },
    );
  const conversation = conversations.find(session, principal);
  if (conversation === null)
    return plain(response, 404, "session_unknown", "there is no such MCP session", "initialize again");
  await conversation.close();
  response.writeHead(200).end();
}

function viewOf(url: string, parts: McpDoorParts): View | null {
  const path = url.split("?", 1)[0] ?? "";
  if (path === "/mcp" || path === "/mcp/") return { kind: "all" };
  const name = path.startsWith("/mcp/") ? path.slice("/mcp/".length) : "";
  if (name === parts.own.server || parts.upstreams.has(name as ServerName))
    return { kind: "one", server: name as ServerName };
  return null;
}

function bearer(header: string | undefined): string | null {
  const match = /^Bearer ([^\s]+)$/i.exec(header ?? "");
  return match?.[1] ?? null;
}

function accepts(request: IncomingMessage): boolean {
  return (request.headers.accept ?? "").includes("text/event-stream");
}

function malformed(response: ServerResponse, why: string): void {
  send(response, 400, errorText(null, CODE.parse, `the body cannot be read: ${why}`));
}

function send(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response
    .writeHead(status, { ...headers, "content-type": "application/json", "content-length": Buffer.byteLength(text) })
    .end(text);
}

function plain(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
  next: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  send(response, status, JSON.stringify({ error: { code, message, hint: next } } satisfies JsonObject), headers);
}
