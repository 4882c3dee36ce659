import type { PersonName, ServerName, TaskId } from "../domain/ids.ts";
import type { TableLimits } from "../domain/table-access.ts";

/** For whom something is sent to an upstream. */
export interface OnBehalf {
  readonly task: TaskId;
  readonly owner: PersonName;
}

/** What one admitted call may do in a database, whatever its text turns out to say: held where it runs. */
export interface Reach {
  readonly tables: TableLimits;
  /** True where a grant of the task says so, for as long as the task runs; else it is what this one call names. */
  readonly granted: boolean;
  /** The most rows that the call may change; null where nothing bounds it. */
  readonly rows: number | null;
  /** Whether a statement runs at all. */
  readonly runs: boolean;
  /** When all of it is over. */
  readonly until: number;
}

/** A login that a database was given just in time. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

/** What the broker gives for one request to an upstream. */
export interface Given {
  /** Whole header lines. */
  readonly headers: Readonly<Record<string, string>>;
  /** For a database: who the call is there. */
  readonly login?: Login;
  /** What of them must not be shown in anything that comes back. */
  readonly secrets: readonly string[];
  readonly kind: string;
  /** What the upstream could still use once the call is over, in words. */
  readonly remains: string;
  /** Ends what was obtained for this one request; absent where nothing was. Never rejects. */
  readonly after?: () => Promise<void>;
}

/** An upstream's refusal for want of a better credential. */
export interface Challenge {
  readonly status: number;
  /** `WWW-Authenticate`, as it came; null where there was none. */
  readonly text: string | null;
  /** `DPoP-Nonce`; null where there was none. */
  readonly nonce: string | null;
}

/** The broker as connectors see it: what goes with messages that are no admitted call (a handshake, a listing, a
 *  stream). Never rejects: a message that can be given nothing goes without. */
export interface Introduction {
  headers(
    server: ServerName,
    verb: "POST" | "GET" | "DELETE",
    on: OnBehalf | null,
  ): Promise<Readonly<Record<string, string>>>;
  /** Whether the same message may now go with something else. */
  challenged(server: ServerName, on: OnBehalf | null, challenge: Challenge): Promise<boolean>;
}
