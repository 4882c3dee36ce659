import { isObject, type Json, type JsonObject, own } from "../../domain/json.ts";
import { CODE } from "./revisions.ts";

/** MCP allows no null id and no fraction. */
export type RequestId = string | number;

export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: Json;
}

/** What one JSON-RPC value is. Members we do not know never matter. */
export type Envelope =
  | {
      readonly kind: "request";
      readonly id: RequestId;
      readonly method: string;
      readonly params: JsonObject | undefined;
    }
  | { readonly kind: "notification"; readonly method: string; readonly params: JsonObject | undefined }
  | { readonly kind: "result"; readonly id: RequestId; readonly result: Json }
  /** `id` is null where the other side could not read ours. */
  | { readonly kind: "error"; readonly id: RequestId | null; readonly error: RpcError }
  /** Not a message. `id` is what an error answer may carry. */
  | { readonly kind: "refused"; readonly code: number; readonly why: string; readonly id: RequestId | null };

/** Says what `value` is; refuses batches, other versions, ids of other types, and anything that is two things at once. */
export function classify(value: Json): Envelope {
  if (Array.isArray(value)) return refused("batches are not part of MCP", null);
  if (!isObject(value)) return refused("a JSON-RPC message is an object", null);
  const hasId = Object.hasOwn(value, "id");
  const id = own(value, "id");
  const valid = isId(id) ? id : null;
  if (own(value, "jsonrpc") !== "2.0") return refused('`jsonrpc` is not "2.0"', valid);
  const hasResult = Object.hasOwn(value, "result");
  const hasError = Object.hasOwn(value, "error");
  if (Object.hasOwn(value, "method")) {
    if (hasResult || hasError) return refused("a message is a request or a response, not both", valid);
    return asked(value, hasId, valid);
  }
  if (hasResult && hasError) return refused("a response has a result or an error, not both", null);
  if (hasResult)
    return valid === null
      ? refused("a response names the request by its id", null)
      : { kind: "result", id: valid, result: value["result"] ?? null };
  if (!hasError) return refused("it has no method, no result and no error", valid);
  if (hasId && id !== null && valid === null) return refused("`id` is neither a string nor an integer", null);
  const error = own(value, "error");
  if (!isObject(error)) return refused("`error` is not an object", null);
  const { code, message } = error;
  if (!Number.isSafeInteger(code) || typeof message !== "string")
    return refused("`error` lacks a code or a message", null);
  const data = own(error, "data");
  return {
    kind: "error",
    id: valid,
    error: { code: code as number, message, ...(data === undefined ? {} : { data }) },
  };
}

function asked(value: JsonObject, hasId: boolean, id: RequestId | null): Envelope {
  const method = own(value, "method");
  if (typeof method !== "string" || method === "") return refused("`method` is not a name", id);
  if (hasId && id === null) return refused("`id` is neither a string nor an integer", null);
  const params = own(value, "params");
  if (params !== undefined && !isObject(params))
    return { kind: "refused", code: CODE.invalidParams, why: "`params` is not an object", id };
  return id === null ? { kind: "notification", method, params } : { kind: "request", id, method, params };
}

export function isId(value: Json | undefined): value is RequestId {
  return typeof value === "string" || (typeof value === "number" && Number.isSafeInteger(value));
}

function refused(why: string, id: RequestId | null): Envelope {
  return { kind: "refused", code: CODE.invalidRequest, why, id };
}

/** Texts of messages of our own. `params` given as text go in as they are. */
export function requestText(id: RequestId, method: string, params: JsonObject | string | undefined): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":${JSON.stringify(method)}${paramsText(params)}}`;
}

export function notificationText(method: string, params: JsonObject | string | undefined): string {
  return `{"jsonrpc":"2.0","method":${JSON.stringify(method)}${paramsText(params)}}`;
}

export function resultText(id: RequestId, result: Json): string {
  return resultFromText(id, JSON.stringify(result));
}

/** The same for a result whose own text is to travel untouched. */
export function resultFromText(id: RequestId, result: string): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`;
}

export function errorText(id: RequestId | null, code: number, message: string, data?: Json): string {
  const error = data === undefined ? { code, message } : { code, message, data };
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":${JSON.stringify(error)}}`;
}

function paramsText(params: JsonObject | string | undefined): string {
  if (params === undefined) return "";
  return `,"params":${typeof params === "string" ? params : JSON.stringify(params)}`;
}
