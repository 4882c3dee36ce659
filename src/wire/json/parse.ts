import { isUtf8 } from "node:buffer";
import { type Json, isObject } from "../../domain/json.ts";
import { findFault } from "./fault.ts";
import { type Span, scan } from "./scan.ts";
import { findSyntaxFault } from "./syntax.ts";

export interface Limits {
  readonly maxBytes?: number;
  /** Containers inside one another; the one after that is refused. */
  readonly maxDepth?: number;
}

export type Parsed =
  | {
      readonly kind: "parsed";
      readonly value: Json;
      /** Where the value of each member of a top-level object stands; empty for anything else. */
      readonly members: ReadonlyMap<string, Span>;
    }
  | { readonly kind: "refused"; readonly why: ParseFault; readonly offset: number };

export type ParseFault =
  | "malformed"
  | "byte_order_mark"
  | "too_large"
  | "too_deep"
  | "duplicate_member"
  /** An integer beyond ±(2^53−1), or a number too large to be one: others would read another value. */
  | "number_inexact"
  | "lone_surrogate";

const MAX_DEPTH = 64;
const BYTE_ORDER_MARK = 0xfeff;

/** Reads what someone asks of us. JSON.parse says what `text` means; refused is whatever another reader could
 *  take to mean something else: a member given twice (however spelt), an inexact integer, a lone surrogate,
 *  a byte order mark, and nesting or size beyond the limits. */
export function parseStrict(text: string, limits: Limits = {}): Parsed {
  const read = readOnce(text, limits);
  if (read.parsed.kind === "refused") return read.parsed;
  const survey: Survey = { members: 0, doubtful: !text.isWellFormed(), escapes: text.includes("\\u") };
  take(read.parsed.value, survey);
  if (survey.members === read.written && !survey.doubtful) return read.parsed;
  const fault = findFault(text);
  return fault === null ? read.parsed : { kind: "refused", ...fault };
}

/** Reads an answer whose text is passed on as it is: like `parseStrict`, but large numbers, lone surrogates and
 *  repeated members are let through below the top level. A repeated member at the top is refused, since what is
 *  looked at and replaced there must be what the receiver sees. */
export function parseLenient(text: string, limits: Limits = {}): Parsed {
  return readOnce(text, limits).parsed;
}

/** Whether some object in `text`, at any depth, has a member twice: which of the two counts is up to its reader.
 *  True for what cannot be read at all. */
export function repeatsMember(text: string, limits: Limits = {}): boolean {
  const { parsed, written } = readOnce(text, limits);
  if (parsed.kind === "refused") return true;
  const survey: Survey = { members: 0, doubtful: false, escapes: false };
  take(parsed.value, survey);
  return survey.members !== written;
}

function readOnce(text: string, limits: Limits): { readonly parsed: Parsed; readonly written: number } {
  if (limits.maxBytes !== undefined && exceeds(text, limits.maxBytes)) return refused("too_large", limits.maxBytes);
  if (text.charCodeAt(0) === BYTE_ORDER_MARK) return refused("byte_order_mark", 0);
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return refused("malformed", findSyntaxFault(text));
  }
  const scanned = scan(text, limits.maxDepth ?? MAX_DEPTH);
  if (scanned.kind === "too_deep") return refused("too_deep", scanned.offset);
  if (scanned.repeated !== null) return refused("duplicate_member", scanned.repeated);
  return { parsed: { kind: "parsed", value, members: scanned.members }, written: scanned.written };
}

function refused(why: ParseFault, offset: number): { readonly parsed: Parsed; readonly written: number } {
  return { parsed: { kind: "refused", why, offset }, written: 0 };
}

/** `text` with the bytes of one member's value exchanged and every other byte as it was. */
export function replaceMember(text: string, span: Span, replacement: string): string {
  return text.slice(0, span.start) + replacement + text.slice(span.end);
}

/** Null when `bytes` are not UTF-8. A byte order mark stays in the text, for the parser to refuse. */
export function decodeUtf8Strict(bytes: Uint8Array): string | null {
  return isUtf8(bytes) ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8") : null;
}

interface Survey {
  members: number;
  /** Something that only a look at the text can clear or find. */
  doubtful: boolean;
  readonly escapes: boolean;
}

function take(value: Json, survey: Survey): void {
  if (typeof value === "string") {
    if (survey.escapes && !value.isWellFormed()) survey.doubtful = true;
  } else if (typeof value === "number") {
    if (Math.abs(value) > Number.MAX_SAFE_INTEGER) survey.doubtful = true;
  } else if (Array.isArray(value)) {
    for (const item of value as readonly Json[]) take(item, survey);
  } else if (isObject(value)) {
    const keys = Object.keys(value);
    survey.members += keys.length;
    for (const key of keys) {
      if (survey.escapes && !key.isWellFormed()) survey.doubtful = true;
      take(value[key] as Json, survey);
    }
  }
}

function exceeds(text: string, maxBytes: number): boolean {
  return text.length > maxBytes || (text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes);
}
