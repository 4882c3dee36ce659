import { destination, pino } from "pino";
import type { Log, LogFacts } from "../ports/system.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;

export interface LogSettings {
  readonly level: (typeof LOG_LEVELS)[number];
  /** Appended to; null for standard error. */
  readonly file: string | null;
}

/** Names of what must never be read in a log. An `…Id` names a secret without being one. */
const SECRET_NAME = /token|key|authorization|cookie|secret|password|credential/i;
const HARMLESS_NAME = /(?:Id|_id)$/;
/** Three base64url segments, the first of them JSON: a signed token, wherever it stands. */
const TOKEN = /\beyJ[\w-]+\.[\w-]*\.[\w-]*/g;
const BEARER = /\b(Bearer|DPoP|Basic)\s+[\w.~+/=-]+/gi;
const REDACTED = "[redacted]";
const MAX_DEPTH = 6;

/** JSON lines for operators. Whatever is named like a secret, or looks like a token, is cut out before it is written, and
 *  so is what `cover` knows for a secret. */
export function createLog(settings: LogSettings, cover: (text: string) => string = (text) => text): Log {
  const scrub = (text: string): string => cover(text).replace(TOKEN, REDACTED).replace(BEARER, `$1 ${REDACTED}`);
  const to = destination({ dest: settings.file ?? 2, sync: true, mkdir: true, mode: 0o600 });
  // A log that cannot be written (full disk, closed pipe) is no reason to stop guarding: the record is the ledger.
  to.on("error", () => {});
  const logger = pino({ level: settings.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, to);
  const line = (level: "debug" | "info" | "warn" | "error") => (facts: LogFacts, message: string) => {
    if (logger.isLevelEnabled(level)) logger[level](clean(facts, scrub), scrub(message));
  };
  return { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
}

function clean(value: unknown, scrub: (text: string) => string, depth = 0): unknown {
  if (typeof value === "string") return scrub(value);
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "[deep]";
  if (ArrayBuffer.isView(value)) return REDACTED;
  if (Array.isArray(value)) return value.map((item) => clean(item, scrub, depth + 1));
  if (value instanceof Error) return clean(describe(value), scrub, depth + 1);
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      SECRET_NAME.test(name) && !HARMLESS_NAME.test(name) ? REDACTED : clean(member, scrub, depth + 1),
    ]),
  );
}

/** An error with what it stands on: its own fields, and its cause. */
function describe(error: Error): Record<string, unknown> {
  return { ...error, name: error.name, message: error.message, stack: error.stack, cause: error.cause };
}
