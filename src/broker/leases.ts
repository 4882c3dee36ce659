import type { Lease } from "../domain/lease.ts";
import type { ServerName, TaskId } from "../domain/ids.ts";
import type { OnBehalf } from "../ports/outbound.ts";
import type { Store, WriteTx } from "../ports/store.ts";
import type { Clock, Ids, Log } from "../ports/system.ts";
import { notGiven } from "./refusals.ts";
import { leaseAad, type Vault } from "./vault/vault.ts";

const EVERY_MS = 30_000;
/** Tried this often, a lease is left to expire, and the record says so. */
const MOST_FAILURES = 100;

export interface LeaseParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly vault: Vault;
  /** Ends a token at its server; null where the server is gone from the configuration, or has no way to. */
  readonly enderOf: (server: ServerName) => ((token: string, on: OnBehalf) => Promise<void>) | null;
  /** Ends what servers hold that stands in no lease. */
  readonly strays: () => Promise<void>;
}

/** What upstreams gave for tasks, so that it ends with them, across restarts and on whichever gateway is there. */
export interface Leases {
  /** Remembers a token before it is first used. Where the task is over already, the token is ended at once.
   *  Resolves to the way to end it before its task ends.
   *  @throws WritError `credential_not_given` then. */
  take(given: {
    readonly on: OnBehalf;
    readonly server: ServerName;
    readonly kind: string;
    readonly token: string;
    readonly expiresAt: number | null;
  }): Promise<() => Promise<void>>;
  /** Ends what a task that is over was given; what cannot be ended now is tried again. */
  endOf(task: TaskId): Promise<void>;
  /** Looks once at every lease: ends those of tasks that are over, forgets those that expired, and ends what is in none. */
  sweep(): Promise<void>;
  /** What is on lease from a server now. */
  tokensOf(server: ServerName): Promise<readonly string[]>;
  stop(): void;
}

export function createLeases(parts: LeaseParts): Leases {
  const { store, clock, vault, log } = parts;
  const timer = setInterval(() => void sweep().catch(failed), EVERY_MS);
  timer.unref();

  function failed(cause: unknown): void {
    log.error({ cause }, "leases could not be looked at; they are looked at again");
  }

  async function endOne(lease: Lease): Promise<void> {
    const opened = await vault.unseal(lease.sealed, leaseAad(lease));
    const token = opened?.["token"];
    const end = parts.enderOf(lease.server);
    if (typeof token !== "string" || end === null)
      return close(
        lease,
        "left to expire",
        typeof token === "string" ? "its server has no way to end it" : "it does not open",
      );
    if (lease.expiresAt !== null && lease.expiresAt <= clock.now()) return close(lease, "expired", null);
    try {
      await end(token, lease);
    } catch (cause) {
      log.warn({ cause, server: lease.server, task: lease.task }, "a lease could not be ended; it is tried again");
      if (lease.failures + 1 >= MOST_FAILURES) return close(lease, "left to expire", "its server did not end it");
      await store.write(async (tx) => {
        const held = await tx.document("lease", lease.id);
        if (held !== null) await tx.putDocument("lease", lease.id, { ...held, failures: held.failures + 1 }, null);
      });
      return;
    }
    await close(lease, "ended", null);
  }

  /** Of two gateways that end the same one, one records it. */
  async function close(lease: Lease, how: string, why: string | null): Promise<void> {
    await store.write(async (tx) => {
      if (await tx.dropDocument("lease", lease.id)) await record(tx, lease, how, why);
    });
  }

  async function record(
    tx: WriteTx,
    { id, task, server, kind, expiresAt }: Lease,
    how: string,
    why: string | null,
  ): Promise<void> {
    const body = { lease: id, server, kind, how, ...(why === null ? {} : { why }), expires: expiresAt, by: "writ" };
    await tx.append({ kind: "lease", at: clock.now(), call: null, task, body });
  }

  async function sweep(): Promise<void> {
    const now = clock.now();
    const due = await store.read(async (tx) => {
      const found: Lease[] = [];
      for (const lease of await tx.documents("lease")) {
        const task = await tx.task(lease.task);
        const over = task === null || task.state.kind === "ended";
        if (over || (lease.expiresAt !== null && lease.expiresAt <= now)) found.push(lease);
      }
      return found;
    });
    for (const lease of due) await endOne(lease);
    await parts.strays();
  }

  async function tokensOf(server: ServerName): Promise<readonly string[]> {
    const all = await store.read((tx) => tx.documents("lease"));
    const opened = await Promise.all(
      all.filter((lease) => lease.server === server).map((lease) => vault.unseal(lease.sealed, leaseAad(lease))),
    );
    return opened.flatMap((one) => (typeof one?.["token"] === "string" ? [one["token"]] : []));
  }

  return {
    async take({ on: { task, owner }, server, kind, token, expiresAt }) {
      const id = parts.ids.nonce();
      const sealed = await vault.seal({ token }, leaseAad({ id, task, server }));
      const lease: Lease = { id, task, owner, server, kind, sealed, takenAt: clock.now(), expiresAt, failures: 0 };
      const active = await store.write(async (tx) => {
        await tx.putDocument("lease", id, lease, null);
        await record(tx, lease, "taken", null);
        return (await tx.task(task))?.state.kind === "active";
      });
      if (active) return () => endOne(lease);
      await endOne(lease);
      throw notGiven("its task has ended");
    },
    async endOf(task) {
      const all = await store.read((tx) => tx.documents("lease"));
      await Promise.all(all.filter((lease) => lease.task === task).map(endOne));
    },
    sweep,
    tokensOf,
    stop: () => clearInterval(timer),
  };
}
