import type { Kysely } from "kysely";
import type { Store, StoreEvent } from "../../ports/store.ts";
import type { Log } from "../../ports/system.ts";
import { createListeners } from "../listeners.ts";
import type { Engine } from "./engine.ts";
import { type Hearing, pollFeed } from "./poll-feed.ts";
import { SqlReadTx } from "./read-tx.ts";
import { compileReading } from "./reading.ts";
import type { Tables } from "./schema.ts";
import { createTeller, type Teller } from "./teller.ts";
import { SqlWriteTx } from "./write-tx.ts";
import { compileWriting } from "./writing.ts";

/** Events that stay for other processes to read; who has missed more starts over. */
const EVENTS_KEPT = 100_000;
const SWEEP_MS = 60_000;

/** The store over any database that has an `Engine`; `db` only says how queries are written there. `hear` hears of what
 *  other processes write; without it the store looks for itself. */
export async function openSqlStore(parts: {
  readonly engine: Engine;
  readonly db: Kysely<Tables>;
  readonly log: Log;
  readonly hear?: (teller: Teller) => Hearing;
}): Promise<Store> {
  const { engine, log } = parts;
  const reading = compileReading(parts.db);
  const writing = compileWriting(parts.db);
  const listeners = createListeners(log);
  const newest = () =>
    engine.read(async (connection) => Number((await connection.rows(reading.sequence, {}))[0]?.value ?? 0));
  const read = (after: number, limit: number) =>
    engine.read(async (connection) => (await connection.rows(reading.events, { after, limit })) as StoreEvent[]);
  const teller = createTeller({
    listeners,
    read,
    from: await newest(),
    // What could not be read now is told when it can be.
    failed: (cause) => log.warn({ cause }, "events that others published could not be read"),
  });
  const hearing = parts.hear?.(teller) ?? pollFeed({ newest, read, teller, log });
  const sweeping = setInterval(() => {
    engine
      .write(
        async (connection) => void (await connection.run(writing.sweepEvents, { upTo: teller.told() - EVENTS_KEPT })),
        () => {},
      )
      .catch((cause: unknown) => log.warn({ cause }, "old events could not be swept"));
  }, SWEEP_MS);
  sweeping.unref();
  let closing: Promise<void> | null = null;

  return {
    read(body) {
      return engine.read(async (connection) => {
        const tx = new SqlReadTx(reading, connection);
        try {
          return await body(tx);
        } finally {
          tx.end();
        }
      });
    },

    write(body) {
      let published: readonly StoreEvent[] = [];
      return engine.write(
        async (connection) => {
          const tx = new SqlWriteTx(reading, writing, connection);
          try {
            const value = await body(tx);
            published = tx.published;
            return value;
          } finally {
            tx.end();
          }
        },
        () => teller.own(published),
      );
    },

    subscribe: (listener) => listeners.add(listener),
    feed: () => hearing.feed(),
    close: () =>
      (closing ??= (async () => {
        clearInterval(sweeping);
        const closed = engine.close();
        await hearing.stop();
        await closed;
      })()),
  };
}
