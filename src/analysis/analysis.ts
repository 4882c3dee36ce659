import type { Effects } from "../domain/effect.ts";
import type { Reason } from "../domain/reason.ts";
import type { SqlCatalogue, SqlDialect } from "../domain/sql-catalogue.ts";
import type { ToolRule } from "../ports/configuration.ts";

/** What a text would do. Every analyser is total: any text, of any size, comes to one of the two in bounded time. What it
 *  does not understand it refuses, or calls `unknown`; it never takes it for harmless. */
export type Analysis =
  | {
      readonly kind: "understood";
      readonly effects: Effects;
      /** The same, written anew from what was judged; this is what is forwarded. Null: the text as it is. */
      readonly forward: string | null;
    }
  | { readonly kind: "refused"; readonly reason: Reason };

/** Where a text would run. */
export interface Place {
  /** What relative paths start from, and the folder that the work belongs to. */
  readonly workspace: string;
  /** What `~` means there. */
  readonly home: string;
  /** Where an absolute path leads through symbolic links: as far as it exists, the rest of it behind. Null where nobody
   *  can see the disk, or it cannot be told. */
  readonly real?: (path: string) => string | null;
}

/** One for each language that calls are written in. Pure: text in, effects out. */
export interface Analysers {
  readonly sql: (
    text: string,
    at: { readonly dialect: SqlDialect; readonly catalogue: SqlCatalogue | null },
  ) => Analysis;
  readonly shell: (text: string, at: Place) => Analysis;
  readonly code: (text: string, at: Place & { readonly language: NonNullable<ToolRule["language"]> }) => Analysis;
}
