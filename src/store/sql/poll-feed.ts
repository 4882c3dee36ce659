import { type Feed, feedAfter } from "../../domain/feed.ts";
import type { Log } from "../../ports/system.ts";
import type { ReadEvents, Teller } from "./teller.ts";

const EVERY_MS = 200;

/** How a process hears of what others wrote to the same store. */
export interface Hearing {
  feed(): Feed;
  stop(): Promise<void>;
}

/** Looks again and again. For a file on this machine: looking costs a few microseconds, and what fails to be read
 *  cannot be written either. */
export function pollFeed(parts: {
  readonly newest: () => Promise<number>;
  readonly read: ReadEvents;
  readonly teller: Teller;
  readonly log: Log;
}): Hearing {
  let failingSince: number | null = null;
  let looking: Promise<void> | null = null;

  async function look(): Promise<void> {
    try {
      await parts.teller.reach(await parts.newest(), parts.read);
      failingSince = null;
    } catch (cause) {
      if (failingSince === null) parts.log.warn({ cause }, "the store cannot be read for what others wrote");
      failingSince ??= performance.now();
    }
    looking = null;
  }
  const timer = setInterval(() => void (looking ??= look()), EVERY_MS);
  timer.unref();

  return {
    feed: () => feedAfter(failingSince === null ? 0 : performance.now() - failingSince),
    async stop() {
      clearInterval(timer);
      await looking;
    },
  };
}
