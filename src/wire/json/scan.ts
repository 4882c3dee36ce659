/** Where a value stands in its text: from `start` up to, not including, `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What one pass over a well-formed JSON text tells that its value does not. */
export type Scan =
  | {
      readonly kind: "scanned";
      /** The values of a top-level object's members, by name. */
      readonly members: ReadonlyMap<string, Span>;
      /** Where a top-level member begins whose name was there before; null when there is none. */
      readonly repeated: number | null;
      /** Members written, at every depth: more than the value has means that one was given twice. */
      readonly written: number;
    }
  | { readonly kind: "too_deep"; readonly offset: number };

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_ARRAY = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE_ARRAY = 0x5d;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;

/** Scans `text`, which JSON.parse has already accepted; only that makes it right to look at so little. */
export function scan(text: string, maxDepth: number): Scan {
  const members = new Map<string, Span>();
  const ofObject = text.charCodeAt(skipSpace(text, 0)) === OPEN_OBJECT;
  let depth = 0;
  let written = 0;
  let repeated: number | null = null;
  let key: string | null = null;
  let start = 0;

  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE: {
        const end = endOfString(text, i);
        if (depth === 1 && ofObject && key === null) {
          key = keyAt(text, i, end);
          if (members.has(key)) repeated ??= i;
        }
        i = end - 1;
        break;
      }
      case COLON:
        written++;
        if (depth === 1) start = skipSpace(text, i + 1);
        break;
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        if (++depth > maxDepth) return { kind: "too_deep", offset: i };
        break;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        depth--;
        if (depth === 0) endMember(i);
        break;
      case COMMA:
        if (depth === 1) endMember(i);
        break;
    }
  }
  return { kind: "scanned", members, repeated, written };

  function endMember(at: number): void {
    if (key === null) return;
    members.set(key, { start, end: skipSpaceBack(text, at) });
    key = null;
  }
}

/** Where each item of the array stands that opens at `open`, in a text that JSON.parse has accepted. */
export function itemsOf(text: string, open: number): readonly Span[] {
  const items: Span[] = [];
  let start = skipSpace(text, open + 1);
  if (text.charCodeAt(start) === CLOSE_ARRAY) return items;
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        i = endOfString(text, i) - 1;
        break;
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        depth++;
        break;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        if (depth-- > 0) break;
        items.push({ start, end: skipSpaceBack(text, i) });
        return items;
      case COMMA:
        if (depth > 0) break;
        items.push({ start, end: skipSpaceBack(text, i) });
        start = skipSpace(text, i + 1);
        break;
    }
  }
  return items;
}

/** The offset after the closing quote of the string that opens at `open`. */
export function endOfString(text: string, open: number): number {
  let at = text.indexOf('"', open + 1);
  while (escaped(text, at)) at = text.indexOf('"', at + 1);
  return at + 1;
}

function escaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
  return slashes % 2 === 1;
}

/** What the string between `start` and `end`, quotes included, says. */
export function keyAt(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end - 1);
  return raw.includes("\\") ? (JSON.parse(`"${raw}"`) as string) : raw;
}

export function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at++;
  return at;
}

function skipSpaceBack(text: string, from: number): number {
  let at = from;
  while (isSpace(text.charCodeAt(at - 1))) at--;
  return at;
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;
}
