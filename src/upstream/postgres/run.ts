import pg from "pg";
import type { Database } from "../../wire/postgres/database.ts";
import { clientSettings, codeOf, quoted } from "../../wire/postgres/session.ts";
import type { Answer, Job, Ran } from "../database/backend.ts";
import { type Cut, holdOn, type Leash } from "./leash.ts";
import { Portal } from "./portal.ts";

/** Everything that this transaction has changed so far, in whichever table and through whatever: triggers, cascades and
 *  parts of the statement that its own count leaves out. */
const CHANGED =
  "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::float8 AS changed FROM pg_catalog.pg_stat_xact_user_tables";
const REFUSED = new Set(["42501", "25006"]);
const MOST_SAID = 2_000;
/** On the wire a value may be written longer than in the answer, never by much. */
const OVERHEAD = 4;

/** Runs one statement as the call's own login, in a connection and a transaction of its own. Nothing stays that was not
 *  committed, and nothing is committed that is over its bounds. Only a connection that is lost after the commit was sent
 *  leaves open what happened. */
export async function runStatement(
  { database, schema }: { readonly database: Database; readonly schema: string },
  job: Job,
  signal: AbortSignal,
): Promise<Ran> {
  const { login } = job;
  if (login === null) return { kind: "not_sent", code: "credential_not_given", why: "the call was given no login" };
  const client = new pg.Client({
    ...clientSettings({ ...database.address, user: login.user, password: login.password }, [
      `search_path=${quoted(schema)},pg_temp`,
      `statement_timeout=${job.timeoutMs}`,
      `lock_timeout=${job.timeoutMs}`,
    ]),
  });
  client.on("error", () => {});
  try {
    await client.connect();
  } catch (cause) {
    await client.end().catch(() => {});
    return notIn(cause);
  }
  const leash = holdOn(database, client, { ...bounds(job), user: login.user }, signal);
  try {
    return await within(client, job, leash);
  } finally {
    leash.release();
    void client.end().catch(() => {});
  }
}

function bounds({ timeoutMs, bytes }: Job): { readonly timeoutMs: number; readonly bytes: number } {
  return { timeoutMs, bytes: bytes * OVERHEAD + 65_536 };
}

/** The login was not let in, or nobody was there: nothing ran. */
function notIn(cause: unknown): Ran {
  const code = codeOf(cause) ?? "";
  if (code.startsWith("28"))
    return { kind: "rejected", status: 401, why: "the database does not know the login of the call", challenge: null };
  const why = code === "53300" ? "it has no connection left for this task" : "the database was not reached";
  return { kind: "not_sent", code: "server_unavailable", why };
}

async function within(client: pg.Client, job: Job, leash: Leash): Promise<Ran> {
  const portal = new Portal(job);
  let committing = false;
  try {
    await client.query(job.changes ? "BEGIN" : "BEGIN READ ONLY");
    client.query(portal);
    const answer = await portal.done;
    if (!job.changes) {
      await client.query("ROLLBACK");
      return { kind: "done", ...answer };
    }
    const changed = await counted(client, answer);
    const over = await overdone(client, job, changed);
    if (over !== null) return over;
    const cut = leash.cut();
    if (cut !== null) return undone(cut, job);
    committing = true;
    const { command } = await client.query("COMMIT");
    if (command !== "COMMIT") return { kind: "undone", code: "upstream_failed", why: "the database did not commit it" };
    return { kind: "done", ...answer, changed };
  } catch (cause) {
    return ended(cause, portal, job, leash.cut(), committing);
  }
}

async function counted(client: pg.Client, answer: Answer): Promise<number> {
  const { rows } = await client.query<{ changed: number }>(CHANGED);
  return Math.max(answer.changed, rows[0]?.changed ?? Number.POSITIVE_INFINITY);
}

async function overdone(client: pg.Client, { reach }: Job, changed: number): Promise<Ran | null> {
  if (reach.rows === null || changed <= reach.rows) return null;
  await client.query("ROLLBACK");
  const why = `it changed ${changed} rows, those of triggers and cascades among them, and may change ${reach.rows}`;
  return { kind: "undone", code: "rows_exceeded", why };
}

/** How it ended when it did not end well. What was not committed is gone with the connection. */
function ended(cause: unknown, portal: Portal, job: Job, cut: Cut | null, committing: boolean): Ran {
  const code = codeOf(cause);
  const said = cause instanceof Error ? cause.message.slice(0, MOST_SAID) : "";
  const answered = code !== null && /^[0-9A-Z]{5}$/.test(code) && !/^(08|57P)/.test(code);
  if (committing && !answered) return { kind: "lost", why: "the connection was lost while it was being committed" };
  if (cut === "too_large" && !job.changes) return { kind: "done", ...portal.soFar(), truncated: true };
  if (cut !== null) return undone(cut, job);
  if (!answered)
    return { kind: "undone", code: "upstream_failed", why: "the connection was lost before anything was committed" };
  if (REFUSED.has(code)) return { kind: "undone", code: "database_refused", why: said };
  if (code === "57014" && said.startsWith("canceling")) return undone("timeout", job);
  return { kind: "failed", code, says: said };
}

function undone(cut: Cut, { timeoutMs }: Job): Ran {
  switch (cut) {
    case "timeout":
      return { kind: "undone", code: "database_timeout", why: `it ran for longer than ${timeoutMs} ms` };
    case "cancelled":
      return { kind: "undone", code: "upstream_failed", why: "it was cancelled" };
    case "too_large":
      return { kind: "undone", code: "upstream_failed", why: "it answered with more than may come back" };
  }
}
