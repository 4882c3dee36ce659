import type { PersonName, ServerName, TaskId } from "./ids.ts";

/** A credential that an upstream gave for one task and that outlives a call: it is ended there when the task ends. */
export interface Lease {
  readonly id: string;
  readonly task: TaskId;
  /** For whom the task runs. */
  readonly owner: PersonName;
  readonly server: ServerName;
  readonly kind: string;
  /** The token and how it is ended, sealed under the vault's key. */
  readonly sealed: string;
  readonly takenAt: number;
  /** When it dies by itself; null when the upstream did not say. */
  readonly expiresAt: number | null;
  /** How often ending it was tried and failed. */
  readonly failures: number;
}
