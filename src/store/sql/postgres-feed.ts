import pg from "pg";
import { feedAfter } from "../../domain/feed.ts";
import type { StoreEvent } from "../../ports/store.ts";
import type { Log } from "../../ports/system.ts";
import type { Hearing } from "./poll-feed.ts";
import { describePostgres } from "./postgres-fault.ts";
import { CHANNEL } from "./postgres-writes.ts";
import type { Teller } from "./teller.ts";

const HEARTBEAT_MS = 1_000;
const RETRY_MS = 250;
/** An answer that takes longer is none: the connection is given up and made anew. */
const PATIENCE_MS = 1_500;

/** Hears of commits over a connection of its own. A notification only says that there is something to read; what is told
 *  is what the table says, so a lost, doubled, reordered or forged one changes nothing. Each second it looks without
 *  being told. It counts as heard when all that was there at the time of asking has been told on. */
export function listenFeed(parts: {
  readonly settings: pg.ClientConfig;
  readonly teller: Teller;
  readonly log: Log;
}): Hearing {
  const { teller, log } = parts;
  let heardAt = performance.now();
  const over = new AbortController();
  let wake = (): void => {};
  let end: (why: Error) => void = () => {};

  async function session(): Promise<void> {
    const client = new pg.Client({
      ...parts.settings,
      application_name: "writ feed",
      connectionTimeoutMillis: PATIENCE_MS,
      query_timeout: PATIENCE_MS,
    });
    const gone = new Promise<never>((_, reject) => {
      end = reject;
      client.on("error", reject);
      client.on("end", () => reject(new Error("the connection ended")));
    });
    gone.catch(() => {});
    client.on("notification", ({ payload }) => {
      // Its own commits it has told already.
      if (!(Number(payload) <= teller.told())) wake();
    });
    const read = async (after: number, limit: number) =>
      (
        await client.query<StoreEvent>({
          name: "events",
          text: "SELECT sequence, kind, id FROM events WHERE sequence > $1 ORDER BY sequence LIMIT $2",
          values: [after, limit],
        })
      ).rows;
    try {
      await Promise.race([client.connect(), gone]);
      await client.query(`LISTEN ${CHANNEL}`);
      while (!over.signal.aborted) {
        const woken = new Promise<void>((resolve) => (wake = resolve));
        const asked = performance.now();
        const { rows } = await client.query<{ value: number }>({
          name: "newest",
          text: "SELECT value FROM counters WHERE name = 'sequence'",
        });
        await teller.reach(rows[0]?.value ?? 0, read);
        heardAt = asked;
        await Promise.race([woken, pause(HEARTBEAT_MS), gone]);
      }
    } finally {
      await Promise.race([client.end().catch(() => {}), pause(RETRY_MS)]);
    }
  }

  async function keepListening(): Promise<void> {
    let quiet = false;
    while (!over.signal.aborted) {
      try {
        await session();
      } catch (cause) {
        if (over.signal.aborted) return;
        if (!quiet) log.warn({ why: describePostgres(cause) }, "the feed of the store is interrupted");
        quiet = performance.now() - heardAt > HEARTBEAT_MS;
        await pause(RETRY_MS);
      }
    }
  }
  const listening = keepListening();

  return {
    feed: () => feedAfter(performance.now() - heardAt),
    async stop() {
      over.abort();
      wake();
      end(new Error("the store is closed"));
      await listening;
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
