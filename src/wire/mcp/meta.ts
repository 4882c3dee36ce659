import { isObject, type Json, type JsonObject, own } from "../../domain/json.ts";
import { META } from "./revisions.ts";

/** What is kept of a value that may travel; undefined for one that may not. Nobody judges these, so none is longer than
 *  what it is for. */
type Keeps = (value: Json) => Json | undefined;

const text =
  (pattern: RegExp): Keeps =>
  (value) =>
    typeof value === "string" && pattern.test(value) ? value : undefined;
const keepsToken: Keeps = (value) =>
  (typeof value === "string" && value.length <= 256) || Number.isSafeInteger(value) ? value : undefined;

/** Who a client says it is: its name and version, and nothing beside. */
export const keepsClient: Keeps = (value) => members(value, ["name", "title", "version"], text(/^.{0,128}$/su));

const CAPABILITIES = ["roots", "sampling", "elicitation", "experimental", "extensions", "tasks"];
const MAX_CAPABILITY = 1_024;
/** What a client says that it can do, as far as MCP gives it a name. */
export const keepsCapabilities: Keeps = (value) =>
  members(value, CAPABILITIES, (one) =>
    isObject(one) && JSON.stringify(one).length <= MAX_CAPABILITY ? one : undefined,
  );

/** What may travel upstream. `baggage` is text for whoever comes next, which is what may not. */
const TRAVELS: Readonly<Record<string, Keeps>> = {
  progressToken: keepsToken,
  [META.protocol]: text(/^[\w.-]{1,32}$/),
  [META.client]: keepsClient,
  [META.capabilities]: keepsCapabilities,
  [META.logLevel]: text(/^[a-z]{1,16}$/),
  [META.subscription]: keepsToken,
  traceparent: text(/^[0-9a-f]{2}-[0-9a-f-]{1,62}$/),
  tracestate: text(/^[\x21-\x7e]{1,256}$/),
};

function members(value: Json, names: readonly string[], keeps: Keeps): JsonObject | undefined {
  if (!isObject(value)) return undefined;
  return Object.fromEntries(
    names.flatMap((name) => {
      const given = own(value, name);
      const kept = given === undefined ? undefined : keeps(given);
      return kept === undefined ? [] : [[name, kept]];
    }),
  );
}

/** What a legacy client's `initialize` tells its servers. */
export function reduceInitialize(params: JsonObject): JsonObject {
  return {
    protocolVersion: own(params, "protocolVersion") ?? null,
    capabilities: keepsCapabilities(own(params, "capabilities") ?? null) ?? {},
    clientInfo: keepsClient(own(params, "clientInfo") ?? null) ?? {},
  };
}

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
    const reduced = value === undefined || !Object.hasOwn(TRAVELS, key) ? undefined : TRAVELS[key]?.(value);
    if (reduced === undefined) continue;
    kept[key] = reduced;
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
