import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll } from "vitest";
import { type PostgresServer, startPostgres } from "../../examples/demo/postgres.ts";
import { newFolder } from "./folder.ts";

/** A PostgreSQL server of this test file's own, on loopback, gone when the file ends. */
export interface RealPostgres {
  /** The address of a new, empty database. */
  database(): Promise<string>;
  /** A connection of the test's own; whoever opens it ends it. */
  client(url: string): Promise<pg.Client>;
  port(): number;
  /** Ends it at once, as a kernel that kills it would, and starts it again. */
  crash(): Promise<void>;
}

export function realPostgres(): RealPostgres {
  let server: PostgresServer | null = null;
  let made = 0;
  const running = (): PostgresServer => {
    if (server === null) throw new Error("the server is not up");
    return server;
  };
  beforeAll(async () => {
    server = await startPostgres(join(await newFolder(0o755), "data"), false);
  }, 60_000);
  afterAll(() => server?.stop());

  return {
    database: () => running().database(`t_${made++}`),
    async client(url) {
      const one = new pg.Client({ connectionString: url });
      one.on("error", () => {});
      await one.connect();
      return one;
    },
    port: () => running().port,
    async crash() {
      await running().crash();
      await running().start();
    },
  };
}
