import { invalidCursor, invalidLimit, invalidText } from "./fault.ts";

/** Refuses what a database would quietly change: two identifiers must never become one.
 *  @throws WritError `text_invalid` for a lone surrogate or a NUL. */
export function checkText(text: string): void {
  if (!text.isWellFormed() || text.includes("\0")) throw invalidText();
}

/** @throws WritError `limit_invalid` unless a whole number from 1 up. */
export function checkLimit(limit: number): void {
  if (!Number.isSafeInteger(limit) || limit < 1) throw invalidLimit(limit);
}

/** The position a cursor stands for; `start` for none.
 *  @throws WritError `cursor_invalid` for anything that no page gave out. */
export function positionOf(cursor: string | null, start: number): number {
  if (cursor === null) return start;
  const position = Number(cursor);
  if (!/^[1-9][0-9]{0,15}$/.test(cursor) || !Number.isSafeInteger(position)) throw invalidCursor(cursor);
  return position;
}

/** Order by code unit: what JavaScript's `<` says, whatever collation a database has. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
