import { randomBytes } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import pg from "pg";
import { WritError } from "../domain/error.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Suite } from "../domain/suite.ts";

/** Where a PostgreSQL server is that may be given databases to and taken them away again. */
const SERVER_ENV = "WRIT_EVAL_POSTGRES";

export interface Throwaway {
  /** The server of `writ.yaml` that is this database. */
  readonly server: JsonObject;
  drop(): Promise<void>;
}

/** A database that is made by `statements`, and gone afterwards.
 *  @throws WritError `eval_postgres_missing` where a suite wants PostgreSQL, and nobody said where one is. */
export async function makeDatabase(engine: Suite["engine"], statements: string, file: string): Promise<Throwaway> {
  if (engine === "postgres") return inPostgres(statements);
  const database = new DatabaseSync(file);
  database.exec(statements);
  database.close();
  return { server: { kind: "sqlite", file }, drop: () => Promise.resolve() };
}

async function inPostgres(statements: string): Promise<Throwaway> {
  const at = process.env[SERVER_ENV] ?? "";
  if (!URL.canParse(at))
    throw new WritError({
      code: "eval_postgres_missing",
      status: 400,
      message: "the suite wants a PostgreSQL server, and nobody said where one is",
      hint: `set ${SERVER_ENV} to the address of a server whose login may make databases and logins`,
    });
  const name = `writ_eval_${randomBytes(8).toString("hex")}`;
  const url = new URL(at);
  url.pathname = `/${name}`;
  // Each sandbox has a variable of its own: several may run at once.
  const variable = name.toUpperCase();
  await on(at, `CREATE DATABASE ${name}`);
  process.env[variable] = url.href;
  await on(url.href, statements);
  return {
    server: { kind: "postgres", url_env: variable },
    async drop() {
      delete process.env[variable];
      await on(at, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function on(url: string, statements: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statements);
  } finally {
    await client.end();
  }
}
