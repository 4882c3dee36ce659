/** `250ms 30s 15m 2h 1d`; a bare number has no unit and is refused. */
export const DURATION = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)$/;
/** `512KiB 4MiB 1GiB`, or `100B`. */
export const SIZE = /^([0-9]+(?:\.[0-9]+)?)(B|KiB|MiB|GiB)$/;
/** A day, or an instant in UTC. */
export const DATE = /^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?$/;

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const BYTES: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** Milliseconds, or null for what is not a duration. */
export function duration(text: string): number | null {
  return measure(DURATION.exec(text), MILLISECONDS);
}

/** Bytes, or null for what is not a size. */
export function size(text: string): number | null {
  return measure(SIZE.exec(text), BYTES);
}

/** The first instant of the day, or the instant; null for a day that no calendar has. */
export function instant(text: string): number | null {
  if (!DATE.test(text)) return null;
  const at = Date.parse(text);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text.slice(0, 10)) ? at : null;
}

function measure(match: RegExpExecArray | null, units: Readonly<Record<string, number>>): number | null {
  const unit = units[match?.[2] ?? ""];
  return match === null || unit === undefined ? null : Math.round(Number(match[1]) * unit);
}
