import { WritError } from "../domain/error.ts";
import type { ServerName } from "../domain/ids.ts";
import { DEPLOYMENT } from "../domain/secret.ts";
import type { ServerConfiguration } from "../ports/configuration.ts";
import type { Vault } from "./vault/vault.ts";

/** A server whose calls cannot be given what it asks for, and what to do about it. */
export interface Lack {
  readonly server: ServerName;
  readonly says: string;
  readonly mend: string;
}

/** Looks for every secret of the deployment that writ.yaml names. A person's own is looked for when a call needs it. */
export async function lacking(servers: readonly ServerConfiguration[], vault: Vault): Promise<readonly Lack[]> {
  const found: Lack[] = [];
  for (const { name: server, launch } of servers) {
    const secret = launch.kind === "http" && typeof launch.credential === "object" ? launch.credential.secret : null;
    if (secret === null || secret.of !== "deployment") continue;
    try {
      await vault.read({ owner: DEPLOYMENT, name: secret.name });
    } catch (cause) {
      if (!(cause instanceof WritError)) throw cause;
      found.push({ server, says: cause.message, mend: cause.hint });
    }
  }
  return found;
}
