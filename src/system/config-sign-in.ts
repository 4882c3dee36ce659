import type { AgentName } from "../domain/ids.ts";
import { isDocumentUrl, mayRedirectTo } from "../wire/http/redirects.ts";
import type {
  AgentConfiguration,
  ProviderConfiguration,
  SignInClientConfiguration,
  SignInConfiguration,
} from "../ports/configuration.ts";
import type { Report } from "./config-bounds.ts";
import { didYouMean } from "./config-problems.ts";
import type { AgentYaml, PersonYaml, SignInClientYaml, SignInYaml } from "./config-schema.ts";

/** How people sign in, and whether programs may register themselves. */
export function resolveSignIn(
  yaml: SignInYaml = {},
  agents: Readonly<Record<string, AgentYaml>>,
  at: (path: string) => string,
  report: Report,
): SignInConfiguration {
  const { registration } = yaml;
  if (registration !== undefined && !Object.hasOwn(agents, registration))
    report(
      ["sign_in", "registration"],
      "agent_unknown",
      `there is no agent \`${registration}\` in this file`,
      didYouMean(registration, Object.keys(agents)),
    );
  return { provider: providerOf(yaml, at, report), registration: (registration ?? null) as AgentName | null };
}

function providerOf(yaml: SignInYaml, at: (path: string) => string, report: Report): ProviderConfiguration | null {
  const { issuer, client_id: clientId, client_secret_env: variable, client_key_file: file } = yaml;
  if (issuer === undefined) {
    for (const name of ["client_id", "client_secret_env", "client_key_file", "identify", "scopes", "groups"] as const)
      if (yaml[name] !== undefined)
        report(["sign_in", name], "issuer_missing", "this is for an OpenID provider", "name it as `issuer`", true);
    return null;
  }
  if (clientId === undefined)
    report(["sign_in"], "client_id_missing", "the provider knows Writ by a `client_id`", "write it beside `issuer`");
  if ((variable === undefined) === (file === undefined))
    report(
      ["sign_in"],
      "client_secret",
      "Writ proves itself to the provider with either a secret or a key",
      "write `client_secret_env` or `client_key_file`",
    );
  if (yaml.groups !== undefined && yaml.groups_claim === undefined)
    report(["sign_in", "groups"], "groups_claim_missing", "nothing says where groups stand", "name the `groups_claim`");
  return {
    issuer,
    clientId: clientId ?? "",
    proof: file === undefined ? { kind: "secret", variable: variable ?? "" } : { kind: "key", file: at(file) },
    identify: yaml.identify ?? "subject",
    scopes: [...new Set(["openid", ...(yaml.scopes ?? (yaml.identify === "email" ? ["email"] : []))])],
    groupsClaim: yaml.groups_claim ?? null,
    groups: Object.entries(yaml.groups ?? {}).map(([name, gives]) => ({
      name,
      roles: gives.roles ?? [],
      groups: gives.groups ?? [],
    })),
  };
}

/** The programs that sign people in to one agent. */
export function resolveSignInClients(
  yaml: readonly SignInClientYaml[] = [],
  agent: string,
  report: Report,
): readonly SignInClientConfiguration[] {
  return yaml.map((client, i) => {
    const path = ["agents", agent, "clients", i];
    if (client.redirect_uris === undefined && !isDocumentUrl(client.id))
      report(
        [...path, "id"],
        "client_unfinished",
        `\`${client.id}\` is not the https address of a client id metadata document`,
        "write that address, or its `redirect_uris`",
      );
    for (const [j, uri] of (client.redirect_uris ?? []).entries())
      if (!mayRedirectTo(uri))
        report(
          [...path, "redirect_uris", j],
          "redirect_invalid",
          `\`${uri}\` is neither a whole https address nor http on this machine`,
          "write it as the program does, such as http://127.0.0.1/callback; its port does not count",
        );
    return { id: client.id, name: client.name ?? null, redirectUris: client.redirect_uris ?? null };
  });
}

/** Two entries for one person at the provider would leave it to their order who that is. */
export function reportSharedPeople(people: Readonly<Record<string, PersonYaml>>, report: Report): void {
  for (const member of ["subject", "email"] as const) {
    const taken = new Set<string>();
    for (const [name, person] of Object.entries(people)) {
      const said = member === "email" ? person.email?.toLowerCase() : person.subject;
      if (said === undefined) continue;
      if (taken.has(said))
        report(
          ["people", name, member],
          "person_twice",
          `\`${said}\` is somebody else's ${member} in this file`,
          "a person has one entry",
        );
      taken.add(said);
    }
  }
}

/** A program acts as one agent. */
export function reportSharedClients(agents: readonly AgentConfiguration[], report: Report): void {
  const taken = new Set<string>();
  for (const agent of agents)
    for (const [i, { id }] of agent.clients.entries()) {
      if (taken.has(id))
        report(
          ["agents", agent.name, "clients", i, "id"],
          "client_twice",
          `\`${id}\` is listed twice`,
          "a program acts as one agent: list it once in the whole file",
        );
      taken.add(id);
    }
}
