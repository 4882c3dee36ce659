import { userInfo } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { AnsweringRules } from "../domain/answering.ts";
import type { PersonName } from "../domain/ids.ts";
import type { Configuration } from "../ports/configuration.ts";
import { resolveAgent } from "./config-agents.ts";
import { resolveClient } from "./config-clients.ts";
import { bounded, HOUR, isLoopback, MINUTE, type Report, SECOND } from "./config-bounds.ts";
import type { Path } from "./config-problems.ts";
import { reportOwnDatabases } from "./config-databases.ts";
import type { WritYaml } from "./config-schema.ts";
import { resolveEvaluator } from "./config-evaluators.ts";
import { resolveReceiver } from "./config-receivers.ts";
import { resolveFederation, resolveIssuers } from "./config-issuers.ts";
import { resolveServer } from "./config-servers.ts";
import { reportSharedClients, reportSharedPeople, resolveSignIn } from "./config-sign-in.ts";
import { resolveVault } from "./config-vault.ts";

/** Where a configuration starts from: the file (or null), the folder that relative paths mean, and the policies used
 *  where it names none. */
export interface Base {
  readonly file: string | null;
  readonly folder: string;
  readonly policyFolder?: string;
}

/** Stands for whoever holds the admin key. */
const RESERVED_PERSON = "admin";

