import type { DatabaseLaunch } from "../../ports/configuration.ts";
import type { Database } from "../../wire/postgres/database.ts";
import type { Backend } from "../database/backend.ts";
import { readCatalogue } from "./catalogue.ts";
import { runStatement } from "./run.ts";

/** PostgreSQL as the tools see it. What it knows of the database it reads with Writ's own login; what an agent asks for it
 *  never does. */
export function postgresBackend(launch: Extract<DatabaseLaunch, { kind: "postgres" }>, database: Database): Backend {
  const [schema = "public"] = launch.schemas;
  return {
    async refresh() {
      await database.ready();
      return readCatalogue(database.pool, launch.schemas);
    },
    run: (job, signal) => runStatement({ database, schema }, job, signal),
    close: () => Promise.resolve(),
  };
}
