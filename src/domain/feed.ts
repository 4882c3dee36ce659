/** Whether this gateway hears what the others write. `stale`: it has not heard for over three seconds; `lost`: for over
 *  ten. */
export type Feed = "live" | "stale" | "lost";

export const STALE_MS = 3_000;
export const LOST_MS = 10_000;

/** What a silence of so many milliseconds makes of it. */
export function feedAfter(silentMs: number): Feed {
  if (silentMs <= STALE_MS) return "live";
  return silentMs <= LOST_MS ? "stale" : "lost";
}

/** A gateway that does not hear of revocations lets nothing but reads through, and after a while nothing at all. */
export function feedLets(feed: Feed, reads: boolean): boolean {
  return feed === "live" || (feed === "stale" && reads);
}
