import pg from "pg";
import type { Json } from "../../domain/json.ts";

const NAMES = new Map<number, string>(
  Object.entries(pg.types.builtins).map(([name, oid]) => [Number(oid), name.toLowerCase()]),
);
const [BOOL, BYTEA, INT8, INT2, INT4, OID, JSON_TEXT, FLOAT4, FLOAT8, JSONB, TIMESTAMP, TIMESTAMPTZ] = [
  16, 17, 20, 21, 23, 26, 114, 700, 701, 3802, 1114, 1184,
];
/** Lists of texts, numbers and booleans; the types with which `pg` reads each. */
const LISTS = new Set([1000, 1005, 1007, 1009, 1015, 1021, 1022, 2951]);

/** What a type is called, for whoever reads the answer. */
export function typeName(oid: number): string {
  return NAMES.get(oid) ?? "other";
}

/** A value as PostgreSQL writes it, as JSON says it without losing anything: what no number holds exactly stays a text. */
export function valueOf(text: string | null, oid: number): Json {
  if (text === null) return null;
  switch (oid) {
    case BOOL:
      return text === "t";
    case INT2:
    case INT4:
    case OID:
      return Number(text);
    case INT8:
      return Number.isSafeInteger(Number(text)) ? Number(text) : text;
    case FLOAT4:
    case FLOAT8:
      return Number.isFinite(Number(text)) ? Number(text) : text;
    case BYTEA:
      return text.startsWith("\\x") ? Buffer.from(text.slice(2), "hex").toString("base64") : text;
    case JSON_TEXT:
    case JSONB:
      return parsed(text);
    case TIMESTAMP:
      return text.replace(/^(\d{4}-\d\d-\d\d) /, "$1T");
    case TIMESTAMPTZ:
      return text.replace(/^(\d{4}-\d\d-\d\d) (.*)\+00$/, "$1T$2Z");
    default:
      return LISTS.has(oid) ? (pg.types.getTypeParser(oid)(text) as Json) : text;
  }
}

/** A document with a number that JavaScript would round stays a text. */
function parsed(text: string): Json {
  if (/\d{16}/.test(text)) return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** A value for a placeholder, as PostgreSQL reads it; the type is whatever the statement makes of it. */
export function parameterOf(value: Json): string | null {
  if (value === null) return null;
  if (Array.isArray(value)) return `{${(value as readonly Json[]).map(elementOf).join(",")}}`;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function elementOf(value: Json): string {
  if (value === null) return "NULL";
  if (Array.isArray(value)) return parameterOf(value) ?? "NULL";
  return `"${(parameterOf(value) ?? "").replaceAll(/["\\]/g, "\\$&")}"`;
}
