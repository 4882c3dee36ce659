import { WritError } from "../../domain/error.ts";
import { own } from "../../domain/json.ts";
import type { SqlCatalogue } from "../../domain/sql-catalogue.ts";
import { VERSION } from "../../domain/version.ts";
import type { DatabaseLaunch, ServerConfiguration } from "../../ports/configuration.ts";
import type { Log } from "../../ports/system.ts";
import type { Channel, Opened, Opening, Upstream } from "../../ports/upstream.ts";
import { canonicalize } from "../../wire/json/canonical.ts";
import { eraOf, MODERN_REVISIONS, NEWEST_LEGACY } from "../../wire/mcp/revisions.ts";
import { unavailable } from "../catalogue.ts";
import type { Backend } from "./backend.ts";
import { CAPABILITIES, databaseChannel } from "./channel.ts";
import { toolsFor } from "./tools.ts";

const LOOK_AGAIN_MS = 60_000;

/** A database as a server of Writ's own making: it speaks every revision, starts nothing, and what it knows of its tables
 *  is what statements are judged by. */
export function createDatabaseUpstream(
  configuration: ServerConfiguration,
  launch: DatabaseLaunch,
  backend: Backend,
  about: { readonly name: string; readonly log: Log },
): Upstream {
  const server = configuration.name;
  const channels = new Set<Channel>();
  const tools = toolsFor(`the database \`${server}\``, launch.kind === "postgres" ? "$1, $2" : "?");
  const info = { name: `writ-${launch.kind}`, version: VERSION };
  let known: SqlCatalogue | null = null;
  let stale = true;
  const timer = setInterval(() => known !== null && outdated(), LOOK_AGAIN_MS);
  timer.unref();

  async function look(): Promise<SqlCatalogue> {
    if (known !== null && !stale) return known;
    stale = false;
    try {
      return (known = await backend.refresh());
    } catch (cause) {
      stale = true;
      throw cause;
    }
  }

  /** Read anew beside the call that made it so: a statement that meets the old one is refused by the database. */
  function outdated(): void {
    stale = true;
    void look().catch((cause: unknown) => about.log.warn({ cause, server }, "a database could not be read anew"));
  }

  function open({ era, protocol, initialize }: Opening): Promise<Opened> {
    if (era === "modern" && !(MODERN_REVISIONS as readonly string[]).includes(protocol))
      return Promise.resolve({ kind: "era_mismatch", speaks: MODERN_REVISIONS.join(", ") });
    const parts = {
      server,
      configuration,
      rows: launch.rows,
      info,
      tools,
      backend,
      catalogue: look,
      stale: outdated,
      log: about.log,
    };
    const inner = databaseChannel(parts, era);
    const channel: Channel = {
      ...inner,
      close() {
        channels.delete(channel);
        return inner.close();
      },
    };
    channels.add(channel);
    if (era === "modern") return Promise.resolve({ kind: "open", channel, result: null });
    const asked = initialize === null ? undefined : own(initialize, "protocolVersion");
    const agreed = typeof asked === "string" && eraOf(asked) === "legacy" ? asked : NEWEST_LEGACY;
    const result = { protocolVersion: agreed, capabilities: CAPABILITIES, serverInfo: info };
    return Promise.resolve({ kind: "open", channel, result });
  }

  return {
    server,
    origin: canonicalize({ kind: launch.kind, name: about.name }),
    open,
    async catalogue() {
      try {
        stale = true;
        await look();
        return tools;
      } catch (cause) {
        const why = cause instanceof WritError ? `${cause.message} (${cause.code})` : "it is not reached";
        about.log.warn({ cause, server }, "a database is not reached");
        throw unavailable(server, why);
      }
    },
    onToolsChanged: () => {},
    database() {
      if (known !== null && backend.now !== undefined) known = backend.now(known);
      return known;
    },
    async close() {
      clearInterval(timer);
      await Promise.all([...channels].map((channel) => channel.close()));
      await backend.close();
    },
  };
}
