import { unavailable } from "../fault.ts";
import { createTurnstile } from "../turnstile.ts";
import { turn } from "../turn.ts";
import type { Connection, Engine } from "./engine.ts";
import { describe, type SqliteConnection } from "./sqlite-connection.ts";

/** Bodies that one commit covers at most: more would only make the first of them wait longer. */
const BATCH = 256;
/** How long a batch waits for another process that writes, and how often it asks again. */
const PATIENCE_MS = 2_000;
const ASK_AGAIN_MS = 10;

interface Waiting {
  readonly work: (connection: Connection) => Promise<unknown>;
  readonly effective: () => void | Promise<void>;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/** What became of those who waited, as far as the database knows. */
type Batch =
  | { readonly kind: "committed"; readonly waiting: readonly Waiting[]; readonly ran: readonly Ran[] }
  | { readonly kind: "void"; readonly waiting: readonly Waiting[]; readonly cause: unknown };

type Ran = { readonly kind: "returned"; readonly value: unknown } | { readonly kind: "threw"; readonly error: unknown };

/** What the database does beside its connection. */
export interface Disk {
  /** Makes all that was committed so far outlast a loss of power. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** One flush to the disk for all writes that wait at the time: they run one after the other, each behind its own
 *  savepoint, and are answered after the commit has been flushed, also those that threw: what they saw may not have
 *  lasted. The disk works beside the thread, which meanwhile reads, and whoever comes waits for the next commit.
 *  A read may so see what a loss of power would still take; nothing that is written after it would be left then.
 *
 *  Reads run on the same connection between two batches. A second connection would see the same, but loses its page
 *  cache with each commit of the first; and as SQLite holds the thread while it works, it would gain no time. */
export function createGroupCommit(connection: SqliteConnection, disk: Disk): Engine {
  const turnstile = createTurnstile();
  const queue: Waiting[] = [];
  /** Why nothing more is written. After a flush that failed, another one that succeeds says nothing of what the first
   *  was for: the system has dropped it. Only reading the file anew tells what is in it. */
  let lost: unknown = null;
  let readers = 0;
  let running: Promise<void> | null = null;
  let closing: Promise<void> | null = null;

  /** Writes until nobody waits. Each turn of the event loop lets more callers join. */
  async function drain(): Promise<void> {
    let askedFrom: number | null = null;
    await turn();
    while (queue.length > 0) {
      const batch = await turnstile.alone(commitSome);
      if (batch !== "busy") {
        askedFrom = null;
        await flushed(batch);
        await turn();
        continue;
      }
      askedFrom ??= performance.now();
      if (performance.now() - askedFrom < PATIENCE_MS) {
        await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
      } else {
        askedFrom = null;
        const error = unavailable("another process holds the database");
        for (const one of queue.splice(0)) one.reject(error);
      }
    }
    running = null;
  }

  /** Runs and commits those who wait. */
  async function commitSome(): Promise<"busy" | Batch> {
    let waiting: readonly Waiting[] = [];
    try {
      if (lost !== null) throw lost;
      if (!connection.beginToWrite()) return "busy";
      waiting = queue.splice(0, BATCH);
      const ran: Ran[] = [];
      for (const one of waiting) ran.push(await runBehindSavepoint(one));
      connection.commit();
      return { kind: "committed", waiting, ran };
    } catch (cause) {
      const refused = waiting.length > 0 ? waiting : queue.splice(0, BATCH);
      rollback();
      return { kind: "void", waiting: refused, cause };
    }
  }

  /** Tells those who waited, once it has lasted or is known not to. */
  async function flushed(batch: Batch): Promise<void> {
    if (batch.kind === "committed") {
      try {
        await disk.flush();
      } catch (cause) {
        lost = cause;
        return flushed({ kind: "void", waiting: batch.waiting, cause });
      }
      for (const [at, one] of batch.waiting.entries()) if (batch.ran[at]?.kind === "returned") await one.effective();
      for (const [at, one] of batch.waiting.entries()) answer(one, batch.ran[at]);
      return;
    }
    const error = unavailable(describe(batch.cause), batch.cause);
    for (const one of batch.waiting) one.reject(error);
  }

  async function runBehindSavepoint(one: Waiting): Promise<Ran> {
    connection.beginBody();
    let ran: Ran;
    try {
      ran = { kind: "returned", value: await one.work(connection) };
    } catch (error) {
      ran = { kind: "threw", error };
    }
    if (connection.fault !== null) throw connection.fault;
    connection.endBody(ran.kind === "returned");
    return ran;
  }

  return {
    read(work) {
      if (closing !== null) return Promise.reject(unavailable("the store is closed"));
      return turnstile.together(async () => {
        if (readers === 0) connection.beginToRead();
        readers += 1;
        try {
          return await work(connection);
        } finally {
          readers -= 1;
          if (readers === 0) rollback();
        }
      });
    },

    write(work, effective) {
      if (closing !== null) return Promise.reject(unavailable("the store is closed"));
      return new Promise((resolve, reject) => {
        queue.push({ work, effective, resolve: resolve as (value: never) => void, reject });
        running ??= drain();
      });
    },

    close() {
      closing ??= (async () => {
        await running;
        await turnstile.alone(() => disk.close());
      })();
      return closing;
    },
  };

  function rollback(): void {
    try {
      connection.rollback();
    } catch {
      // Whoever begins next tries again first, and is refused if that fails.
    }
  }
}

function answer(one: Waiting, ran: Ran | undefined): void {
  if (ran?.kind === "returned") one.resolve(ran.value as never);
  else one.reject(ran?.error);
}
