import { existsSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { GateParts } from "../gate/parts.ts";
import type { Configuration } from "../ports/configuration.ts";
import type { FolderOfPolicies } from "../system/policy-files.ts";

/** Writ's own program. */
const PROGRAM = join(import.meta.dirname, "..");
/** The policies that come with it. */
const STARTER_POLICIES = join(PROGRAM, "..", "policies");

/** The starter policies stand beside a deployment's own. */
export function policyFolders({ policyFolder }: Configuration): readonly FolderOfPolicies[] {
  const own = policyFolder === STARTER_POLICIES ? [] : [{ prefix: "", folder: policyFolder }];
  return [{ prefix: "starter/", folder: STARTER_POLICIES }, ...own];
}

/** What an agent must never reach for: Writ's data, its rules, its own program, and where it listens. A folder that is
 *  reached by another name is the same folder. */
export function ownGround(configuration: Configuration, origins: readonly string[]): GateParts["ground"] {
  const named = [
    configuration.dataFolder,
    configuration.socket,
    configuration.policyFolder,
    STARTER_POLICIES,
    PROGRAM,
    ...(configuration.file === null ? [] : [configuration.file]),
  ];
  return {
    paths: [...new Set(named.flatMap((path) => [path, ...(existsSync(path) ? [realpathSync(path)] : [])]))],
    hosts: [...new Set(origins.map((origin) => new URL(origin).host))],
    home: home(),
  };
}

function home(): string {
  try {
    return homedir();
  } catch {
    // A user id without an account, as in many containers.
    return "/";
  }
}
