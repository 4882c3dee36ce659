import pg from "pg";
import type { PostgresAddress } from "./address.ts";

/** Settings of every connection of ours: names mean the system's own, values have one spelling. The login that runs a
 *  statement can change them, so none of them is a wall. */
const SETTINGS = [
  "search_path=pg_catalog",
  "DateStyle=ISO",
  "TimeZone=UTC",
  "IntervalStyle=iso_8601",
  "bytea_output=hex",
  "extra_float_digits=1",
  "client_encoding=UTF8",
  "client_connection_check_interval=1000",
  "idle_in_transaction_session_timeout=60000",
];
const CONNECT_MS = 10_000;

/** How a connection to `address` is made. */
export function clientSettings(address: PostgresAddress, more: readonly string[] = []): pg.ClientConfig {
  return {
    ...address,
    application_name: "writ",
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MS,
    options: [...SETTINGS, ...more].map((one) => `-c ${one.replaceAll(/[\\ ]/g, "\\$&")}`).join(" "),
  };
}

/** A few connections of the login that Writ itself has there. `failed` hears of one that is lost while it waits. */
export function openPool(address: PostgresAddress, most: number, failed: (cause: Error) => void): pg.Pool {
  const pool = new pg.Pool({
    ...clientSettings(address, ["lock_timeout=5000", "statement_timeout=15000"]),
    max: most,
    idleTimeoutMillis: 60_000,
    allowExitOnIdle: true,
  });
  pool.on("error", failed);
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

/** `name` as SQL writes a name, whatever it holds. */
export function quoted(name: string): string {
  return pg.escapeIdentifier(name);
}

/** PostgreSQL's SQLSTATE or the system's error code; null where there is neither. */
export function codeOf(cause: unknown): string | null {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : null;
}
