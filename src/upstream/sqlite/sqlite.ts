import { lstatSync } from "node:fs";
import { type Facts, WritError } from "../../domain/error.ts";
import type { SqlCatalogue } from "../../domain/sql-catalogue.ts";
import type { DatabaseLaunch } from "../../ports/configuration.ts";
import type { Log } from "../../ports/system.ts";
import type { Backend, Job, Ran } from "../database/backend.ts";
import { readCatalogue, stateOf } from "./catalogue.ts";
import { identityOf } from "./errand.ts";
import type { Errand, FromChild } from "./messages.ts";
import { startWorker, type Worker } from "./worker.ts";

/** Kept waiting for the next call, so that it need not wait for a process to start. */
const IDLE = 2;
const MOST = 8;
const WAIT_MS = 5_000;

/** A SQLite file as the tools see it: each statement runs in a process that is ended when it takes too long. */
export function sqliteBackend({ file }: Extract<DatabaseLaunch, { kind: "sqlite" }>, log: Log): Backend {
  const idle: Worker[] = [];
  const busy = new Set<Worker>();
  let identity: string | null = null;
  let state = "";
  let closed = false;

  /** Which file it is, is settled at the first look. */
  function pinned(): string {
    const there = lstatSync(file, { throwIfNoEntry: false });
    if (there === undefined) throw unfit("database_missing", `there is no file \`${file}\``, "make the database first");
    if (!there.isFile())
      throw unfit("database_not_a_file", `\`${file}\` is no plain file`, "name the database itself, not a link to it");
    return (identity ??= identityOf(file));
  }

  async function run(job: Job, signal: AbortSignal): Promise<Ran> {
    if (closed) return { kind: "not_sent", why: "it is being closed" };
    if (busy.size >= MOST) return { kind: "not_sent", why: `${MOST} statements run there already` };
    const errand: Errand = {
      file,
      identity: pinned(),
      sql: job.sql,
      params: job.params,
      changes: job.changes,
      tables: job.reach.tables,
      mostChanged: job.reach.rows,
      rows: job.rows,
      bytes: job.bytes,
      waitMs: Math.min(WAIT_MS, job.timeoutMs),
    };
    const worker = idle.pop() ?? startWorker();
    busy.add(worker);
    try {
      return await drive(worker, errand, job, signal);
    } finally {
      busy.delete(worker);
      if (worker.alive() && idle.length < IDLE && !closed) idle.push(worker);
      else worker.kill();
    }
  }

  function look(): SqlCatalogue {
    if (pinned() !== identityOf(file)) throw replaced(file);
    const seen = stateOf(file);
    const catalogue = readCatalogue(file);
    state = seen;
    return catalogue;
  }

  /** What cannot be read now is looked at again with the next call; the file itself refuses what no longer fits it. */
  function now(known: SqlCatalogue): SqlCatalogue {
    try {
      return stateOf(file) === state ? known : look();
    } catch {
      return known;
    }
  }

  return {
    async refresh() {
      if (idle.length === 0 && !closed) idle.push(startWorker());
      return look();
    },
    now,
    async run(job, signal) {
      try {
        return await run(job, signal);
      } catch (cause) {
        log.warn({ cause, file }, "a database was not reached");
        const why = cause instanceof WritError ? cause.message : "the database was not reached";
        return { kind: "not_sent", code: "server_unavailable", why };
      }
    },
    close() {
      closed = true;
      for (const worker of [...idle, ...busy]) worker.kill();
      return Promise.resolve();
    },
  };
}

/** Takes one statement to its end. Killed before it was told to commit, it has changed nothing. */
async function drive(worker: Worker, errand: Errand, job: Job, signal: AbortSignal): Promise<Ran> {
  let cut: Ran | null = null;
  const stop = (why: Ran): void => {
    cut ??= why;
    worker.kill();
  };
  const late: Ran = { kind: "undone", code: "database_timeout", why: `it ran for longer than ${job.timeoutMs} ms` };
  const timer = setTimeout(() => stop(late), job.timeoutMs);
  const onAbort = (): void => stop({ kind: "undone", code: "upstream_failed", why: "it was cancelled" });
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    const said = await worker.run(errand);
    if (cut !== null) return cut;
    if (said?.kind !== "ready") return told(said, job);
    const ended = await worker.commit();
    return ended === null ? { kind: "lost", why: "the process ended while it committed" } : told(ended, job);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

function told(said: FromChild | null, { reach }: Job): Ran {
  switch (said?.kind) {
    case "done":
      return { kind: "done", ...said.answer };
    case "over": {
      const why = `it changed ${said.changed} rows, those of triggers and cascades among them, and may change ${reach.rows}`;
      return { kind: "undone", code: "rows_exceeded", why };
    }
    case "refused":
      return { kind: "undone", code: "database_refused", why: said.why };
    case "failed":
      return said;
    case "replaced":
      return {
        kind: "not_sent",
        code: "server_unavailable",
        why: "the file is not the one that was there at the start",
      };
    default:
      return { kind: "undone", code: "upstream_failed", why: "the process ended before anything was committed" };
  }
}

function replaced(file: string): WritError {
  return unfit("database_replaced", `\`${file}\` is not the file that was there at the start`, "start Writ again");
}

function unfit(code: string, message: string, hint: string, facts: Facts = {}): WritError {
  return new WritError({ code, status: 503, facts, message, hint });
}
