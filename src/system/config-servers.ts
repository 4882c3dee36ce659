import { resolve } from "node:path";
import { OWN_SERVER, type ServerName } from "../domain/ids.ts";
import type { Launch, ServerConfiguration, ToolRule } from "../ports/configuration.ts";
import { bounded, HOUR, isLoopback, MINUTE, type Report, sizeOf } from "./config-bounds.ts";
import { resolveCredential } from "./config-credential.ts";
import type { Path } from "./config-problems.ts";
import { databaseOf } from "./config-databases.ts";
import type { ServerYaml, ToolRuleYaml } from "./config-schema.ts";
import { instant } from "./config-units.ts";

/** One server of `servers`, with its defaults and checked for what the shape alone cannot say. */
export function resolveServer(name: string, yaml: ServerYaml, folder: string, report: Report): ServerConfiguration {
  const path = ["servers", name];
  if (name === OWN_SERVER)
    report(path, "name_reserved", "`writ` is Writ's own name", "give this server another name", true);
  const mode = yaml.mode;
  const until = typeof mode === "object" ? instant(mode.observe_until) : null;
  if (typeof mode === "object" && until === null) {
    report(
      [...path, "mode", "observe_until"],
      "value_invalid",
      `\`${mode.observe_until}\` is not a day`,
      "write a day such as 2030-01-31",
    );
  }
  return {
    name: name as ServerName,
    launch: launchOf(yaml, path, folder, report),
    mode: until === null ? { kind: "enforce" } : { kind: "observe", until },
    timeoutMs: bounded([...path, "timeout"], yaml.timeout, MINUTE, 10, 24 * HOUR, report),
    maxResultBytes: sizeOf([...path, "max_result"], yaml.max_result, report),
    tools: Object.fromEntries(Object.entries(yaml.tools ?? {}).map(([tool, rule]) => [tool, ruleOf(rule)])),
    ...(yaml.clearance === undefined ? {} : { clearance: yaml.clearance }),
    ...(yaml.same_names === undefined ? {} : { sameNames: yaml.same_names }),
    reverse: [...new Set(["elicitation", "roots", ...(yaml.allow ?? [])] as const)],
  };
}

function launchOf(yaml: ServerYaml, path: Path, folder: string, report: Report): Launch {
  const foreign = (members: readonly (keyof ServerYaml)[], kind: string): void => {
    for (const member of members) {
      if (yaml[member] !== undefined)
        report(
          [...path, member],
          "member_misplaced",
          `\`${member}\` means nothing for a server with ${kind}`,
          "take it out",
          true,
        );
    }
  };
  const ways = (["command", "socket", "url", "kind"] as const).filter((way) => yaml[way] !== undefined);
  if (ways.length > 1) {
    report(
      [...path, ways.at(-1) ?? "url"],
      "launch_ambiguous",
      "a server has a `command`, a `socket`, a `url` or a `kind`, one of them",
      "take the others out",
      true,
    );
  }
  if (ways.length === 0) {
    report(
      path,
      "launch_missing",
      "a server needs a `command`, a `socket`, a `url` or a `kind`",
      "add `command: …` for a program, `socket: …` for one that `writ serve` runs, `url: …` for a server that runs, or `kind: …` for a database",
      true,
    );
  }
  if (yaml.kind !== undefined && ways.length === 1) {
    foreign(["args", "cwd", "env", "audience", "credential"], "a `kind`");
    return databaseOf(yaml.kind, yaml, path, folder, report);
  }
  if (yaml.kind === undefined) foreign(["url_env", "schemas", "public", "file", "rows"], "no `kind`");
  if (yaml.socket !== undefined && yaml.url === undefined) {
    foreign(["args", "env", "audience", "credential"], "a `socket`");
    return { kind: "socket", path: resolve(folder, yaml.socket), cwd: resolve(folder, yaml.cwd ?? ".") };
  }
  if (yaml.url === undefined) {
    foreign(["audience", "credential"], "a `command`");
    return {
      kind: "stdio",
      command: yaml.command ?? "",
      args: yaml.args ?? [],
      cwd: resolve(folder, yaml.cwd ?? "."),
      env: yaml.env ?? {},
    };
  }
  foreign(["args", "cwd", "env"], "a `url`");
  const url = new URL(yaml.url);
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    report(
      [...path, "url"],
      "url_needs_tls",
      "credentials would travel in the clear",
      "use https, or a server on this machine",
    );
  }
  if (url.username !== "" || url.password !== "") {
    report(
      [...path, "url"],
      "url_has_secret",
      "a secret in an address ends up in logs",
      "take the user name and password out of the address",
    );
  }
  const credential = resolveCredential(yaml.credential, [...path, "credential"], report);
  // What is exchanged is shown to the issuer, and to nobody else.
  const shownTo = typeof credential === "object" && credential.kind === "exchange" ? credential.issuer : null;
  return {
    kind: "http",
    url: yaml.url,
    audience: yaml.audience ?? shownTo ?? yaml.url,
    credential,
  };
}

const LOCATORS = [
  "path",
  "host",
  "recipient",
  "table",
  "method",
  "output",
  "sql",
  "shell",
  "code",
  "amount",
  "body",
  "attachment",
  "identity",
] as const satisfies readonly (keyof ToolRule)[];

function ruleOf(yaml: ToolRuleYaml): ToolRule {
  const list = (value: string | string[] | undefined): string[] | undefined =>
    typeof value === "string" ? [value] : value;
  const whole = {
    ...yaml,
    effects: yaml.effects ?? [],
    ...Object.fromEntries(LOCATORS.map((name) => [name, list(yaml[name])])),
  };
  return Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== undefined)) as unknown as ToolRule;
}
