import type { ServerName } from "../domain/ids.ts";
import type { ServerConfiguration } from "../ports/configuration.ts";
import type { Introduction } from "../ports/outbound.ts";
import type { Clock, Log } from "../ports/system.ts";
import type { Upstream } from "../ports/upstream.ts";
import type { Database } from "../wire/postgres/database.ts";
import { createChildren } from "./child.ts";
import { createDatabaseUpstream } from "./database/upstream.ts";
import { createHttpUpstream } from "./http.ts";
import { postgresBackend } from "./postgres/postgres.ts";
import { sqliteBackend } from "./sqlite/sqlite.ts";
import { createStdioUpstream } from "./stdio.ts";

export interface Upstreams {
  readonly all: ReadonlyMap<ServerName, Upstream>;
  /** Ends every conversation and every process; resolves when nothing of them is left. */
  closeAll(): Promise<void>;
}

/** Every server is spoken to without a credential, but for what comes with a call. */
const BARE: Introduction = { headers: () => Promise.resolve({}), challenged: () => Promise.resolve(false) };

/** A connector for each configured server. Nothing is started or connected before somebody asks. However our own
 *  process ends, short of SIGKILL, the processes it started end with it. */
export function createUpstreams(
  servers: readonly ServerConfiguration[],
  given: {
    readonly log: Log;
    readonly clock: Clock;
    readonly introduction?: Introduction;
    readonly databases?: ReadonlyMap<ServerName, Database>;
  },
): Upstreams {
  const parts = { ...given, introduction: given.introduction ?? BARE };
  const children = createChildren();
  const all = new Map<ServerName, Upstream>();
  for (const server of servers) all.set(server.name, connectorOf(server));

  function connectorOf(server: ServerConfiguration): Upstream {
    const { launch } = server;
    switch (launch.kind) {
      case "http":
        return createHttpUpstream(server, launch, parts);
      case "stdio":
      case "socket":
        return createStdioUpstream(server, launch, { ...parts, children });
      case "postgres": {
        const database = given.databases?.get(server.name);
        if (database === undefined) throw new TypeError("a database was configured and not opened");
        return createDatabaseUpstream(server, launch, postgresBackend(launch, database), {
          ...parts,
          name: database.name,
        });
      }
      case "sqlite":
        return createDatabaseUpstream(server, launch, sqliteBackend(launch, parts.log), {
          ...parts,
          name: launch.file,
        });
    }
  }

  process.on("exit", children.killAll);
  return {
    all,
    async closeAll() {
      await Promise.all([...all.values()].map((upstream) => upstream.close()));
      children.killAll();
      process.off("exit", children.killAll);
    },
  };
}
