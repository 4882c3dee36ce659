import { readFile } from "node:fs/promises";
import { type Capabilities, createCapabilities } from "../authority/capability/capabilities.ts";
import { openEvaluators } from "../authority/capability/evaluators.ts";
import { qualified } from "../domain/ids.ts";
import { parseCapabilities } from "../system/capability-file.ts";
import { readJsonFile } from "../system/json-file.ts";
import type { Authority } from "./authority.ts";
import type { Base } from "./base.ts";
import type { Servers } from "./servers.ts";

/** What agents may be trusted with; every tool that was accepted is known to it when this resolves. */
export async function composeCapabilities(
  { configuration, undo }: Base,
  who: Authority,
  servers: Servers,
): Promise<Capabilities> {
  const { capabilityFile: file, tier, agents, evaluators } = configuration;
  const names = agents.map(({ name }) => name);
  const capabilities = createCapabilities(
    who.authority,
    {
      text: () =>
        readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
          if (cause.code === "ENOENT") return null;
          throw cause;
        }),
      parse: (text) => parseCapabilities(text, file, { tier, agents: names }),
    },
    openEvaluators(evaluators, readJsonFile),
  );
  undo.push(() => capabilities.stop());
  await capabilities.start();
  await capabilities.toolsAre(acceptedTools(servers));
  return capabilities;
}

/** The hash of each accepted definition; Writ's own tools are part of Writ. */
export function acceptedTools({ catalogue }: Pick<Servers, "catalogue">): Readonly<Record<string, string>> {
  const own = new Set(catalogue.servers());
  const accepted = catalogue.definitions().filter(({ server }) => own.has(server));
  return Object.fromEntries(accepted.map((one) => [qualified(one.server, one.name), one.hash]));
}
