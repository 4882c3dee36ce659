import type { ColumnType } from "kysely";

/** The order in which rows were first written; lists and cursors go by it. */
type Position = ColumnType<number, never, never>;

/** Columns for what is looked up; `body` is the whole value as JSON text. Text is compared byte by byte. */
export interface Tables {
  tasks: { position: Position; id: string; parent: string | null; active: number; body: string };
  sessions: { id: string; body: string };
  instances: { position: Position; id: string; agent: string; body: string };
  grants: { position: Position; id: string; task: string; body: string };
  approvals: { position: Position; id: string; task: string; digest: string; state: string; body: string };
  calls: { position: Position; id: string; session: string; client_key: string | null; state: string; body: string };
  pins: { server: string; tool: string; body: string };
  policies: { position: Position; body: string };
  person_keys: { hash: string; person: string; at: number };
  /** `subject` is kind, colon, id: a kind has no colon. */
  watermarks: { subject: string; sequence: number };
  /** `sequence`, the newest given out; `state`, how many commits have changed anything (PostgreSQL). */
  counters: { name: string; value: number };
  /** The newest events, for other processes. */
  events: { sequence: number; kind: string; id: string };
  spent: { issuer: string; id: string; expires_at: number };
  documents: { kind: string; id: string; expires_at: number | null; body: string };
  ledger: {
    number: number;
    previous: string;
    hash: string;
    kind: string;
    at: number;
    call: string | null;
    task: string | null;
    body: string;
  };
  schema_version: { version: number; name: string; applied_at: number };
}
