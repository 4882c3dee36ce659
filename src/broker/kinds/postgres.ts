import { WritError } from "../../domain/error.ts";
import type { TaskId } from "../../domain/ids.ts";
import type { DatabaseLaunch } from "../../ports/configuration.ts";
import type { Given, Login, OnBehalf, Reach } from "../../ports/outbound.ts";
import type { Log } from "../../ports/system.ts";
import type { Database } from "../../wire/postgres/database.ts";
import { publicHolds, revokePublic } from "../postgres/audit.ts";
import { createRoles } from "../postgres/roles.ts";
import { notGiven } from "../refusals.ts";
import type { CredentialSource } from "./kind.ts";

type PostgresLaunch = Extract<DatabaseLaunch, { kind: "postgres" }>;

const MOST = 1_000;

export interface PostgresParts {
  readonly database: Database;
  /** What the logins of this server are marked with. */
  readonly mark: () => Promise<string>;
  /** Remembers a login before it is made; resolves to the way to end it early. */
  readonly obtained: (name: string, on: OnBehalf) => Promise<() => Promise<void>>;
  readonly log: Log;
}

/** Logins made just in time: one for each task and what its grant lets it touch, and one for each call that no such grant
 *  stands behind. A grant's login is ended with the task, a call's own with the call. */
export function postgres(launch: PostgresLaunch, { database, mark, obtained, log }: PostgresParts): CredentialSource {
  const roles = createRoles(database, launch.schemas, mark);
  const held = new Map<string, { readonly task: TaskId; readonly name: string; readonly login: Promise<Login> }>();
  /** Logins that are on their way, and whether they were ended before they were there. */
  const making = new Map<string, "wanted" | "over">();
  let holds: readonly string[] | null = null;
  let looking: Promise<void> | null = null;

  /** Once, before the first login: what is left to everybody is in the record of every call. */
  function audited(): Promise<void> {
    looking ??= (async () => {
      await database.ready();
      if (launch.public === "revoke") await revokePublic(database.pool, database.address.database, launch.schemas);
      holds = await publicHolds(database.pool);
    })().catch((cause: unknown) => {
      looking = null;
      throw cause;
    });
    return looking;
  }

  function remains(): string {
    const everybody = holds === null ? "not looked at yet" : holds.join("; ");
    return `login: dropped with the task, or with the call where no grant of the task names tables. What any login there can do besides: ${everybody}`;
  }

  /** The lease stands before the login does, so a crash in between leaves no login that nobody ends. */
  async function make(name: string, on: OnBehalf, reach: Reach): Promise<{ login: Login; end: () => Promise<void> }> {
    const end = await obtained(name, on);
    making.set(name, "wanted");
    try {
      const login = await roles.make(name, reach);
      if (making.get(name) === "over") throw notGiven("its task has ended");
      return { login, end };
    } catch (cause) {
      await roles.end(name).catch(() => {});
      await end();
      throw cause;
    } finally {
      making.delete(name);
    }
  }

  async function loginFor(on: OnBehalf, reach: Reach): Promise<Pick<Given, "after"> & { readonly login: Login }> {
    const key = JSON.stringify([on.task, reach.tables]);
    const known = held.get(key);
    if (known !== undefined) return { login: await known.login };
    const name = roles.name();
    if (!reach.granted) return once(await make(name, on, reach));
    const login = make(name, on, reach).then((made) => made.login);
    held.set(key, { task: on.task, name, login });
    // What is forgotten is made again when it is wanted; its lease ends it with the task.
    for (const oldest of held.keys()) {
      if (held.size <= MOST) break;
      held.delete(oldest);
    }
    login.catch(() => held.get(key)?.name === name && held.delete(key));
    return { login: await login };
  }

  function once({ login, end }: Awaited<ReturnType<typeof make>>): Pick<Given, "after"> & { readonly login: Login } {
    return { login, after: () => end().catch((cause: unknown) => log.warn({ cause }, "a login is ended later")) };
  }

  return {
    get remains() {
      return remains();
    },
    async give({ on, reach }) {
      const bare = { headers: {}, secrets: [], kind: "postgres", remains: remains() };
      if (on === null || reach === null || !reach.runs) return bare;
      try {
        await audited();
        const given = await loginFor(on, reach);
        return { ...bare, ...given, secrets: [given.login.password], remains: remains() };
      } catch (cause) {
        if (cause instanceof WritError && cause.code === "credential_not_given") throw cause;
        throw notGiven(cause instanceof WritError ? cause.message : "the database gave it no login", cause);
      }
    },
    challenged(on) {
      for (const [key, { task }] of held) if (task === on?.task) held.delete(key);
      return Promise.resolve(on !== null);
    },
    async end(name) {
      for (const [key, one] of held) if (one.name === name) held.delete(key);
      if (making.has(name)) making.set(name, "over");
      await roles.end(name);
    },
    async sweep(known) {
      await database.ready();
      const there = await roles.all();
      if (there.length === 0) return;
      const kept = new Set(await known());
      for (const name of there) {
        if (kept.has(name)) continue;
        log.warn({ login: name }, "a login of ours that no task has is ended");
        await roles.end(name);
      }
    },
    prepare: audited,
  };
}
