import type { ServerResponse } from "node:http";
import type { JsonObject } from "../../domain/json.ts";

/** A whole JSON text as the answer. */
export function send(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response
    .writeHead(status, { ...headers, "content-type": "application/json", "content-length": Buffer.byteLength(text) })
    .end(text);
}

/** A refusal of the HTTP request itself, where no JSON-RPC message is answered. */
export function refuse(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
  hint: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  send(response, status, JSON.stringify({ error: { code, message, hint } } satisfies JsonObject), headers);
}
