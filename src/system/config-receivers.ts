import type { AgentName, PersonName } from "../domain/ids.ts";
import { EVENT_NAMES } from "../domain/security-event.ts";
import type { AgentConfiguration, ReceiverConfiguration } from "../ports/configuration.ts";
import { isLoopback, type Report } from "./config-bounds.ts";
import type { ReceiverYaml } from "./config-schema.ts";

/** One receiver of `receivers`: where it is, what it hears, and of whom. */
export function resolveReceiver(
  name: string,
  yaml: ReceiverYaml,
  agents: readonly AgentConfiguration[],
  report: Report,
): ReceiverConfiguration {
  const url = new URL(yaml.url);
  if (url.protocol === "http:" && !isLoopback(url.hostname))
    report(
      ["receivers", name, "url"],
      "receiver_needs_tls",
      "events and their authorization would travel to another machine in the clear",
      "use https",
    );
  for (const [i, agent] of (yaml.agents ?? []).entries())
    if (!agents.some((one) => String(one.name) === agent))
      report(
        ["receivers", name, "agents", i],
        "agent_unknown",
        `there is no agent \`${agent}\` in this file`,
        "name one of `agents`",
      );
  return {
    name,
    url: yaml.url,
    audience: yaml.audience ?? yaml.url,
    authorizationEnv: yaml.authorization_env ?? null,
    events: yaml.events ?? EVENT_NAMES,
    agents: (yaml.agents as AgentName[] | undefined) ?? null,
    owners: (yaml.owners as PersonName[] | undefined) ?? null,
  };
}
