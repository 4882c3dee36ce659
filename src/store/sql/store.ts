import type { Kysely } from "kysely";
import type { Store, StoreEvent } from "../../ports/store.ts";
import type { Log } from "../../ports/system.ts";
import { createListeners } from "../listeners.ts";
import type { Engine } from "./engine.ts";
import { SqlReadTx } from "./read-tx.ts";
import { compileReading } from "./reading.ts";
import type { Tables } from "./schema.ts";
import { SqlWriteTx } from "./write-tx.ts";
import { compileWriting } from "./writing.ts";

/** The store over any database that has an `Engine`; `db` only says how queries are written there. */
export function createSqlStore(parts: {
  readonly engine: Engine;
  readonly db: Kysely<Tables>;
  readonly log: Log;
}): Store {
  const { engine } = parts;
  const reading = compileReading(parts.db);
  const writing = compileWriting(parts.db);
  const listeners = createListeners(parts.log);

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
        () => listeners.tell(published),
      );
    },

    subscribe: (listener) => listeners.add(listener),
    close: () => engine.close(),
  };
}
