import { randomBytes } from "node:crypto";
import type pg from "pg";
import type { Login, Reach } from "../../ports/outbound.ts";
import type { Database } from "../../wire/postgres/database.ts";
import { scramVerifier } from "../../wire/postgres/scram.ts";
import { codeOf, quoted } from "../../wire/postgres/session.ts";
import { grantsFor } from "./privileges.ts";

const PREFIX = "writ_task_";
/** "Writ" in ASCII, then what it is held for: one gateway at a time changes who there is. */
const LOCK = "SELECT pg_advisory_xact_lock(1467115892, 3)";
const CONNECTIONS = 8;
const TRIES = 5;
/** Another hand at the same rows of the system's own tables; serialisation, deadlock, a lock not had. */
const AGAIN = new Set(["XX000", "40001", "40P01", "55P03"]);
const GONE_MS = 5_000;

/** Logins that last as long as a task, in one database. */
export interface Roles {
  /** A name that nobody can guess, before the login is there. */
  name(): string;
  /** Makes the login `name`, able to do what `reach` says and nothing else. Its password is in no statement. */
  make(name: string, reach: Reach): Promise<Login>;
  /** Ends its sessions, takes everything from it, and removes it; resolves when nothing of it is left. Ending what is not
   *  there is no failure. */
  end(name: string): Promise<void>;
  /** Those that are there and were made for this server by this deployment. */
  all(): Promise<readonly string[]>;
}

/** `mark` is this server's of this deployment: on each login made for it, and no other is ended. */
export function createRoles(database: Database, schemas: readonly string[], mark: () => Promise<string>): Roles {
  async function change<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    for (let tried = 1; ; tried++) {
      const client = await database.pool.connect();
      let broken: Error | undefined;
      try {
        await client.query("BEGIN");
        await client.query(LOCK);
        const result = await work(client);
        await client.query("COMMIT");
        return result;
      } catch (cause) {
        await client.query("ROLLBACK").catch((fault: Error) => (broken = fault));
        if (tried === TRIES || !AGAIN.has(codeOf(cause) ?? "")) throw cause;
      } finally {
        client.release(broken);
      }
    }
  }

  return {
    name: () => `${PREFIX}${randomBytes(16).toString("hex")}`,
    async make(name, reach) {
      const facts = await database.ready();
      const password = randomBytes(32).toString("base64url");
      const verifier = await scramVerifier(password);
      const comment = markOf(await mark());
      await change(async (client) => {
        const role = quoted(name);
        const until = new Date(reach.until).toISOString();
        await client.query(
          `CREATE ROLE ${role} LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT ${CONNECTIONS} PASSWORD '${verifier}' VALID UNTIL '${until}'`,
        );
        await client.query(`COMMENT ON ROLE ${role} IS '${comment}'`);
        // To end its sessions and what it owns later, one that is no superuser has to have what it has.
        if (!facts.superuser) await client.query(`GRANT ${role} TO CURRENT_USER WITH INHERIT TRUE, SET FALSE`);
        await client.query(`GRANT CONNECT ON DATABASE ${quoted(database.address.database)} TO ${role}`);
        for (const grant of await grantsFor(client, name, reach.tables, schemas)) await client.query(grant);
      });
      return { user: name, password };
    },
    async end(name) {
      const role = quoted(name);
      if (!(await isThere(database.pool, name))) return;
      // From here on nobody comes in any more; who is in is put out.
      await change((client) => client.query(`ALTER ROLE ${role} NOLOGIN`));
      await endSessions(database.pool, name);
      await change(async (client) => {
        if (!(await isThere(client, name))) return;
        await client.query(`DROP OWNED BY ${role}`);
        await client.query(`DROP ROLE ${role}`);
      });
    },
    async all() {
      const { rows } = await database.pool.query<{ name: string }>(
        "SELECT rolname AS name FROM pg_roles WHERE starts_with(rolname, $1) AND shobj_description(oid, 'pg_authid') = $2",
        [PREFIX, markOf(await mark())],
      );
      return rows.map(({ name }) => name);
    },
  };
}

/** Of such characters alone that it can stand in a statement. */
function markOf(mark: string): string {
  return `made by writ for ${mark.replaceAll(/[^0-9A-Za-z-]/g, "")}`;
}

async function isThere(client: Pick<pg.PoolClient, "query">, name: string): Promise<boolean> {
  const { rowCount } = await client.query("SELECT FROM pg_roles WHERE rolname = $1", [name]);
  return (rowCount ?? 0) > 0;
}

/** @throws Error when a session is still there after all that time. */
async function endSessions(pool: pg.Pool, name: string): Promise<void> {
  const until = performance.now() + GONE_MS;
  for (;;) {
    const { rowCount } = await pool.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1", [
      name,
    ]);
    if (rowCount === 0) return;
    if (performance.now() > until) throw new Error("a session of an ended login does not end");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
