import { turn } from "../turn.ts";
import type { Connection } from "./engine.ts";
import type { KeptRows } from "./kept-rows.ts";
import { PostgresConnection } from "./postgres-connection.ts";
import type { Begin } from "./postgres-engine.ts";

const BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT value FROM counters WHERE name = 'state'";

const PATIENCE_MS = 3_000;

interface Group {
  readonly begun: Promise<PostgresConnection>;
  members: number;
}

/** Reads that come while a snapshot is being asked for share it: it is taken after each of them came, so it holds
 *  every write that had resolved by then. */
export function createReads(begin: Begin, known: KeptRows) {
  let forming: Group | null = null;
  const open = new Set<Promise<void>>();

  function form(): Group {
    const group: Group = {
      members: 0,
      begun: turn().then(() => {
        // Who comes from here on may know of a write that the snapshot misses.
        const began = begin(
          BEGIN,
          PATIENCE_MS,
          (client, state) => new PostgresConnection(client, known.at(state), state),
        );
        if (forming === group) forming = null;
        return began;
      }),
    };
    return group;
  }

  async function read<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const group = (forming ??= form());
    group.members += 1;
    let connection: PostgresConnection | null = null;
    try {
      connection = await group.begun;
      return await work(connection);
    } finally {
      group.members -= 1;
      if (group.members === 0 && connection !== null) end(connection);
    }
  }

  /** Nobody waits for the end of a snapshot. */
  function end(connection: PostgresConnection): void {
    const ended = connection.script("COMMIT").then(
      () => connection.client.release(connection.fault !== null),
      () => connection.client.release(true),
    );
    open.add(ended);
    void ended.then(() => open.delete(ended));
  }

  return {
    read,
    async settled() {
      await Promise.all(open);
    },
  };
}
