import type pg from "pg";
import type { Database } from "../../wire/postgres/database.ts";

/** Why a statement was not let run to its end. */
export type Cut = "timeout" | "cancelled" | "too_large";

/** How long a server that was told to stop may take over it. */
const GRACE_MS = 3_000;

/** Holds one session to its time and its size. It does so from outside, over a connection of Writ's own: what the session
 *  has set for itself does not matter. */
export interface Leash {
  readonly cut: () => Cut | null;
  release(): void;
}

interface Inside {
  readonly processID: number;
  readonly connection: {
    readonly stream: { bytesRead: number; destroy(): void; on(event: "data", heard: () => void): void };
  };
}

export function holdOn(
  database: Database,
  client: pg.Client,
  bounds: { readonly user: string; readonly timeoutMs: number; readonly bytes: number },
  signal: AbortSignal,
): Leash {
  const { processID, connection } = client as unknown as Inside;
  const { stream } = connection;
  const begun = stream.bytesRead;
  let cut: Cut | null = null;
  let last: NodeJS.Timeout | undefined;
  let released = false;

  function tell(how: "pg_cancel_backend" | "pg_terminate_backend"): Promise<unknown> {
    return database.pool
      .query(`SELECT ${how}(pid) FROM pg_stat_activity WHERE pid = $1 AND usename = $2`, [processID, bounds.user])
      .catch(() => {});
  }

  function pull(why: Cut): void {
    if (cut !== null || released) return;
    cut = why;
    void tell("pg_cancel_backend");
    last = setTimeout(() => {
      void tell("pg_terminate_backend");
      stream.destroy();
    }, GRACE_MS);
  }

  const timer = setTimeout(() => pull("timeout"), bounds.timeoutMs);
  const onAbort = (): void => pull("cancelled");
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  stream.on("data", () => {
    if (stream.bytesRead - begun > bounds.bytes) pull("too_large");
  });
  return {
    cut: () => cut,
    release() {
      released = true;
      clearTimeout(timer);
      clearTimeout(last);
      signal.removeEventListener("abort", onAbort);
    },
  };
}
