import type { JsonObject } from "../../src/domain/json.ts";

/** A bare legacy MCP client: raw texts in and out, nothing repaired. */
export interface RawClient {
  readonly session: string;
  /** Sends one request and gives the text of its answer and what came before it. */
  call(
    tool: string,
    args: JsonObject,
    options?: { readonly id?: number | string; readonly meta?: JsonObject; readonly signal?: AbortSignal },
  ): Promise<Answer>;
  request(
    method: string,
    params: JsonObject,
    options?: { readonly id?: number | string; readonly signal?: AbortSignal },
  ): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly json: {
    readonly result?: JsonObject;
    readonly error?: { readonly code: number; readonly message: string; readonly data?: JsonObject };
  };
  /** Notifications and requests that came on the same stream. */
  readonly before: readonly JsonObject[];
  /** The code of Writ's refusal, if it is one. */
  readonly code: string | null;
}

let next = 0;

export async function rawClient(url: string, token: string): Promise<RawClient> {
  const headers = {
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
  };
  const hello = await fetch(url, {
    method: "POST",
    headers,
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: "hello",
      method: "initialize",
      params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "raw", version: "1" } },
    }),
  });
  const session = hello.headers.get("mcp-session-id");
  if (session === null) throw new Error(`no session: ${await hello.text()}`);
  await hello.text();
  const mine = { ...headers, "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" };
  await fetch(url, {
    method: "POST",
    headers: mine,
    body: JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" }),
  });

  const request: RawClient["request"] = async (method, params, { id = ++next, signal } = {}) => {
    const response = await fetch(url, {
      method: "POST",
      headers: mine,
      body: JSON.stringify({ jsonrpc: "2.0", id, method, params }),
      ...(signal === undefined ? {} : { signal }),
    });
    return answerOf(response.status, await response.text());
  };
  return {
    session,
    request,
    call: (tool, args, { id, meta, signal } = {}) =>
      request(
        "tools/call",
        { name: tool, arguments: args, ...(meta === undefined ? {} : { _meta: meta }) },
        { ...(id === undefined ? {} : { id }), ...(signal === undefined ? {} : { signal }) },
      ),
  };
}

export function answerOf(status: number, body: string): Answer {
  const texts = body.startsWith("{") ? [body] : [...body.matchAll(/^data: (.+)$/gm)].map((match) => match[1] ?? "");
  const messages = texts.map((text) => JSON.parse(text) as JsonObject);
  const json = (messages.at(-1) ?? {}) as Answer["json"];
  const decision = (json.result?.["_meta"] ?? json.error?.data) as JsonObject | undefined;
  const facts = decision?.["io.writ/decision"] as JsonObject | undefined;
  return {
    status,
    text: texts.at(-1) ?? "",
    json,
    before: messages.slice(0, -1),
    code: (facts?.["code"] as string | undefined) ?? null,
  };
}