/** Fills in every default, makes every path absolute, and checks what the shape alone cannot say. */
export function resolveConfiguration(yaml: WritYaml, base: Base, report: Report): Configuration {
  const at = (path: string): string => resolve(base.folder, path);
  const host = yaml.listen?.host ?? "127.0.0.1";
  if (!isLoopback(host)) {
    report(
      ["listen", "host"],
      "listen_needs_tls",
      `\`${host}\` can be reached from other machines, and Writ does not speak TLS here`,
      "listen on 127.0.0.1, and put a TLS proxy in front",
    );
  }
  if (yaml.people?.[RESERVED_PERSON] !== undefined) {
    report(
      ["people", RESERVED_PERSON],
      "name_reserved",
      "`admin` is whoever holds the admin key",
      "give this person another name",
      true,
    );
  }
  const people = [...new Set([yaml.owner ?? systemUser(), ...Object.keys(yaml.people ?? {})])];
  const origin = yaml.origin === undefined ? null : new URL(yaml.origin);
  if (
    origin !== null &&
    (origin.href !== `${origin.origin}/` || !(origin.protocol === "https:" || isLoopback(origin.hostname)))
  ) {
    report(
      ["origin"],
      "origin_invalid",
      "this is not an address that clients can safely be sent to",
      "write https, a host and perhaps a port, and nothing after it; http is for this machine",
    );
  }
  const issuers = resolveIssuers(
    yaml.issuers,
    { clients: Object.keys(yaml.clients ?? {}), agents: Object.keys(yaml.agents ?? {}), people },
    report,
  );
  const federation = resolveFederation(yaml.federation, yaml.trust_domain ?? "writ.local", at, report);
  const known = { people, issuers, trustDomains: federation.map(({ name }) => name) };
  const servers = Object.entries(yaml.servers ?? {}).map(([name, server]) =>
    resolveServer(name, server, base.folder, report),
  );
  const agents = Object.entries(yaml.agents ?? {}).map(([name, agent]) =>
    resolveAgent(name, agent, base.folder, servers, known, report),
  );
  const store = { urlEnv: yaml.store?.url_env ?? "DATABASE_URL", named: yaml.store?.url_env !== undefined };
  reportOwnDatabases(servers, { dataFolder: at(yaml.data ?? ".writ"), urlEnv: store.urlEnv }, report);
  reportSharedClients(agents, report);
  reportSharedPeople(yaml.people ?? {}, report);
  const time = (path: Path, text: string | undefined, otherwise: number, least: number, most: number): number =>
    bounded(path, text, otherwise, least, most, report);
  return {
    file: base.file,
    dataFolder: at(yaml.data ?? ".writ"),
    policyFolder: yaml.policies === undefined ? (base.policyFolder ?? at("policies")) : at(yaml.policies),
    capabilityFile: at(yaml.capabilities ?? "capabilities.yaml"),
    trustDomain: yaml.trust_domain ?? "writ.local",
    listen: { host, port: yaml.listen?.port ?? 7420 },
    origin: origin?.origin ?? null,
    store,
    socket: yaml.listen?.socket === undefined ? join(at(yaml.data ?? ".writ"), "enrol.sock") : at(yaml.listen.socket),
    tier: yaml.tier ?? "foundation",
    infer: yaml.infer ?? yaml.tier === "optimized",
    isolation: yaml.isolation ?? "same-user",
    owner: (yaml.owner ?? systemUser()) as PersonName,
    people: Object.entries(yaml.people ?? {}).map(([name, person]) => ({
      name: name as PersonName,
      roles: person.roles ?? [],
      ...(person.groups === undefined ? {} : { groups: person.groups }),
      ...(person.subject === undefined ? {} : { subject: person.subject }),
      ...(person.email === undefined ? {} : { email: person.email.toLowerCase() }),
    })),
    agents,
    servers,
    receivers: Object.entries(yaml.receivers ?? {}).map(([name, one]) => resolveReceiver(name, one, agents, report)),
    evaluators: Object.entries(yaml.evaluators ?? {}).map(([name, one]) => resolveEvaluator(name, one, at, report)),
    issuers,
    federation,
    clients: Object.entries(yaml.clients ?? {}).map(([name, client]) =>
      resolveClient(name, client, servers, at, report),
    ),
    keys: {
      rotateAfterMs: time(["keys", "rotate_after"], yaml.keys?.rotate_after, 30 * 24 * HOUR, HOUR, 366 * 24 * HOUR),
    },
    approvals: {
      timeoutMs: time(["approvals", "timeout"], yaml.approvals?.timeout, 10 * MINUTE, SECOND, 24 * HOUR),
      // Shorter than the minute after which stock clients stop waiting, so that they hear "not yet" and not nothing.
      holdMs: time(["approvals", "hold"], yaml.approvals?.hold, 50 * SECOND, 0, 120 * SECOND),
      usableMs: time(["approvals", "usable"], yaml.approvals?.usable, 5 * MINUTE, SECOND, 24 * HOUR),
      endorseMs: time(["approvals", "endorse"], yaml.approvals?.endorse, HOUR, 0, 24 * HOUR),
      ...answeringOf(yaml.approvals ?? {}),
    },
    signIn: resolveSignIn(yaml.sign_in, yaml.agents ?? {}, at, report),
    vault: resolveVault(yaml.vault, base.folder, report),
    memory: {
      keep: yaml.memory?.keep ?? false,
      lifetimeMs: time(["memory", "lifetime"], yaml.memory?.lifetime, 90 * 24 * HOUR, MINUTE, 3660 * 24 * HOUR),
      untrustedMs: time(["memory", "untrusted"], yaml.memory?.untrusted, 7 * 24 * HOUR, MINUTE, 3660 * 24 * HOUR),
    },
    clearance: yaml.clearance ?? {},
    records: { text: yaml.records?.text ?? "digest" },
  };
}

/** On a machine of one's own the owner answers; a deployment of several says otherwise. */
function answeringOf(yaml: NonNullable<WritYaml["approvals"]>): AnsweringRules {
  const effects = Object.entries(yaml.effects ?? {}).map(([kind, rule]) => [
    kind,
    {
      ...(rule?.self_confirm === undefined ? {} : { selfConfirm: rule.self_confirm }),
      ...(rule?.four_eyes === undefined ? {} : { fourEyes: rule.four_eyes }),
    },
  ]);
  return {
    selfConfirm: yaml.self_confirm ?? true,
    fourEyes: yaml.four_eyes ?? false,
    effects: Object.fromEntries(effects) as AnsweringRules["effects"],
  };
}

/** The person at this machine, as a name Writ can use. */
function systemUser(): string {
  let user = "";
  try {
    user = userInfo()
      .username.toLowerCase()
      .replaceAll(/[^a-z0-9-]/g, "-")
      .slice(0, 32);
  } catch {
    // A user id without an account, as in many containers.
  }
  return /^[a-z]/.test(user) ? user : "owner";
}

export function folderOf(file: string): string {
  return dirname(resolve(file));
}
