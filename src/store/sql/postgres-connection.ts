import type { PoolClient, QueryResult } from "pg";
import { unavailable } from "../fault.ts";
import { checkText } from "../text.ts";
import type { Connection } from "./engine.ts";
import type { Kept } from "./kept-rows.ts";
import { describePostgres } from "./postgres-fault.ts";
import type { Statement, Value, Values } from "./statement.ts";

/** The name under which a server keeps a statement prepared; the same text has the same name everywhere. */
const names = new Map<string, string>();

/** One connection to PostgreSQL inside one transaction. */
export class PostgresConnection implements Connection {
  readonly kept: Kept;
  readonly client: PoolClient;
  /** The number of the state that the transaction began in. */
  state: number;
  /** What failed since the transaction began; not null means that it must not commit. */
  fault: unknown = null;
  /** Whether anything was written since this was last set to false. */
  wrote = false;
  /** The newest sequence published in the transaction; 0 for none. */
  announced = 0;

  constructor(client: PoolClient, kept: Kept, state: number) {
    this.client = client;
    this.kept = kept;
    this.state = state;
  }

  async rows<P extends Values, R>(statement: Statement<P, R>, values: P): Promise<readonly R[]> {
    return (await this.#ask(statement, values)).rows as readonly R[];
  }

  async run<P extends Values>(statement: Statement<P, unknown>, values: P): Promise<number> {
    return (await this.#ask(statement, values)).rowCount ?? 0;
  }

  send<P extends Values>(statement: Statement<P, unknown>, values: P): void {
    // Its failure is kept as the transaction's, which then does not commit.
    this.#ask(statement, values).catch(() => {});
  }

  announce(sequence: number): void {
    this.announced = sequence;
  }

  /** Several statements in one message, without values; the answer to the last. */
  async script(text: string): Promise<QueryResult<Record<string, unknown>>> {
    const answer = await this.client.query(text);
    return (Array.isArray(answer) ? answer.at(-1) : answer) as QueryResult<Record<string, unknown>>;
  }

  #ask<P extends Values>(statement: Statement<P, unknown>, values: P): Promise<QueryResult> {
    const parameters = statement.bind(values);
    for (const value of parameters) if (typeof value === "string") checkText(value);
    if (statement.writes) this.wrote = true;
    return this.client
      .query({ name: nameOf(statement.text), text: statement.text, values: parameters as Value[] })
      .catch((cause: unknown) => {
        this.fault ??= cause;
        throw unavailable(describePostgres(cause), cause);
      });
  }
}

function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = `writ_${names.size}`;
    names.set(text, name);
  }
  return name;
}
