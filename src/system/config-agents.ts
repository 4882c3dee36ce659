import type { Constraint } from "../domain/constraint.ts";
import type { GrantDraft, GrantOrigin } from "../domain/grant.ts";
import type { AgentName } from "../domain/ids.ts";
import type { JsonObject } from "../domain/json.ts";
import { readLimit, readOnlyLimit, readTablesLimit, readToolPattern } from "../domain/limit.ts";
import type { AgentConfiguration, ServerConfiguration } from "../ports/configuration.ts";
import { bounded, HOUR, MINUTE, type Report, SECOND } from "./config-bounds.ts";
import { didYouMean, type Path } from "./config-problems.ts";
import type { Known } from "./config-pins.ts";
import { resolveEnrolment } from "./config-enrolment.ts";
import { resolveSignInClients } from "./config-sign-in.ts";
import type { AgentYaml, ScopeYaml, WhereYaml } from "./config-schema.ts";

const DEFAULT_BUDGET = { calls: 200, writes: 20 };

/** One agent of `agents`: what its tasks start with and may grow to. */
export function resolveAgent(
  name: string,
  yaml: AgentYaml,
  folder: string,
  servers: readonly ServerConfiguration[],
  known: Known,
  report: Report,
): AgentConfiguration {
  const drafts = (member: "scope" | "envelope", origin: GrantOrigin): GrantDraft[] =>
    (yaml[member] ?? []).map((scope, i) =>
      draftOf(scope, origin, ["agents", name, member, i], folder, servers, report),
    );
  return {
    name: name as AgentName,
    scope: drafts("scope", "plan"),
    envelope: drafts("envelope", "just-in-time"),
    budget: { calls: yaml.budget?.calls ?? DEFAULT_BUDGET.calls, writes: yaml.budget?.writes ?? DEFAULT_BUDGET.writes },
    lifetimeMs: bounded(["agents", name, "lifetime"], yaml.lifetime, 30 * MINUTE, SECOND, 7 * 24 * HOUR, report),
    clients: resolveSignInClients(yaml.clients, name, report),
    enrol: resolveEnrolment(yaml.enrol, ["agents", name, "enrol"], known, report),
  };
}

function draftOf(
  yaml: ScopeYaml,
  origin: GrantOrigin,
  path: Path,
  folder: string,
  servers: readonly ServerConfiguration[],
  report: Report,
): GrantDraft {
  const bases = new Set<string>();
  for (const [i, tool] of yaml.tools.entries()) {
    const server = serverOf(tool, [...path, "tools", i], servers, report);
    if (server !== undefined) bases.add(server.launch.kind === "http" ? folder : server.launch.cwd);
  }
  const constraints = Object.entries(yaml.where ?? {}).flatMap(([argument, where]) => {
    const here = [...path, "where", argument];
    if (where.glob !== undefined && bases.size > 1) {
      report(
        [...here, "glob"],
        "glob_ambiguous",
        "the servers named here run in different folders, so a relative path means two things",
        "write one entry for each server",
      );
    }
    return constraintOf(argument, where, here, folder, [...bases][0] ?? folder, report) ?? [];
  });
  const ofCall = [
    yaml.tables === undefined ? null : (["tables", readTablesLimit(yaml.tables as JsonObject)] as const),
    yaml.only === undefined
      ? null
      : (["only", readOnlyLimit(yaml.only as JsonObject, [...bases][0] ?? folder)] as const),
  ];
  for (const one of ofCall) {
    if (one === null) continue;
    const [member, read] = one;
    if (read.kind === "limit") constraints.push(read.constraint);
    else report([...path, member], "limit_invalid", read.why, read.hint);
  }
  return { tools: yaml.tools, constraints, uses: yaml.uses ?? null, origin, issuedBy: "writ.yaml" };
}

function serverOf(
  tool: string,
  path: Path,
  servers: readonly ServerConfiguration[],
  report: Report,
): ServerConfiguration | undefined {
  const parts = readToolPattern(tool);
  if (parts === null) {
    const star = tool.includes("*")
      ? "a wildcard stands only for every tool of one server: `server__*`"
      : `\`${tool}\` is not a tool's name here`;
    report(path, "tool_pattern_invalid", star, "write server__tool, such as docs__read_text_file");
    return undefined;
  }
  const server = servers.find((one) => one.name === parts.server);
  if (server === undefined) {
    report(
      path,
      "server_unknown",
      `there is no server \`${parts.server}\` in this file`,
      didYouMean(
        parts.server,
        servers.map((one) => one.name),
      ),
    );
  }
  return server;
}

function constraintOf(
  argument: string,
  where: WhereYaml,
  path: Path,
  folder: string,
  base: string,
  report: Report,
): Constraint | undefined {
  const written = Object.fromEntries(Object.entries(where).filter(([, value]) => value !== undefined)) as JsonObject;
  const read = readLimit(argument, written, folder, base);
  if (read.kind === "limit") return read.constraint;
  report(path, "limit_invalid", read.why, read.hint);
  return undefined;
}
