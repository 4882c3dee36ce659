import { WritError } from "../domain/error.ts";
import type { ServerName } from "../domain/ids.ts";
import type { Configuration } from "../ports/configuration.ts";
import type { Log } from "../ports/system.ts";
import { readAddress } from "../wire/postgres/address.ts";
import { type Database, openDatabase } from "../wire/postgres/database.ts";
import { factsOf } from "../wire/postgres/server.ts";
import { openPool } from "../wire/postgres/session.ts";

/** The PostgreSQL databases that are servers. One that cannot be reached now may be there later; one that keeps Writ's own
 *  record is never served.
 *  @throws WritError `database_url_missing`, `database_url_invalid`, `database_needs_tls`, `database_is_writs`. */
export async function openDatabases(
  { servers, store }: Configuration,
  env: Readonly<Record<string, string | undefined>>,
  log: Log,
  undo: (() => unknown)[],
): Promise<ReadonlyMap<ServerName, Database>> {
  const named = servers.flatMap(({ name, launch }) => (launch.kind === "postgres" ? [{ name, launch }] : []));
  if (named.length === 0) return new Map();
  const own = await clusterOfStore(env[store.urlEnv] ?? "");
  const databases = named.map(({ name, launch: { urlEnv } }): [ServerName, Database] => {
    const url = env[urlEnv] ?? "";
    if (url === "") throw missing(name, urlEnv);
    const address = readAddress(url, {
      invalid: (why, hint) =>
        refusal("database_url_invalid", name, `the address in ${urlEnv} does not hold: ${why}`, hint),
      needsTls: (host) =>
        refusal(
          "database_needs_tls",
          name,
          `the database at \`${host}\` is reached over a network, and its certificate is not verified`,
          "add `sslmode=verify-full` to the address, and `sslrootcert=<file>` for an authority of your own",
        ),
    });
    const database = openDatabase(address, own, (cause) =>
      log.warn({ cause, server: name }, "a connection to a database was lost"),
    );
    undo.push(() => database.close());
    return [name, database];
  });
  await Promise.all(databases.map(([name, database]) => notOurs(name, database, log)));
  return new Map(databases);
}

async function notOurs(name: ServerName, database: Database, log: Log): Promise<void> {
  try {
    await database.ready();
  } catch (cause) {
    if (cause instanceof WritError && cause.code === "database_is_writs") throw cause;
    log.warn({ cause, server: name }, "a database cannot be used now");
  }
}

/** Null for a store that is a file. */
async function clusterOfStore(url: string): Promise<string | null> {
  if (url === "") return null;
  // It was read when the store was opened, which comes first.
  const pool = openPool(
    readAddress(url, { invalid: (why) => new Error(why), needsTls: (host) => new Error(host) }),
    1,
    () => {},
  );
  try {
    return (await factsOf(pool)).cluster;
  } finally {
    await pool.end();
  }
}

function missing(server: ServerName, variable: string): WritError {
  return refusal(
    "database_url_missing",
    server,
    `the environment variable ${variable} holds no address for the database \`${server}\``,
    `set ${variable} to postgres://user:password@host:port/database`,
  );
}

function refusal(code: string, server: ServerName, message: string, hint: string): WritError {
  return new WritError({ code, status: 400, facts: { server }, message, hint });
}
