import type { Connection, Submittable } from "pg";
import type { Json } from "../../domain/json.ts";
import type { Answer, Job } from "../database/backend.ts";
import { parameterOf, typeName, valueOf } from "./values.ts";

/** The parts of `pg`'s connection that a query of one's own speaks through. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void };
  parse(message: { readonly text: string; readonly name: string }): void;
  bind(message: { readonly portal: string; readonly statement: string; readonly values: readonly unknown[] }): void;
  describe(message: { readonly type: "P"; readonly name: string }): void;
  execute(message: { readonly portal: string; readonly rows: number }): void;
  sync(): void;
  sendCopyFail(why: string): void;
}

interface Field {
  readonly name: string;
  readonly dataTypeID: number;
}

/** One statement in the extended protocol, in which a second one behind it is an error of the server's. A reading one is
 *  asked for as many rows as are wanted, and no more are made; a changing one runs to its end, and what is too much of its
 *  answer is let fall. */
export class Portal implements Submittable {
  readonly done: Promise<Answer>;
  readonly #job: Job;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (cause: unknown) => void;
  #columns: readonly Field[] = [];
  #rows: (readonly Json[])[] = [];
  #bytes = 0;
  #truncated = false;
  #changed = 0;

  constructor(job: Job) {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.done = promise;
    this.#job = job;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** What has come so far, where the rest is not waited for. */
  soFar(): Answer {
    const columns = this.#columns.map(({ name, dataTypeID }) => ({ name, type: typeName(dataTypeID) }));
    return { columns, rows: this.#rows, truncated: this.#truncated, changed: this.#changed };
  }

  submit(connection: Connection): void {
    const wire = connection as unknown as Wire;
    wire.stream.cork();
    wire.parse({ text: this.#job.sql, name: "" });
    wire.bind({ portal: "", statement: "", values: this.#job.params.map(parameterOf) });
    wire.describe({ type: "P", name: "" });
    wire.execute({ portal: "", rows: this.#job.changes ? 0 : this.#job.rows + 1 });
    wire.sync();
    wire.stream.uncork();
  }

  handleRowDescription(message: { readonly fields: readonly Field[] }): void {
    this.#columns = message.fields;
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    if (this.#truncated) return;
    const row = fields.map((text, i) => valueOf(text, this.#columns[i]?.dataTypeID ?? 0));
    this.#bytes += Buffer.byteLength(JSON.stringify(row)) + 1;
    if (this.#rows.length >= this.#job.rows || this.#bytes > this.#job.bytes) this.#truncated = true;
    else this.#rows.push(row);
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    const counted = /^(?:INSERT 0|UPDATE|DELETE|MERGE) (\d+)$/.exec(text);
    if (counted !== null) this.#changed = Number(counted[1]);
  }

  handlePortalSuspended(): void {
    this.#truncated = true;
  }

  handleEmptyQuery(): void {}

  handleCopyInResponse(connection: unknown): void {
    const wire = connection as Wire;
    wire.sendCopyFail("nothing is copied in");
    wire.sync();
  }

  handleCopyData(): void {}

  handleError(cause: unknown): void {
    this.#reject(cause);
  }

  handleReadyForQuery(): void {
    this.#resolve(this.soFar());
  }
}
