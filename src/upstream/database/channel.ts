import { isObject, type Json, type JsonObject, own } from "../../domain/json.ts";
import type { ServerName } from "../../domain/ids.ts";
import type { SqlCatalogue } from "../../domain/sql-catalogue.ts";
import type { ServerConfiguration } from "../../ports/configuration.ts";
import type { Log } from "../../ports/system.ts";
import type { Channel, Incoming, Outgoing } from "../../ports/upstream.ts";
import { errorText, resultText } from "../../wire/mcp/envelope.ts";
import { ownMessage } from "../../wire/mcp/message.ts";
import { CODE, type Era, META, MODERN_REVISIONS } from "../../wire/mcp/revisions.ts";
import type { Answer, Backend, Job, Ran } from "./backend.ts";
import { describeDatabase } from "./describe.ts";

export interface ChannelParts {
  readonly server: ServerName;
  readonly configuration: ServerConfiguration;
  /** The most rows of an answer. */
  readonly rows: number;
  readonly info: JsonObject;
  readonly tools: readonly JsonObject[];
  readonly backend: Backend;
  /** What is in the database now. */
  readonly catalogue: () => Promise<SqlCatalogue>;
  /** A statement did not fit what is known of it. */
  readonly stale: () => void;
  readonly log: Log;
}

/** The tools come with it: nothing else of MCP does. */
export const CAPABILITIES: JsonObject = { tools: {} };
/** A row stands in an answer twice, as structure and as text, and quotes are escaped in the text. */
const SHARE = 3;
const CLOSED: Incoming = { kind: "not_sent", why: "the conversation was closed" };

/** One conversation with a database. It holds nothing between calls: each has a connection of its own. */
export function databaseChannel(parts: ChannelParts, era: Era): Channel {
  const over = new AbortController();
  const whole: JsonObject = era === "modern" ? { resultType: "complete" } : {};

  const answered = (text: string): Incoming => ({ kind: "answered", message: ownMessage(text), mark: {} });
  const result = (members: JsonObject): Incoming => answered(resultText(0, { ...whole, ...members }));

  async function callTool(outgoing: Outgoing, signal: AbortSignal): Promise<Incoming> {
    const given = own(outgoing.params, "arguments");
    const input = isObject(given) ? given : {};
    const tool = own(outgoing.params, "name");
    if (outgoing.reach === undefined) return { kind: "not_sent", why: "nobody said what the call may reach" };
    if (tool === "describe") {
      const table = own(input, "table");
      const tables = describeDatabase(
        await parts.catalogue(),
        outgoing.reach,
        typeof table === "string" ? table : null,
      );
      return result(said({ tables }));
    }
    const changes = tool === "execute";
    const sql = own(input, "sql");
    if ((tool !== "query" && !changes) || typeof sql !== "string")
      return answered(errorText(0, CODE.invalidParams, "there is no such tool here, or no statement for it"));
    const values = own(input, "params");
    const job: Job = {
      sql,
      params: Array.isArray(values) ? (values as readonly Json[]) : [],
      changes,
      reach: outgoing.reach,
      login: outgoing.login ?? null,
      rows: parts.rows,
      bytes: Math.floor(parts.configuration.maxResultBytes / SHARE),
      timeoutMs: outgoing.timeoutMs,
    };
    const ran = await parts.backend.run(job, signal);
    if (ran.kind === "failed") parts.stale();
    return told(ran, changes);
  }

  function told(ran: Ran, changes: boolean): Incoming {
    switch (ran.kind) {
      case "done":
        return result(said(shown(ran, changes)));
      case "failed":
        return result({ content: [{ type: "text", text: `${ran.says} (${ran.code})` }], isError: true });
      default:
        return ran;
    }
  }

  async function answer(outgoing: Outgoing, signal: AbortSignal): Promise<Incoming> {
    switch (outgoing.method) {
      case "ping":
        return result({});
      case "server/discover":
        return result({
          supportedVersions: [...MODERN_REVISIONS],
          capabilities: CAPABILITIES,
          ttlMs: 0,
          cacheScope: "private",
          _meta: { [META.server]: parts.info },
        });
      case "tools/list":
        return result({ tools: parts.tools, ...(era === "modern" ? { ttlMs: 0, cacheScope: "private" } : {}) });
      case "tools/call":
        return callTool(outgoing, signal);
      default:
        return answered(errorText(0, CODE.methodNotFound, "a database has tools and nothing else"));
    }
  }

  return {
    server: parts.server,
    async request(outgoing, _, signal) {
      if (over.signal.aborted) return CLOSED;
      if (signal.aborted) return { kind: "not_sent", why: "cancelled" };
      try {
        return await answer(outgoing, AbortSignal.any([signal, over.signal]));
      } catch (cause) {
        parts.log.warn({ cause, server: parts.server }, "a database was not reached");
        return { kind: "not_sent", code: "server_unavailable", why: "the database was not reached" };
      }
    },
    notify: () => Promise.resolve(),
    listen: () => Promise.resolve("unsupported"),
    close() {
      over.abort("the conversation was closed");
      return Promise.resolve();
    },
  };
}

function shown({ columns, rows, truncated, changed }: Answer, changes: boolean): JsonObject {
  return { ...(changes ? { changed } : {}), columns: columns.map((one) => ({ ...one })), rows, truncated };
}

function said(structuredContent: JsonObject): JsonObject {
  return { content: [{ type: "text", text: JSON.stringify(structuredContent) }], structuredContent };
}
