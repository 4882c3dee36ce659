import type { Pool, PoolClient, QueryConfig } from "pg";
import { unavailable } from "../fault.ts";
import type { Engine } from "./engine.ts";
import { KeptRows } from "./kept-rows.ts";
import type { PostgresConnection } from "./postgres-connection.ts";
import { describePostgres, isConnectionLost } from "./postgres-fault.ts";
import { createReads } from "./postgres-reads.ts";
import { createWrites } from "./postgres-writes.ts";

/** The first statements of a transaction tell which state of the store it sees. */
export type Begin = (
  script: string,
  patienceMs: number,
  stand: (client: PoolClient, state: number) => PostgresConnection,
) => Promise<PostgresConnection>;

/** Reads share snapshots, writes share commits, and what is known of a state is asked for once.
 *
 *  Every commit that changed anything gives the store's state its next number, under the lock that all writers of all
 *  gateways take. What was read in one state is so known for as long as nobody writes, and never longer. */
export function createPostgresEngine(pool: Pool): Engine {
  const known = new KeptRows();
  const reads = createReads(begin, known);
  const writes = createWrites(begin, known);
  let closing: Promise<void> | null = null;

  /** A connection that was idle may be to a server that is gone; one that was just made is not. */
  async function begin(...[script, patienceMs, stand]: Parameters<Begin>): Promise<PostgresConnection> {
    for (let again = true; ; again = false) {
      let client: PoolClient | null = null;
      try {
        client = await pool.connect();
        const answer: unknown = await client.query({ text: script, query_timeout: patienceMs } as QueryConfig);
        const last = (answer as readonly { readonly rows: readonly { readonly value: number }[] }[]).at(-1);
        return stand(client, Number(last?.rows[0]?.value));
      } catch (cause) {
        client?.release(true);
        known.forgetAll();
        if (!again || client === null || !isConnectionLost(cause)) throw unavailable(describePostgres(cause), cause);
      }
    }
  }

  return {
    read: (work) => (closing === null ? reads.read(work) : Promise.reject(unavailable("the store is closed"))),
    write: (work, effective) =>
      closing === null ? writes.write(work, effective) : Promise.reject(unavailable("the store is closed")),
    close: () =>
      (closing ??= (async () => {
        await writes.settled();
        await reads.settled();
        await pool.end();
      })()),
  };
}
