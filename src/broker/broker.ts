import { WritError } from "../domain/error.ts";
import type { ServerName } from "../domain/ids.ts";
import type { ServerConfiguration } from "../ports/configuration.ts";
import type { Challenge, Given, Introduction, OnBehalf, Reach } from "../ports/outbound.ts";
import type { Store } from "../ports/store.ts";
import type { Clock, Ids, Log } from "../ports/system.ts";
import { github } from "./kinds/github.ts";
import type { CredentialSource } from "./kinds/kind.ts";
import { oauth } from "./kinds/oauth.ts";
import { header, nothing, operation } from "./kinds/plain.ts";
import { postgres } from "./kinds/postgres.ts";
import type { Obtained } from "./kinds/tokens.ts";
import type { Database } from "../wire/postgres/database.ts";
import { deploymentOf } from "./deployment.ts";
import type { Known } from "./known.ts";
import { createLeases, type Leases } from "./leases.ts";
import type { Vault } from "./vault/vault.ts";

export interface BrokerParts {
  readonly servers: readonly ServerConfiguration[];
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly vault: Vault;
  readonly known: Known;
  /** The databases that Writ itself speaks to. */
  readonly databases?: ReadonlyMap<ServerName, Database>;
}

/** What upstreams are given in place of anything an agent holds. */
export interface Broker {
  /** For one admitted call, made now. @throws WritError when it cannot be had; the call does not leave then. */
  credentialFor(server: ServerName, on: OnBehalf, operation: string, reach: Reach | null): Promise<Given>;
  /** The upstream refused the call; whether what it would be given now is another thing. Never rejects. */
  challenged(server: ServerName, on: OnBehalf, challenge: Challenge): Promise<boolean>;
  /** For the record of an admission: the kind, and what a call to this server leaves standing. */
  foresee(server: ServerName): { readonly kind: string; readonly remains: string };
  /** Whether a text on its way to an agent shows a secret of any server. */
  shows(text: string): boolean;
  /** What a login can do that was given nothing, for each database; what hinders looking, in its place. */
  everybody(): Promise<readonly { readonly server: ServerName; readonly says: string }[]>;
  readonly introduction: Introduction;
  readonly leases: Leases;
  stop(): void;
}

/** One source of credentials for each server, and what they obtained. */
export function createBroker(parts: BrokerParts): Broker {
  const { known, log } = parts;
  const kinds = new Map<ServerName, string>();
  const sources = new Map<ServerName, CredentialSource>();
  const leases = createLeases({
    ...parts,
    enderOf: (server) => sources.get(server)?.end ?? null,
    strays,
  });
  const deployment = deploymentOf(parts.store);
  for (const server of parts.servers) {
    kinds.set(server.name, kindOf(server));
    sources.set(server.name, sourceOf(server));
  }

  function sourceOf({ name, launch }: ServerConfiguration): CredentialSource {
    const database = parts.databases?.get(name);
    if (launch.kind === "postgres" && database !== undefined) {
      const obtained = (token: string, on: OnBehalf): Promise<() => Promise<void>> =>
        leases.take({ on, server: name, kind: "postgres", token, expiresAt: null });
      return postgres(launch, { database, mark: async () => `${await deployment()}-${name}`, obtained, log });
    }
    if (launch.kind === "sqlite") return nothing("the database is a file that Writ opens for each call");
    if (launch.kind !== "http") return nothing("the server is a program of its own");
    const { credential: rule } = launch;
    if (rule === "none") return nothing("the server asks for nothing");
    if (rule === "operation") return operation();
    const url = new URL(launch.url);
    const obtained: Obtained = async (token, on) => {
      known.learn(token.text);
      if (on === null) return null;
      return leases.take({ on, server: name, kind: rule.kind, token: token.text, expiresAt: token.expiresAt });
    };
    const own = { vault: parts.vault, now: () => parts.clock.now(), obtained };
    switch (rule.kind) {
      case "header":
        return header(rule, url, parts.vault);
      case "github":
        return github(rule, own);
      case "oauth":
      case "exchange":
        return oauth(rule, url, own);
    }
  }

  function source(server: ServerName): CredentialSource {
    return sources.get(server) ?? nothing("Writ answers itself");
  }

  async function strays(): Promise<void> {
    for (const [server, { sweep }] of sources) {
      await sweep?.(() => leases.tokensOf(server)).catch((cause: unknown) => {
        log.warn({ cause, server }, "what a server holds of ours could not be looked at; it is looked at again");
      });
    }
  }

  async function challenged(server: ServerName, on: OnBehalf | null, challenge: Challenge): Promise<boolean> {
    try {
      return (await source(server).challenged?.(on, challenge)) ?? false;
    } catch (cause) {
      log.warn({ cause, server }, "a server wants a credential that it cannot be given");
      return false;
    }
  }

  return {
    async credentialFor(server, on, operation, reach) {
      const given = await source(server).give({ verb: "POST", on, operation, reach });
      // A credential for one call is worth nothing after it; the others are looked for everywhere from now on.
      if (given.kind !== "operation") given.secrets.forEach((secret) => known.learn(secret));
      return given;
    },
    challenged,
    foresee: (server) => ({ kind: kinds.get(server) ?? "none", remains: source(server).remains }),
    shows: (text) => known.shows(text),
    everybody: () =>
      Promise.all(
        [...sources].flatMap(([server, one]) =>
          one.prepare === undefined
            ? []
            : one.prepare().then(
                () => ({ server, says: one.remains }),
                (cause: unknown) => ({
                  server,
                  says: cause instanceof WritError ? cause.message : "it is not reached",
                }),
              ),
        ),
      ),
    introduction: {
      async headers(server, verb, on) {
        try {
          const given = await source(server).give({ verb, on, operation: null, reach: null });
          given.secrets.forEach((secret) => known.learn(secret));
          return given.headers;
        } catch (cause) {
          log.warn({ cause, server }, "a message to a server goes without a credential");
          return {};
        }
      },
      challenged,
    },
    leases,
    stop: () => leases.stop(),
  };
}

function kindOf({ launch }: ServerConfiguration): string {
  if (launch.kind === "postgres") return "postgres";
  if (launch.kind !== "http") return "none";
  return typeof launch.credential === "string" ? launch.credential : launch.credential.kind;
}
