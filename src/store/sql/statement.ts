import { type Compilable, type RawBuilder, sql } from "kysely";

export type Value = string | number | null;
export type Values = Readonly<Record<string, Value>>;

/** A query compiled once: its text, and which value goes where. Building one anew would cost more than running it. */
export interface Statement<P extends Values, R> {
  readonly text: string;
  readonly bind: (values: P) => Value[];
  readonly writes: boolean;
  /** Only a type: what a row of the answer looks like. */
  readonly row?: R;
}

/** Stands in a query for a value that each run brings. */
class Slot {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

type SlotOf<P> = <K extends keyof P & string>(name: K) => RawBuilder<P[K]>;

/** Compiles what `build` makes of its slots. */
export function statement<P extends Values>(): <R>(build: (slot: SlotOf<P>) => Compilable<R>) => Statement<P, R> {
  return (build) => {
    const compiled = build((name) => sql`${new Slot(name)}`).compile();
    const order = compiled.parameters.map((parameter) =>
      parameter instanceof Slot ? { name: parameter.name } : { value: parameter as Value },
    );
    return {
      text: compiled.sql,
      writes: !compiled.sql.startsWith("select"),
      bind: (values) => order.map((one) => (one.name === undefined ? one.value : (values[one.name] as Value))),
    };
  };
}
