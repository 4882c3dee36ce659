import type { CredentialRule, GitHubRule, HeaderRule, OAuthRule, SecretName } from "../ports/configuration.ts";
import { isLoopback, type Report } from "./config-bounds.ts";
import type { Path } from "./config-problems.ts";
import type { CredentialYaml } from "./config-schema.ts";

const COMMON = ["kind", "secret", "of"] as const;
const MEMBERS: Readonly<Record<CredentialYaml["kind"], readonly (keyof CredentialYaml)[]>> = {
  header: [...COMMON, "header", "scheme"],
  oauth: [...COMMON, "issuer", "client_id", "client_auth", "scopes", "resource", "dpop"],
  exchange: [...COMMON, "issuer", "client_id", "client_auth", "scopes", "resource", "audience", "dpop"],
  github: [...COMMON, "app_id", "installation_id", "repositories", "permissions", "api"],
};
const NEEDED: Readonly<Record<CredentialYaml["kind"], readonly (keyof CredentialYaml)[]>> = {
  header: ["secret"],
  oauth: ["client_id"],
  exchange: ["client_id", "issuer"],
  // A token for everything the App may do is never what one server needs.
  github: ["secret", "app_id", "installation_id", "repositories", "permissions"],
};
/** Headers that are the connection's own, or another party's. */
const NOT_OURS =
  /^(host|connection|content-.*|transfer-encoding|cookie|proxy-.*|mcp-.*|forwarded|x-forwarded-.*|dpop)$/i;

/** What the broker puts in for one server, with its defaults. */
export function resolveCredential(
  yaml: CredentialYaml | "operation" | "none" | undefined,
  path: Path,
  report: Report,
): CredentialRule {
  if (yaml === undefined || typeof yaml === "string") return yaml ?? "operation";
  const { kind } = yaml;
  for (const member of Object.keys(yaml) as (keyof CredentialYaml)[]) {
    if (!MEMBERS[kind].includes(member))
      report(
        [...path, member],
        "member_misplaced",
        `\`${member}\` means nothing with \`kind: ${kind}\``,
        "take it out",
        true,
      );
  }
  for (const member of NEEDED[kind]) {
    if (yaml[member] === undefined)
      report([...path, "kind"], "member_missing", `\`kind: ${kind}\` needs \`${member}\``, `add \`${member}\``);
  }
  for (const member of ["issuer", "api"] as const) {
    const text = yaml[member];
    const at = text === undefined ? null : new URL(text);
    if (at !== null && at.protocol === "http:" && !isLoopback(at.hostname))
      report(
        [...path, member],
        "url_needs_tls",
        "credentials would travel in the clear",
        "use https, or a server on this machine",
      );
    if (at !== null && (at.username !== "" || at.password !== "" || at.search !== "" || at.hash !== ""))
      report(
        [...path, member],
        "value_invalid",
        "this address holds more than a place",
        "write scheme, host and path alone",
      );
  }
  const secret: SecretName | null =
    yaml.secret === undefined ? null : { name: yaml.secret, of: yaml.of ?? "deployment" };
  switch (kind) {
    case "header":
      return header(yaml, secret, path, report);
    case "oauth":
    case "exchange":
      return oauth(yaml, kind, secret, path, report);
    case "github":
      return github(yaml, secret);
  }
}

const NO_SECRET: SecretName = { name: "", of: "deployment" };

function header(yaml: CredentialYaml, secret: SecretName | null, path: Path, report: Report): HeaderRule {
  const name = (yaml.header ?? "authorization").toLowerCase();
  if (NOT_OURS.test(name))
    report(
      [...path, "header"],
      "header_reserved",
      `\`${name}\` is not a header to put a secret in`,
      "use authorization, or the server's own header",
    );
  const scheme = yaml.scheme ?? (name === "authorization" ? "Bearer" : "");
  return { kind: "header", secret: secret ?? NO_SECRET, header: name, scheme: scheme === "" ? null : scheme };
}

function oauth(
  yaml: CredentialYaml,
  kind: OAuthRule["kind"],
  secret: SecretName | null,
  path: Path,
  report: Report,
): OAuthRule {
  const clientAuth = yaml.client_auth ?? (secret === null ? "none" : "client_secret_basic");
  if ((clientAuth === "none") !== (secret === null))
    report(
      [...path, "client_auth"],
      "member_missing",
      secret === null ? `\`${clientAuth}\` needs a \`secret\` of the vault` : "`none` uses no `secret`",
      "name the secret, or take one of them out",
    );
  return {
    kind,
    issuer: yaml.issuer ?? null,
    clientId: yaml.client_id ?? "",
    clientAuth,
    secret,
    scopes: yaml.scopes ?? null,
    resource: yaml.resource ?? null,
    audience: yaml.audience ?? null,
    dpop: yaml.dpop ?? false,
  };
}

function github(yaml: CredentialYaml, secret: SecretName | null): GitHubRule {
  return {
    kind: "github",
    secret: secret ?? NO_SECRET,
    appId: yaml.app_id ?? "",
    installationId: yaml.installation_id ?? "",
    repositories: yaml.repositories ?? [],
    permissions: yaml.permissions ?? {},
    api: (yaml.api ?? "https://api.github.com").replace(/\/+$/, ""),
  };
}
