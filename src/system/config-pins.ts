import type { Selectors } from "../domain/attestation.ts";
import { readSpiffeId } from "../domain/spiffe-id.ts";
import type { Report } from "./config-bounds.ts";
import { didYouMean, type Path } from "./config-problems.ts";
import type { EnrolYaml } from "./config-schema.ts";

/** What else of the file a registration may name. */
export interface Known {
  readonly people: readonly string[];
  readonly issuers: readonly { readonly name: string; readonly issuer: string }[];
  readonly trustDomains: readonly string[];
}

/** What each kind may pin. */
const PINS = {
  launcher: [],
  "join-token": [],
  unix: ["uid", "gid", "exe", "sha256"],
  oidc: ["issuer", "kubernetes", "github", "claims"],
  spiffe: ["id"],
} as const satisfies Record<EnrolYaml["kind"], readonly (keyof EnrolYaml)[]>;

const GITHUB = "https://token.actions.githubusercontent.com";

/** The selectors that a registration asks for. One that would let in whoever comes is a problem of the file. */
export function selectorsOf(one: EnrolYaml, path: Path, known: Known, report: Report): Selectors {
  const allowed: readonly string[] = ["kind", "owner", "scope", ...PINS[one.kind]];
  for (const name of Object.keys(one)) {
    if (allowed.includes(name)) continue;
    const message = `\`${one.kind}\` knows nothing of \`${name}\``;
    report([...path, name], "pin_unused", message, didYouMean(name, allowed), true);
  }
  switch (one.kind) {
    case "launcher":
    case "join-token":
      return {};
    case "unix":
      return unixSelectors(one, path, report);
    case "oidc":
      return oidcSelectors(one, path, known, report);
    case "spiffe":
      return spiffeSelectors(one, path, known, report);
  }
}

function unixSelectors(one: EnrolYaml, path: Path, report: Report): Selectors {
  if (one.uid === undefined) {
    report(
      path,
      "pin_missing",
      "any user of this machine could enrol",
      "pin `uid`, and `exe` or `sha256` beside it where several programs run as that user",
    );
  }
  return texts("unix", { uid: one.uid, gid: one.gid, exe: one.exe, sha256: one.sha256 });
}

function oidcSelectors(one: EnrolYaml, path: Path, { issuers }: Known, report: Report): Selectors {
  const issuer = issuers.find(({ name }) => name === one.issuer);
  if (issuer === undefined) {
    const names = issuers.map(({ name }) => name);
    report(
      [...path, "issuer"],
      "issuer_unknown",
      one.issuer === undefined ? "`oidc` needs an `issuer`" : `there is no issuer \`${one.issuer}\` in this file`,
      names.length === 0 ? "name one under `issuers`" : didYouMean(one.issuer ?? "", names),
    );
  }
  const claims = one.claims ?? {};
  const { github, kubernetes } = one;
  if (Object.keys(claims).length === 0 && github === undefined && kubernetes === undefined) {
    report(path, "pin_missing", "every workload of this issuer could enrol", "pin `kubernetes`, `github` or `claims`");
  }
  if (
    github !== undefined &&
    [github.job_workflow_ref, github.ref, github.environment].every((one) => one === undefined)
  ) {
    report(
      [...path, "github"],
      "pin_missing",
      "every workflow and branch of this repository could enrol",
      "pin `job_workflow_ref`, `environment` or `ref` beside `repository_id`",
    );
  }
  if (issuer?.issuer.startsWith(GITHUB) === true && github === undefined && claims["repository_id"] === undefined) {
    report(
      path,
      "pin_by_name",
      "a repository's name can come to belong to somebody else",
      "pin `github: { repository_id: … }`, which cannot",
    );
  }
  return {
    "oidc:issuer": one.issuer ?? "",
    ...texts("k8s", kubernetes ?? {}),
    ...(kubernetes === undefined
      ? {}
      : { "claim:sub": `system:serviceaccount:${kubernetes.namespace}:${kubernetes.service_account}` }),
    ...texts("claim", github ?? {}),
    // What a pull request runs may be anybody's: it is let in only where the event is named.
    ...(github === undefined || github.event_name !== undefined ? {} : { "github:pull_request": "no" }),
    ...texts("claim", claims),
  };
}

function spiffeSelectors(one: EnrolYaml, path: Path, { trustDomains }: Known, report: Report): Selectors {
  const id = readSpiffeId(one.id ?? "");
  if (id === null || id.path === "") {
    report(
      [...path, "id"],
      "spiffe_id_invalid",
      "this is not the SPIFFE ID of a workload",
      "write spiffe://trust-domain/path, in the one spelling it has",
    );
  } else if (!trustDomains.includes(id.trustDomain)) {
    report(
      [...path, "id"],
      "trust_domain_unknown",
      `the trust domain \`${id.trustDomain}\` is not federated`,
      "name it under `federation`, with its bundle",
    );
  }
  return { "spiffe:id": one.id ?? "" };
}

function texts(prefix: string, pins: Readonly<Record<string, string | number | undefined>>): Selectors {
  return Object.fromEntries(
    Object.entries(pins).flatMap(([name, value]) =>
      value === undefined ? [] : [[`${prefix}:${name}`, String(value)] as const],
    ),
  );
}
