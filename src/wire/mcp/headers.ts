import { isObject, type Json, type JsonObject, own } from "../../domain/json.ts";
import type { HeaderParam } from "./header-params.ts";
import { HEADER } from "./revisions.ts";

/** Header values as `node:http` gives them: names in lower case, repeated ones joined or listed. */
export type HeaderBag = Readonly<Record<string, string | readonly string[] | undefined>>;

export type HeaderCheck =
  | { readonly kind: "agree" }
  /** To be answered with 400 and -32020. */
  | { readonly kind: "mismatch"; readonly header: string; readonly why: string };

/** Which member of `params` `Mcp-Name` repeats. */
const NAME_SOURCE: Readonly<Record<string, string>> = {
  "tools/call": "name",
  "prompts/get": "name",
  "resources/read": "uri",
  "tasks/get": "taskId",
  "tasks/update": "taskId",
  "tasks/cancel": "taskId",
};

/** Compares the 2026-07-28 headers of a request with its body: whoever routed on the one must have routed on the other.
 *  `protocol` is what `_meta` names; `declared` are the header parameters of the called tool, null where it is not known
 *  (then `Mcp-Param-*` stays unchecked here, and the upstream checks). Notifications pass without headers, not with wrong ones. */
export function checkHeaders(
  headers: HeaderBag,
  message: {
    readonly kind: "request" | "notification";
    readonly method: string;
    readonly params: JsonObject | undefined;
  },
  protocol: string | null,
  declared: readonly HeaderParam[] | null,
): HeaderCheck {
  const required = message.kind === "request";
  const version = single(headers, HEADER.protocol);
  if (version === undefined && required) return mismatch("MCP-Protocol-Version", "it is missing");
  if (version !== undefined && protocol !== null && version !== protocol)
    return mismatch("MCP-Protocol-Version", "`_meta` names another revision");
  const method = single(headers, HEADER.method);
  if (method === undefined && required) return mismatch("Mcp-Method", "it is missing");
  if (method !== undefined && method !== message.method) return mismatch("Mcp-Method", "the body names another method");
  if (!required) return { kind: "agree" };
  const named = checkName(headers, message.method, message.params);
  if (named !== null) return named;
  if (message.method !== "tools/call" || declared === null) return { kind: "agree" };
  const args = own(message.params ?? {}, "arguments");
  for (const param of declared) {
    const wrong = checkParam(headers, param, args);
    if (wrong !== null) return wrong;
  }
  return { kind: "agree" };
}

function checkName(headers: HeaderBag, method: string, params: JsonObject | undefined): HeaderCheck | null {
  const expected = nameOf(method, params);
  if (expected === null) return null;
  const raw = single(headers, HEADER.name);
  if (raw === undefined) return mismatch("Mcp-Name", "it is missing");
  const given = decodeHeaderValue(raw);
  if (given === null) return mismatch("Mcp-Name", "it is not well encoded");
  return given === expected ? null : mismatch("Mcp-Name", "the body names something else");
}

function checkParam(headers: HeaderBag, param: HeaderParam, args: Json | undefined): HeaderCheck | null {
  const value = at(args, param.path);
  const expected = headerText(value);
  if (expected === null) return null;
  const header = `Mcp-Param-${param.name}`;
  const raw = single(headers, header.toLowerCase());
  if (raw === undefined) return mismatch(header, "it is missing, and the argument is given");
  const given = decodeHeaderValue(raw);
  if (given === null) return mismatch(header, "it is not well encoded");
  const same =
    given === expected ||
    (typeof value === "number" && param.type !== "string" && /^-?\d+(\.\d+)?$/.test(given) && Number(given) === value);
  return same ? null : mismatch(header, "the argument has another value");
}

/** The headers that go with a modern request, made from the body as it is now: after a rename the old ones would lie.
 *  `incoming` gives `Mcp-Param-*` headers that no schema of ours declares; they travel as they came. */
export function computeHeaders(
  protocol: string,
  method: string,
  params: JsonObject | undefined,
  declared: readonly HeaderParam[] | null,
  incoming: HeaderBag = {},
): Record<string, string> {
  const headers: Record<string, string> = {
    [HEADER.protocol]: encodeHeaderValue(protocol),
    [HEADER.method]: encodeHeaderValue(method),
  };
  const name = nameOf(method, params);
  if (name !== null) headers[HEADER.name] = encodeHeaderValue(name);
  for (const [key, value] of Object.entries(incoming)) {
    if (key.startsWith(HEADER.paramPrefix) && typeof value === "string" && SAFE.test(value)) headers[key] = value;
  }
  if (method !== "tools/call" || declared === null) return headers;
  const args = own(params ?? {}, "arguments");
  for (const param of declared) {
    const key = HEADER.paramPrefix + param.name.toLowerCase();
    const text = headerText(at(args, param.path));
    if (text === null) delete headers[key];
    else headers[key] = encodeHeaderValue(text);
  }
  return headers;
}

const SAFE = /^[\x20-\x7e]*$/;
const WRAPPED = /^=\?base64\?(.*)\?=$/s;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Printable ASCII as it is; anything a header cannot carry exactly, or that looks wrapped already, as `=?base64?…?=`. */
export function encodeHeaderValue(text: string): string {
  const plain = SAFE.test(text) && !text.startsWith(" ") && !text.endsWith(" ") && !WRAPPED.test(text);
  return plain ? text : `=?base64?${Buffer.from(text, "utf8").toString("base64")}?=`;
}

/** The text a header value stands for; null when it is wrapped and what is inside is not base64 of UTF-8. */
export function decodeHeaderValue(value: string): string | null {
  const inside = WRAPPED.exec(value)?.[1];
  if (inside === undefined) return value;
  if (!BASE64.test(inside)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(inside, "base64"));
  } catch {
    return null;
  }
}

function nameOf(method: string, params: JsonObject | undefined): string | null {
  const source = Object.hasOwn(NAME_SOURCE, method) ? NAME_SOURCE[method] : undefined;
  const name = source === undefined || params === undefined ? undefined : own(params, source);
  return typeof name === "string" ? name : null;
}

/** Null for what has no header: absent, null, structured, or a number that a header could not repeat exactly. */
function headerText(value: Json | undefined): string | null {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value !== "number" || !Number.isFinite(value)) return null;
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? null : String(value);
}

function at(value: Json | undefined, path: readonly string[]): Json | undefined {
  let here = value;
  for (const key of path) here = isObject(here) ? own(here, key) : undefined;
  return here;
}

/** A header given twice is joined by Node or listed; either way it equals nothing a body says. */
function single(headers: HeaderBag, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "object" ? value.join(", ") : value;
}

function mismatch(header: string, why: string): HeaderCheck {
  return { kind: "mismatch", header, why };
}
