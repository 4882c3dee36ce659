import { isObject, type Json, own } from "../domain/json.ts";
import type { Incoming } from "../ports/upstream.ts";
import { CODE, eraOf } from "../wire/mcp/revisions.ts";

/** What an upstream's answer to `server/discover` tells of the revisions it speaks. */
export type Verdict =
  | { readonly kind: "modern"; readonly revisions: readonly string[] }
  | { readonly kind: "legacy" }
  /** It could not be asked, or wants to know first who asks: neither says anything about its era. */
  | { readonly kind: "unknown"; readonly why: string };

/** A recognised modern error is modern; 401, 403 and silence over HTTP say nothing; every other refusal is an old server's. */
export function judgeProbe(incoming: Incoming, silenceIsLegacy: boolean): Verdict {
  switch (incoming.kind) {
    case "answered":
      return judgeAnswer(incoming.message.value);
    case "rejected":
      return incoming.status === 401 || incoming.status === 403 || incoming.status >= 500 || incoming.status < 400
        ? { kind: "unknown", why: incoming.why }
        : { kind: "legacy" };
    case "lost":
      return silenceIsLegacy && incoming.why === "timeout"
        ? { kind: "legacy" }
        : { kind: "unknown", why: incoming.why };
    case "not_sent":
    case "undone":
      return { kind: "unknown", why: incoming.why };
  }
}

function judgeAnswer(value: Json): Verdict {
  const result = isObject(value) ? own(value, "result") : undefined;
  if (isObject(result)) return modern(own(result, "supportedVersions"));
  const error = isObject(value) ? own(value, "error") : undefined;
  if (!isObject(error)) return { kind: "legacy" };
  const data = own(error, "data");
  if (error["code"] === CODE.unsupportedRevision) return modern(isObject(data) ? own(data, "supported") : undefined);
  if (error["code"] === CODE.headerMismatch || error["code"] === CODE.missingCapability)
    return { kind: "unknown", why: "it refuses to be discovered" };
  return { kind: "legacy" };
}

function modern(listed: Json | undefined): Verdict {
  const revisions = supported(listed).filter((revision) => eraOf(revision) === "modern");
  return revisions.length === 0 ? { kind: "legacy" } : { kind: "modern", revisions };
}

function supported(listed: Json | undefined): string[] {
  return Array.isArray(listed)
    ? (listed as readonly Json[])
        .filter((one): one is string => typeof one === "string" && one.length <= 32)
        .slice(0, 32)
    : [];
}

/** What a refused `initialize` tells: the revisions of a modern server, or why it would not. */
export function judgeInitialize(
  incoming: Incoming,
): { readonly result: Json } | { readonly speaks: string } | { readonly why: string } {
  if (incoming.kind !== "answered") return { why: incoming.why };
  const result = own(incoming.message.value, "result");
  if (isObject(result)) {
    const revision = own(result, "protocolVersion");
    if (typeof revision !== "string") return { why: "its answer to `initialize` names no revision" };
    return eraOf(revision) === "legacy" ? { result } : { speaks: revision.slice(0, 32) };
  }
  const error = own(incoming.message.value, "error");
  const data = isObject(error) ? own(error, "data") : undefined;
  const code = isObject(error) ? error["code"] : undefined;
  if (code === CODE.unsupportedRevision)
    return { speaks: supported(isObject(data) ? own(data, "supported") : undefined).join(", ") || "another revision" };
  return { why: `it refused to initialize (${String(code)})` };
}
