import type pg from "pg";
import { type Facts, WritError } from "../../domain/error.ts";
import { nameOf, type PostgresAddress } from "./address.ts";
import { factsOf, type ServerFacts } from "./server.ts";
import { openPool } from "./session.ts";

/** Since this one, who makes a login may be told to have what it has, and no more. */
const OLDEST = 160_000;
const CONNECTIONS = 3;

/** A database that is a server of ours, and the login that Writ itself has there. */
export interface Database {
  readonly address: PostgresAddress;
  /** `host:port/database` */
  readonly name: string;
  readonly pool: pg.Pool;
  /** Resolves once the server was found fit; asked again until it was.
   *  @throws WritError `database_is_writs`, `database_too_old`, `database_login_weak`, `database_counts_nothing`, and what
   *  the connection throws. */
  ready(): Promise<ServerFacts>;
  close(): Promise<void>;
}

/** `own` is the cluster of Writ's own store, null where that is no PostgreSQL. `failed` hears of lost connections. */
export function openDatabase(address: PostgresAddress, own: string | null, failed: (cause: Error) => void): Database {
  const name = nameOf(address);
  const pool = openPool(address, CONNECTIONS, failed);
  let found: Promise<ServerFacts> | null = null;

  async function look(): Promise<ServerFacts> {
    const facts = await factsOf(pool);
    if (own !== null && facts.cluster === own) throw isWrits(name);
    if (facts.version < OLDEST)
      throw unfit("database_too_old", { name }, `the server of \`${name}\` is older than PostgreSQL 16`, "upgrade it");
    if (!facts.makesRoles)
      throw unfit(
        "database_login_weak",
        { name },
        `Writ's login at \`${name}\` may not make logins for tasks`,
        "give it CREATEROLE, and let it own the tables that tasks use or grant them to it WITH GRANT OPTION",
      );
    if (!facts.counts)
      throw unfit(
        "database_counts_nothing",
        { name },
        `the server of \`${name}\` does not count what a transaction changes`,
        "set track_counts = on",
      );
    return facts;
  }

  return {
    address,
    name,
    pool,
    ready() {
      found ??= look().catch((cause: unknown) => {
        found = null;
        throw cause;
      });
      return found;
    },
    close: () => pool.end(),
  };
}

function isWrits(name: string): WritError {
  return unfit(
    "database_is_writs",
    { name },
    `\`${name}\` is on the database server that keeps Writ's own record`,
    "use another server for one of them: agents get no login where the record is",
  );
}

function unfit(code: string, facts: Facts, message: string, hint: string): WritError {
  return new WritError({ code, status: 503, facts, message, hint });
}
