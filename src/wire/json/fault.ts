import { CLOSE_ARRAY, CLOSE_OBJECT, COLON, COMMA, OPEN_ARRAY, OPEN_OBJECT, QUOTE, endOfString, keyAt } from "./scan.ts";

export interface Fault {
  readonly why: "duplicate_member" | "number_inexact" | "lone_surrogate";
  readonly offset: number;
}

/** At and above this, ECMAScript and so RFC 8785 write an exponent, not digits that look exact. */
const EXPONENT_FROM = 1e21;
const LITERAL = /[-+0-9.eE]+/y;

/** The first thing in `text` that another reader could take differently; null when there is none.
 *  Slow and exact: only for text that JSON.parse accepted and a quick look found doubtful. */
export function findFault(text: string): Fault | null {
  /** The names seen in each open object; null for an open array. */
  const open: (Set<string> | null)[] = [];
  let expectsKey = false;

  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    switch (unit) {
      case OPEN_OBJECT:
        open.push(new Set());
        expectsKey = true;
        break;
      case OPEN_ARRAY:
        open.push(null);
        expectsKey = false;
        break;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        open.pop();
        break;
      case COMMA:
        expectsKey = open.at(-1) instanceof Set;
        break;
      case COLON:
        expectsKey = false;
        break;
      case QUOTE: {
        const end = endOfString(text, i);
        const says = keyAt(text, i, end);
        if (!says.isWellFormed()) return { why: "lone_surrogate", offset: i };
        const names = open.at(-1);
        if (expectsKey && names) {
          if (names.has(says)) return { why: "duplicate_member", offset: i };
          names.add(says);
        }
        i = end - 1;
        break;
      }
      default:
        if (unit === MINUS || (unit >= ZERO && unit <= NINE)) {
          LITERAL.lastIndex = i;
          const literal = LITERAL.exec(text)?.[0] ?? "";
          if (isInexact(literal)) return { why: "number_inexact", offset: i };
          i += literal.length - 1;
        }
    }
  }
  return null;
}

const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

/** True for what overflows, and for digits beyond ±(2^53−1), as written or as they would be written canonically. */
function isInexact(literal: string): boolean {
  const size = Math.abs(Number(literal));
  if (size <= Number.MAX_SAFE_INTEGER) return false;
  return size === Infinity || size < EXPONENT_FROM || !/[eE]/.test(literal);
}
