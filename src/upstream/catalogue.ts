import { WritError } from "../domain/error.ts";
import { isObject, type Json, type JsonObject, own } from "../domain/json.ts";
import { VERSION } from "../domain/version.ts";
import type { Channel } from "../ports/upstream.ts";
import { modernMeta, withMeta } from "../wire/mcp/meta.ts";
import { type Era, NEWEST_LEGACY, NEWEST_MODERN } from "../wire/mcp/revisions.ts";
import { NOBODY } from "./answer.ts";
import { LIMITS } from "./limits.ts";

/** How Writ names itself in conversations of its own. */
const OURSELVES: JsonObject = { name: "writ", version: VERSION };
export const OUR_INITIALIZE: JsonObject = { protocolVersion: NEWEST_LEGACY, capabilities: {}, clientInfo: OURSELVES };

/** `_meta` of Writ's own requests in the modern era: it can do nothing for a server. */
export function ourMeta(protocol: string = NEWEST_MODERN): JsonObject {
  return modernMeta(protocol, OURSELVES, {});
}

/** Lists every tool over `channel`.
 *  @throws WritError `server_unavailable` when a page does not come, or there are more than a catalogue holds. */
export async function listTools(channel: Channel, era: Era): Promise<readonly Json[]> {
  const tools: Json[] = [];
  const seen = new Set<string>();
  let size = 0;
  let cursor: string | null = null;
  for (let page = 0; page < LIMITS.pages; page++) {
    const params: JsonObject = withMeta(cursor === null ? {} : { cursor }, era === "modern" ? ourMeta() : null);
    const incoming = await channel.request(
      { method: "tools/list", params, headers: {}, credentials: {}, timeoutMs: LIMITS.handshakeMs },
      NOBODY,
      new AbortController().signal,
    );
    if (incoming.kind !== "answered") throw unavailable(channel.server, `its tools cannot be listed: ${incoming.why}`);
    const result = own(incoming.message.value, "result");
    const error = own(incoming.message.value, "error");
    // A server without tools says that it has no such method.
    if (isObject(error) && error["code"] === -32601) return [];
    const listed = isObject(result) ? own(result, "tools") : undefined;
    if (!isObject(result) || !Array.isArray(listed))
      throw unavailable(channel.server, "its answer to `tools/list` is no list of tools");
    size += incoming.message.text.length;
    tools.push(...(listed as readonly Json[]));
    if (tools.length > LIMITS.tools || size > LIMITS.toolBytes)
      throw unavailable(channel.server, "it lists more tools than a catalogue holds");
    const next = own(result, "nextCursor");
    if (typeof next !== "string") return tools;
    if (seen.has(next)) throw unavailable(channel.server, "its list of tools goes in circles");
    seen.add(next);
    cursor = next;
  }
  throw unavailable(channel.server, "its list of tools does not end");
}

export function unavailable(server: string, why: string): WritError {
  return new WritError({
    code: "server_unavailable",
    status: 502,
    facts: { server, why },
    message: `the server \`${server}\` does not answer as it should: ${why}`,
    hint: "`writ doctor` says what is wrong with it",
  });
}

/** The tools of both lists; where both have one of a name, that of the first. */
export function newestFirst(newest: readonly Json[], older: readonly Json[] | null): readonly Json[] {
  const named = new Set(newest.map(nameOf));
  return [...newest, ...(older ?? []).filter((tool) => !named.has(nameOf(tool)))];
}

function nameOf(tool: Json): Json | undefined {
  return isObject(tool) ? own(tool, "name") : undefined;
}
