import { unavailable } from "../fault.ts";
import { createTurnstile } from "../turnstile.ts";
import type { Connection, Engine } from "./engine.ts";
import { describe, type SqliteConnection } from "./sqlite-connection.ts";

/** Bodies that one commit covers at most: more would only make the first of them wait longer. */
const BATCH = 256;
/** How long a batch waits for another process that writes, and how often it asks again. */
const PATIENCE_MS = 2_000;
const ASK_AGAIN_MS = 10;

interface Waiting {
  readonly work: (connection: Connection) => Promise<unknown>;
  readonly effective: () => void;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

type Ran = { readonly kind: "returned"; readonly value: unknown } | { readonly kind: "threw"; readonly error: unknown };

/** One flush to the disk for all writes that wait at the time: they run one after the other, each behind its own
 *  savepoint, and are answered after the commit, also those that threw: what they saw may not have lasted.
 *
 *  Reads run on the same connection between two batches. A second connection would see the same, but loses its page
 *  cache with each commit of the first; and as SQLite holds the thread while it works, it would gain no time. */
export function createGroupCommit(connection: SqliteConnection, close: () => void): Engine {
  const turnstile = createTurnstile();
  const queue: Waiting[] = [];
  let readers = 0;
  let running: Promise<void> | null = null;
  let closing: Promise<void> | null = null;

  /** Writes until nobody waits. Each turn of the event loop lets more callers join. */
  async function drain(): Promise<void> {
    let askedFrom: number | null = null;
    await turn();
    while (queue.length > 0) {
      const answers = await turnstile.alone(commitSome);
      if (answers !== "busy") {
        askedFrom = null;
        for (const answer of answers) answer();
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

  /** Runs and commits those who wait; what it returns tells them. */
  async function commitSome(): Promise<"busy" | (() => void)[]> {
    let batch: readonly Waiting[] = [];
    try {
      if (!connection.beginToWrite()) return "busy";
      batch = queue.splice(0, BATCH);
      const ran: Ran[] = [];
      for (const one of batch) ran.push(await runBehindSavepoint(one));
      connection.commit();
      for (const [at, one] of batch.entries()) if (ran[at]?.kind === "returned") one.effective();
      return batch.map((one, at) => () => answer(one, ran[at]));
    } catch (cause) {
      const refused = batch.length > 0 ? batch : queue.splice(0, BATCH);
      rollback();
      const error = unavailable(describe(cause), cause);
      return refused.map((one) => () => one.reject(error));
    }
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
        await turnstile.alone(async () => close());
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

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
