import { freeze } from "../freeze.ts";
import { checkLimit, positionOf } from "../text.ts";
import type { Page, PageQuery } from "../../ports/store.ts";

/** Steps that take back what a write did, last first. */
export type Undo = (() => void)[];

/** Values by key, in the order in which their keys first came. What goes in is copied and frozen: nobody can change
 *  it from outside, and it is what any database would give back. */
export class Table<V> {
  readonly #rows = new Map<string, { readonly position: number; readonly value: V }>();
  #last = 0;

  get(key: string): V | null {
    return this.#rows.get(key)?.value ?? null;
  }

  put(key: string, value: V, undo: Undo): void {
    const before = this.#rows.get(key);
    const position = before?.position ?? ++this.#last;
    this.#rows.set(key, { position, value: frozen(value) });
    undo.push(() => (before === undefined ? this.#rows.delete(key) : this.#rows.set(key, before)));
  }

  /** Only for tables whose order nobody asks for: what is taken back comes last. */
  delete(key: string, undo: Undo): void {
    const before = this.#rows.get(key);
    if (before === undefined) return;
    this.#rows.delete(key);
    undo.push(() => this.#rows.set(key, before));
  }

  entries(): readonly (readonly [string, V])[] {
    return [...this.#rows].map(([key, row]) => [key, row.value] as const);
  }

  /** Oldest first. */
  where(keep: (value: V) => boolean): V[] {
    const kept: V[] = [];
    for (const { value } of this.#rows.values()) if (keep(value)) kept.push(value);
    return kept;
  }

  newest(query: PageQuery, keep: (value: V) => boolean): Page<V> {
    const before = positionOf(query.after, Number.MAX_SAFE_INTEGER);
    const rows = [...this.#rows.values()].reverse();
    return page(
      rows.filter((row) => row.position < before && keep(row.value)),
      query.limit,
    );
  }

  oldest(query: PageQuery, keep: (value: V) => boolean): Page<V> {
    const after = positionOf(query.after, 0);
    return page(
      [...this.#rows.values()].filter((row) => row.position > after && keep(row.value)),
      query.limit,
    );
  }
}

function page<V>(rows: readonly { readonly position: number; readonly value: V }[], limit: number): Page<V> {
  checkLimit(limit);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map((row) => row.value),
    next: rows.length > shown.length && last !== undefined ? String(last.position) : null,
  };
}

/** A copy as it would come back from JSON text, and deeply frozen. */
export function frozen<V>(value: V): V {
  return freeze(JSON.parse(JSON.stringify(value)) as V);
}
