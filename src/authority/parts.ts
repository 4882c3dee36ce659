import type { Configuration } from "../ports/configuration.ts";
import type { Credentials } from "../ports/credentials.ts";
import type { Store } from "../ports/store.ts";
import type { Clock, Digests, Ids, Log } from "../ports/system.ts";

/** What every operation of this layer stands on; put together by hand in `compose/authority.ts`. */
export interface AuthorityParts {
  readonly store: Store;
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly digests: Digests;
  readonly configuration: Configuration;
  readonly log: Log;
}

/** Who did something, as the record names it: a person by name, an instance by id, or Writ itself. */
export type Actor = string;
