import type { Log, LogFacts } from "../ports/system.ts";
import type { Known } from "./known.ts";

const MAX_DEPTH = 6;

/** The same log, never shown a secret that the broker knows: not in a message, a fact, or an error and its causes. */
export function discreetLog(log: Log, known: Known): Log {
  const clean = (value: unknown, depth: number): unknown => {
    if (typeof value === "string") return known.scrub(value);
    if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
    if (depth >= MAX_DEPTH) return "[deep]";
    if (Array.isArray(value)) return value.map((item) => clean(item, depth + 1));
    const { name, message, stack, cause } = value as Error;
    const members = value instanceof Error ? { ...value, name, message, stack, cause } : value;
    return Object.fromEntries(Object.entries(members).map(([key, member]) => [key, clean(member, depth + 1)]));
  };
  const line = (level: keyof Log) => (facts: LogFacts, message: string) =>
    log[level](clean(facts, 0) as LogFacts, known.scrub(message));
  return { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
}
