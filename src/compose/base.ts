import type { Configuration } from "../ports/configuration.ts";
import type { Clock, Ids, Log } from "../ports/system.ts";

/** What everything is put together from. */
export interface Base {
  readonly configuration: Configuration;
  readonly log: Log;
  readonly clock: Clock;
  readonly ids: Ids;
  /** How to end what was begun, last first. */
  readonly undo: (() => unknown)[];
}
