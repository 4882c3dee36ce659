import { accessSync, closeSync, constants, openSync, readdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { BypassAttempt } from "../../domain/bypass.ts";
import { attempt } from "./attempt.ts";
import type { BypassPlan } from "./plan.ts";

const OWN_USER = "run Writ as a user of its own: deploy/README.md";

/** Files that hold somebody's keys, where programs keep them. */
const CREDENTIAL_FILES = [
  ".aws/credentials",
  ".azure/msal_token_cache.json",
  ".claude/.credentials.json",
  ".config/gcloud/application_default_credentials.json",
  ".config/gh/hosts.yml",
  ".docker/config.json",
  ".git-credentials",
  ".kube/config",
  ".netrc",
  ".npmrc",
  ".pgpass",
  ".ssh/id_ecdsa",
  ".ssh/id_ed25519",
  ".ssh/id_rsa",
] as const;

/** Reads what Writ keeps, changes what it rests on, and looks around. Nothing is changed: what opens is closed again. */
export function tryFiles(plan: BypassPlan): readonly BypassAttempt[] {
  return [
    ...plan.reads.map(({ what, at }) => attempt(`read ${what}`, () => opens(at, constants.O_RDONLY), OWN_USER)),
    ...plan.writes.map(({ what, at }) => attempt(`change ${what}`, () => changes(at), OWN_USER)),
    ...plan.resources.map(({ what, at }) =>
      attempt(`reach ${what} without Writ`, () => reaches(at), "let its server's user alone read it"),
    ),
    ...CREDENTIAL_FILES.flatMap((name) => {
      const file = join(home(), name);
      if (statSync(file, { throwIfNoEntry: false }) === undefined) return [];
      return [attempt(`read ~/${name}`, () => opens(file, constants.O_RDONLY), "take it away from the agent's user")];
    }),
  ];
}

function opens(path: string, flags: number): string {
  closeSync(openSync(path, flags | constants.O_NONBLOCK));
  return path;
}

function changes(path: string): string {
  if (statSync(path).isDirectory()) {
    accessSync(path, constants.W_OK | constants.X_OK);
    return path;
  }
  return opens(path, constants.O_WRONLY | constants.O_APPEND);
}

function reaches(path: string): string {
  if (statSync(path).isDirectory()) readdirSync(path);
  else opens(path, constants.O_RDONLY);
  return path;
}

function home(): string {
  try {
    return homedir();
  } catch {
    return "/";
  }
}
