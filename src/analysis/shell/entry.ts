import type { Act } from "./act.ts";
import type { Field } from "./field.ts";
import type { Flow, Shell } from "./state.ts";

/** A command about to run, by the name that the table knows it by. */
export interface Run {
  readonly name: string;
  readonly args: readonly Field[];
  readonly shell: Shell;
  readonly input: Flow;
}

/** Adds what the command would do to the tally, and says what it puts out where that is known. */
export type Judge = (run: Run) => Flow | undefined;

/** What a command does, as data. Without more it reads the files it is given and changes nothing. */
export interface Spec {
  /** What its operands are. `copy`: all are read, the last is written. `first-text`: the first is no file. Default read. */
  readonly operands?: "read" | "write" | "delete" | "text" | "copy" | "move" | "first-text" | "address";
  /** Options that a value follows; of these, which name a file it writes, a file it reads, a command it runs. */
  readonly takes?: string;
  readonly writes?: string;
  readonly reads?: string;
  readonly runs?: string;
  /** Options that hold what the first operand otherwise would: then all of them are files. */
  readonly instead?: string;
  /** What it does beside that; and what an option makes it do. */
  readonly does?: Act;
  readonly options?: Readonly<Record<string, Act>>;
  /** By its first operand, and what stands for one that is not listed. */
  readonly sub?: Readonly<Record<string, Spec | Judge>>;
  readonly otherwise?: Spec | Judge;
  /** One dash begins a whole name. */
  readonly style?: "long";
}

export type Table = Readonly<Record<string, Spec | Judge>>;

/** The same for each of several names. */
export function each<T>(names: string, entry: T): Readonly<Record<string, T>> {
  return Object.fromEntries(names.split(/\s+/).map((name) => [name, entry]));
}
