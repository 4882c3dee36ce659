/** A clock on one exchange. It stands still while the upstream waits for a person on our side. */
export interface Deadline {
  pause(): void;
  /** Starts the time anew once every pause is over. */
  resume(): void;
  stop(): void;
}

/** Calls `expired` once after `ms`; a time that is not finite, or 0, never ends. */
export function createDeadline(ms: number, expired: () => void): Deadline {
  const endless = !Number.isFinite(ms) || ms <= 0;
  let pauses = 0;
  let stopped = endless;
  let timer: NodeJS.Timeout | undefined;
  function start(): void {
    if (!stopped) timer = setTimeout(expired, ms);
  }
  start();
  return {
    pause() {
      pauses++;
      clearTimeout(timer);
    },
    resume() {
      if (--pauses === 0) start();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
