import type { Json } from "../../domain/json.ts";
import type { TableLimits } from "../../domain/table-access.ts";
import type { Answer } from "../database/backend.ts";

/** What the process that opens the database is told, one statement at a time. */
export interface Errand {
  readonly file: string;
  /** Which file it was when it was first looked at. */
  readonly identity: string;
  readonly sql: string;
  readonly params: readonly Json[];
  readonly changes: boolean;
  readonly tables: TableLimits;
  readonly mostChanged: number | null;
  readonly rows: number;
  readonly bytes: number;
  readonly waitMs: number;
}
export type ToChild = { readonly kind: "run"; readonly errand: Errand } | { readonly kind: "commit" };

/** What it says. After `ready` it holds a transaction open until it is told to commit. */
export type FromChild =
  | { readonly kind: "ready" }
  | { readonly kind: "done"; readonly answer: Answer }
  | { readonly kind: "over"; readonly changed: number }
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "failed"; readonly code: string; readonly says: string }
  | { readonly kind: "replaced" };
