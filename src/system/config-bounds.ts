import type { Path } from "./config-problems.ts";
import { duration, size } from "./config-units.ts";

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** Reports what is wrong at `path`; with `key` it is the name there that is wrong, not the value. */
export type Report = (path: Path, code: string, message: string, hint: string, key?: boolean) => void;

/** Milliseconds, reported when they are not within bounds. */
export function bounded(
  path: Path,
  text: string | undefined,
  otherwise: number,
  least: number,
  most: number,
  report: Report,
): number {
  if (text === undefined) return otherwise;
  const value = duration(text) ?? otherwise;
  if (value < least || value > most) {
    report(
      path,
      "value_out_of_range",
      `\`${text}\` is not between ${least / SECOND}s and ${most / SECOND}s`,
      "choose a time in between",
    );
  }
  return value;
}

/** Bytes, reported when they are not within bounds. */
export function sizeOf(path: Path, text: string | undefined, report: Report): number {
  if (text === undefined) return 4 * 1024 ** 2;
  const bytes = size(text) ?? 0;
  if (bytes < 1024 || bytes > 256 * 1024 ** 2)
    report(path, "value_out_of_range", `\`${text}\` is not between 1KiB and 256MiB`, "choose a size in between");
  return bytes;
}

/** A name or address that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return (
    host === "localhost" || host === "::1" || host === "[::1]" || /^127(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/.test(host)
  );
}
