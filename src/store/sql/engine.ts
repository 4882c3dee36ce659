import type { Kept } from "./kept-rows.ts";
import type { Statement, Values } from "./statement.ts";

/** One connection inside one transaction. Whatever fails here is a fault; the whole transaction is then void. */
export interface Connection {
  /** What needs not be asked, inside the transaction that is open. */
  readonly kept: Kept;
  rows<P extends Values, R>(statement: Statement<P, R>, values: P): readonly R[] | Promise<readonly R[]>;
  /** How many rows it touched. */
  run<P extends Values>(statement: Statement<P, unknown>, values: P): number | Promise<number>;
  /** As `run`, for whoever does not ask how many. What follows sees it; that it failed may be told only at the end. */
  send<P extends Values>(statement: Statement<P, unknown>, values: P): void;
  /** An event under this sequence is published with what is written here. */
  announce(sequence: number): void;
}

/** What a database brings to the store: when transactions begin, how they are grouped, when they are durable. */
export interface Engine {
  /** Runs `work` over one consistent state that holds every write which resolved before. */
  read<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  /** Runs `work` alone. `effective` is called once it is durable, in the order in which writes took effect,
   *  before anyone who waits for them goes on, and they wait until it is done; it does not throw. Reads may see it a
   *  moment earlier.
   *  @throws WritError `store_unavailable` when it is not known to be durable. */
  write<T>(work: (connection: Connection) => Promise<T>, effective: () => void | Promise<void>): Promise<T>;
  close(): Promise<void>;
}
