import { unavailable } from "../fault.ts";
import { turn } from "../turn.ts";
import type { Connection } from "./engine.ts";
import type { KeptRows } from "./kept-rows.ts";
import { PostgresConnection } from "./postgres-connection.ts";
import type { Begin } from "./postgres-engine.ts";
import { describePostgres } from "./postgres-fault.ts";
import { LOCK, WRITERS } from "./postgres-lock.ts";

/** Bodies that one commit covers at most: more would only make the first of them wait longer. */
const BATCH = 256;

/** Each statement after the lock sees all that its last holder committed. */
const BEGIN = `BEGIN; SELECT pg_advisory_xact_lock(${LOCK}, ${WRITERS}); SELECT value FROM counters WHERE name = 'state'`;

/** Longer than the server lets anybody wait for the lock. */
const PATIENCE_MS = 8_000;

/** The channel on which a commit with events is told. */
export const CHANNEL = "writ_events";

interface Waiting {
  readonly work: (connection: Connection) => Promise<unknown>;
  readonly effective: () => void | Promise<void>;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

type Ran = { readonly kind: "returned"; readonly value: unknown } | { readonly kind: "threw"; readonly error: unknown };

/** One lock and one commit for all writes of this gateway that wait at the time: they run one after the other, and are
 *  answered once the commit is durable, also those that threw. The lock is one for all gateways, and ends with its
 *  transaction, however that ends: writers go one after the other in the order of their sequences and ledger entries.
 *
 *  At first bodies run without savepoints, as they hardly ever throw after having written; when one does, all of the
 *  batch run again, each behind its own. */
export function createWrites(begin: Begin, known: KeptRows) {
  const queue: Waiting[] = [];
  let running: Promise<void> | null = null;

  /** Each turn of the event loop lets more callers join. */
  async function drain(): Promise<void> {
    await turn();
    while (queue.length > 0) await commitSome();
    running = null;
  }

  async function commitSome(): Promise<void> {
    let connection: PostgresConnection;
    try {
      connection = await begin(BEGIN, PATIENCE_MS, (client, state) => {
        known.standAt(state);
        return new PostgresConnection(client, known, state);
      });
    } catch (error) {
      for (const one of queue.splice(0)) one.reject(error);
      return;
    }
    const waiting = queue.splice(0, BATCH);
    let ran: readonly Ran[];
    try {
      ran = (await runAll(connection, waiting, false)) ?? (await runAgain(connection, waiting));
      await commit(connection);
    } catch (cause) {
      known.endTransaction(false);
      known.forgetAll();
      connection.client.release(true);
      const error = unavailable(describePostgres(cause), cause);
      for (const one of waiting) one.reject(error);
      return;
    }
    connection.client.release();
    await tell(waiting, ran);
  }

  /** Null when a body threw after it had written, and nothing stands behind a savepoint. */
  async function runAll(
    connection: PostgresConnection,
    waiting: readonly Waiting[],
    guarded: boolean,
  ): Promise<readonly Ran[] | null> {
    known.beginTransaction();
    const ran: Ran[] = [];
    let wrote = false;
    for (const one of waiting) {
      if (guarded) await connection.script("SAVEPOINT body");
      known.beginBody();
      connection.wrote = false;
      const how = await run(one, connection);
      if (connection.fault !== null) throw connection.fault;
      const returned = how.kind === "returned";
      if (!returned && connection.wrote && !guarded) return null;
      if (guarded) await connection.script(returned ? "RELEASE body" : "ROLLBACK TO body; RELEASE body");
      known.endBody(returned);
      wrote ||= returned && connection.wrote;
      ran.push(how);
    }
    connection.wrote = wrote;
    return ran;
  }

  async function runAgain(connection: PostgresConnection, waiting: readonly Waiting[]): Promise<readonly Ran[]> {
    known.endTransaction(false);
    connection.announced = 0;
    const answer = await connection.script(`ROLLBACK; ${BEGIN}`);
    connection.state = Number(answer.rows[0]?.["value"]);
    known.standAt(connection.state);
    return (await runAll(connection, waiting, true)) ?? [];
  }

  async function commit(connection: PostgresConnection): Promise<void> {
    const { wrote, announced } = connection;
    const tells = announced === 0 ? "" : `SELECT pg_notify('${CHANNEL}', '${announced}');`;
    const counts = wrote ? "UPDATE counters SET value = value + 1 WHERE name = 'state';" : "";
    const answer = await connection.script(`${counts} ${tells} COMMIT`);
    // A transaction with a failed statement in it is rolled back by its COMMIT, which says so.
    if (connection.fault !== null) throw connection.fault;
    if (answer.command !== "COMMIT") throw new Error(`the commit was answered ${answer.command}`);
    known.endTransaction(true);
    if (wrote) known.advanceTo(connection.state + 1);
  }

  async function tell(waiting: readonly Waiting[], ran: readonly Ran[]): Promise<void> {
    for (const [at, one] of waiting.entries()) if (ran[at]?.kind === "returned") await one.effective();
    for (const [at, one] of waiting.entries()) {
      const how = ran[at];
      if (how?.kind === "returned") one.resolve(how.value as never);
      else one.reject(how?.error);
    }
  }

  return {
    write<T>(work: (connection: Connection) => Promise<T>, effective: () => void | Promise<void>): Promise<T> {
      return new Promise((resolve, reject) => {
        queue.push({ work, effective, resolve: resolve as (value: never) => void, reject });
        running ??= drain();
      });
    },
    async settled() {
      await running;
    },
  };
}

async function run(one: Waiting, connection: Connection): Promise<Ran> {
  try {
    return { kind: "returned", value: await one.work(connection) };
  } catch (error) {
    return { kind: "threw", error };
  }
}
