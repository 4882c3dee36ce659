import { resolve } from "node:path";
import type { DatabaseLaunch, ServerConfiguration } from "../ports/configuration.ts";
import type { Report } from "./config-bounds.ts";
import type { Path } from "./config-problems.ts";
import type { ServerYaml } from "./config-schema.ts";

const ROWS = 1_000;
const OF: Readonly<Record<DatabaseLaunch["kind"], readonly (keyof ServerYaml)[]>> = {
  postgres: ["url_env", "schemas", "public"],
  sqlite: ["file"],
};

/** A server that is a database: how Writ reaches it, and how much it answers with. */
export function databaseOf(
  kind: DatabaseLaunch["kind"],
  yaml: ServerYaml,
  path: Path,
  folder: string,
  report: Report,
): DatabaseLaunch {
  const missing = (member: string, hint: string): void =>
    report(path, "database_unnamed", `a server of \`kind: ${kind}\` needs a \`${member}\``, hint, true);
  for (const member of Object.entries(OF).flatMap(([one, members]) => (one === kind ? [] : members))) {
    if (yaml[member] !== undefined)
      report(
        [...path, member],
        "member_misplaced",
        `\`${member}\` means nothing for a server of \`kind: ${kind}\``,
        "take it out",
        true,
      );
  }
  const rows = yaml.rows ?? ROWS;
  if (kind === "sqlite") {
    if (yaml.file === undefined) missing("file", "add `file: …`, the path of the database");
    return { kind, file: resolve(folder, yaml.file ?? "."), rows };
  }
  if (yaml.url_env === undefined)
    missing("url_env", "add `url_env: …`, the environment variable that holds the address of the database");
  return {
    kind,
    urlEnv: yaml.url_env ?? "",
    schemas: [...new Set(yaml.schemas ?? ["public"])],
    rows,
    public: yaml.public ?? "show",
  };
}

/** A database of Writ's own is nobody's to query: what it holds is what agents are judged by. */
export function reportOwnDatabases(
  servers: readonly ServerConfiguration[],
  own: { readonly dataFolder: string; readonly urlEnv: string },
  report: Report,
): void {
  for (const { name, launch } of servers) {
    if (launch.kind === "sqlite" && `${launch.file}/`.startsWith(`${own.dataFolder}/`))
      report(
        ["servers", name, "file"],
        "database_is_writs",
        "this file is in Writ's own data folder",
        "name a database that is not Writ's",
      );
    if (launch.kind === "postgres" && launch.urlEnv === own.urlEnv)
      report(
        ["servers", name, "url_env"],
        "database_is_writs",
        `\`${own.urlEnv}\` is where Writ keeps its own record`,
        "use another variable, and another database server: agents get no login where the record is",
      );
  }
}
