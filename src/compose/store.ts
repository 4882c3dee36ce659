import { join } from "node:path";
import { WritError } from "../domain/error.ts";
import type { Configuration } from "../ports/configuration.ts";
import type { Store } from "../ports/store.ts";
import type { Log } from "../ports/system.ts";
import { openPostgresStore } from "../store/sql/postgres.ts";
import { openSqliteStore } from "../store/sql/sqlite.ts";

/** The store that the configuration speaks of: PostgreSQL where its environment variable holds an address, a file in
 *  the data folder where it does not.
 *  @throws WritError `store_url_missing` when a variable was named and is empty, and as the store does. */
export async function openStore({ store, dataFolder }: Configuration, log: Log): Promise<Store> {
  const url = process.env[store.urlEnv] ?? "";
  if (url !== "") return openPostgresStore({ url, log });
  if (!store.named) return openSqliteStore({ file: join(dataFolder, "writ.sqlite"), log });
  throw new WritError({
    code: "store_url_missing",
    status: 400,
    facts: { variable: store.urlEnv },
    message: `the environment variable ${store.urlEnv} holds no database address`,
    hint: `set ${store.urlEnv}, or take \`store.url_env\` out of \`writ.yaml\` to keep the store in a file`,
  });
}
