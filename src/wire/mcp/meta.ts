import { isObject, type Json, type JsonObject, own } from "../../domain/json.ts";
import { META } from "./revisions.ts";

const MAX_TEXT = 8_192;

const isText = (value: Json): boolean => typeof value === "string" && value.length <= MAX_TEXT;
const isToken = (value: Json): boolean => isText(value) || Number.isSafeInteger(value);

/** What may travel upstream, and what it must look like to do so. */
const TRAVELS: Readonly<Record<string, (value: Json) => boolean>> = {
  progressToken: isToken,
  [META.protocol]: isText,
  [META.client]: isObject,
  [META.capabilities]: isObject,
  [META.logLevel]: isText,
  [META.subscription]: isToken,
  traceparent: isText,
  tracestate: isText,
  baggage: isText,
};

/** The `_meta` of `params` if it has one and it is an object. */
export function metaOf(params: JsonObject | undefined): JsonObject | null {
  const meta = params === undefined ? undefined : own(params, "_meta");
  return isObject(meta) ? meta : null;
}

/** The members of `meta` that may travel upstream; anything else, or of another shape, stays behind. Null when none may. */
export function reduceMeta(meta: JsonObject | null): JsonObject | null {
  if (meta === null) return null;
  const kept: Record<string, Json> = {};
  let any = false;
  for (const key of Object.keys(meta)) {
    const value = meta[key];
    if (value === undefined || !Object.hasOwn(TRAVELS, key) || TRAVELS[key]?.(value) !== true) continue;
    kept[key] = value;
    any = true;
  }
  return any ? kept : null;
}

/** `params` with `meta` as its `_meta`, or without one when null. */
export function withMeta(params: JsonObject, meta: JsonObject | null): JsonObject {
  if (meta !== null) return { ...params, _meta: meta };
  if (!Object.hasOwn(params, "_meta")) return params;
  const { _meta: _, ...rest } = params;
  return rest;
}

/** The caller's progress token; undefined without one, or with one of another shape. */
export function progressTokenOf(params: JsonObject | undefined): string | number | undefined {
  const token = own(metaOf(params) ?? {}, "progressToken");
  return typeof token === "string" || (typeof token === "number" && Number.isSafeInteger(token)) ? token : undefined;
}

/** The members every modern request carries, for `protocol`. */
export function modernMeta(protocol: string, client: JsonObject, capabilities: JsonObject): JsonObject {
  return { [META.protocol]: protocol, [META.client]: client, [META.capabilities]: capabilities };
}
