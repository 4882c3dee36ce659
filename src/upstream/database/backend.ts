import type { Json } from "../../domain/json.ts";
import type { SqlCatalogue } from "../../domain/sql-catalogue.ts";
import type { Login, Reach } from "../../ports/outbound.ts";
import type { Incoming } from "../../ports/upstream.ts";

/** One statement on its way into a database. */
export interface Job {
  readonly sql: string;
  readonly params: readonly Json[];
  /** Whether anything it changes is to stay. */
  readonly changes: boolean;
  readonly reach: Reach;
  readonly login: Login | null;
  /** How much it is answered with at most; what is more is left out, and the answer says so. */
  readonly rows: number;
  readonly bytes: number;
  readonly timeoutMs: number;
}

export interface Answer {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly Json[])[];
  /** There was more than this. */
  readonly truncated: boolean;
  /** Rows changed, in every table, by whatever the statement set off. */
  readonly changed: number;
}

export type Ran =
  | ({ readonly kind: "done" } & Answer)
  /** The database did not take the statement: nothing has changed, and what it says helps to write a better one. */
  | { readonly kind: "failed"; readonly code: string; readonly says: string }
  | Exclude<Incoming, { kind: "answered" }>;

/** A database as the tools see it. */
export interface Backend {
  /** Reads anew what is in it. @throws WritError or what the connection throws. */
  refresh(): Promise<SqlCatalogue>;
  /** The same where it can be had at once; `known` where nothing has changed since that was read. */
  now?(known: SqlCatalogue): SqlCatalogue;
  /** Runs one statement in a transaction of its own; resolves with how it ended, and never rejects. */
  run(job: Job, signal: AbortSignal): Promise<Ran>;
  close(): Promise<void>;
}
