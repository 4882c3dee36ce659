import { BUILTINS } from "./commands/builtins.ts";
import { CONTAINERS } from "./commands/containers.ts";
import { DATABASES } from "./commands/databases.ts";
import { FILES } from "./commands/files.ts";
import { GIT } from "./commands/git.ts";
import { INTERPRETERS } from "./commands/interpreters.ts";
import { NETWORK } from "./commands/network.ts";
import { PACKAGES } from "./commands/packages.ts";
import { SEARCH } from "./commands/search.ts";
import { SERVICE_TABLE } from "./commands/services.ts";
import { SYSTEM } from "./commands/system.ts";
import { WRAPPERS } from "./commands/wrappers.ts";
import type { Table } from "./entry.ts";

/** Programs with subcommands, which all say how they are used where they are asked. */
export function explains(name: string): boolean {
  return [SERVICE_TABLE, SYSTEM, CONTAINERS, GIT].some((theme) => Object.hasOwn(theme, name)) && name !== "tar";
}

/** What is known of commands, by their names. Where two themes name one, the later is meant. */
export const TABLE: Table = {
  ...SERVICE_TABLE,
  ...SYSTEM,
  ...CONTAINERS,
  ...DATABASES,
  ...PACKAGES,
  ...FILES,
  ...SEARCH,
  ...NETWORK,
  ...GIT,
  ...INTERPRETERS,
  ...WRAPPERS,
  ...BUILTINS,
};
