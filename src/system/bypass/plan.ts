import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Configuration } from "../../ports/configuration.ts";
import { KEY_FILES } from "../keys.ts";

/** What there is to try. It names places and holds no secret. */
export interface BypassPlan {
  /** What the deployment says of itself; null where the configuration could not be read. */
  readonly isolation: "isolated" | "same-user" | null;
  readonly origin: string;
  readonly dataFolder: string | null;
  /** Whose files Writ's are; null where it is not known. */
  readonly uid: number | null;
  readonly reads: readonly Place[];
  readonly writes: readonly Place[];
  /** Folders that servers guard. */
  readonly resources: readonly Place[];
  readonly sockets: readonly Place[];
  readonly http: readonly Place[];
  readonly programs: readonly (Place & { readonly args: readonly string[]; readonly cwd: string })[];
}

export interface Place {
  readonly what: string;
  readonly at: string;
}

/** What a configuration leaves to be tried, with `code` the folder that Writ runs from. */
export function planOf(configuration: Configuration, code: string, uid: number | null): BypassPlan {
  const { dataFolder: data, file, policyFolder, servers, listen } = configuration;
  const place = (what: string, at: string): Place => ({ what, at });
  const settings = file === null ? [] : [place("the configuration", file)];
  return {
    isolation: configuration.isolation,
    origin: `http://${listen.host.includes(":") ? `[${listen.host}]` : listen.host}:${listen.port}`,
    dataFolder: data,
    uid,
    reads: [
      ...Object.entries(KEY_FILES).map(([name, key]) => place(`the ${name} key`, join(data, "keys", key))),
      place("the record", join(data, "writ.sqlite")),
      place("the log", join(data, "writ.log")),
      ...settings,
    ],
    writes: [
      place("the key folder", join(data, "keys")),
      place("the data folder", data),
      place("the record", join(data, "writ.sqlite")),
      ...settings,
      ...settings.map((one) => place("the folder of the configuration", dirname(one.at))),
      place("the policies", policyFolder),
      ...namesIn(policyFolder).map((name) => place(`the policy ${name}`, join(policyFolder, name))),
      place("Writ's own code", code),
      place("where Writ starts from", join(code, "main.js")),
      place("where Writ starts from", join(code, "main.ts")),
    ],
    resources: servers.flatMap(({ name, launch }) =>
      launch.kind === "sqlite"
        ? [place(`the database ${name}`, launch.file)]
        : !("cwd" in launch) || file === null || launch.cwd === dirname(file)
          ? []
          : [place(`the folder of ${name}`, launch.cwd)],
    ),
    sockets: [
      ...servers.flatMap(({ name, launch }) =>
        launch.kind === "socket" ? [place(`the server ${name}`, launch.path)] : [],
      ),
      place("the container engine", "/var/run/docker.sock"),
    ],
    http: servers.flatMap(({ name, launch }) =>
      launch.kind === "http" ? [place(`the server ${name}`, launch.url)] : [],
    ),
    programs: servers.flatMap(({ name, launch }) =>
      launch.kind === "stdio"
        ? [{ ...place(`the server ${name}`, launch.command), args: launch.args, cwd: launch.cwd }]
        : [],
    ),
  };
}

/** Where nothing could be read: what every Writ has. */
export const BLIND: BypassPlan = {
  isolation: null,
  origin: "http://127.0.0.1:7420",
  dataFolder: null,
  uid: null,
  reads: [],
  writes: [],
  resources: [],
  sockets: [{ what: "the container engine", at: "/var/run/docker.sock" }],
  http: [],
  programs: [],
};

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
