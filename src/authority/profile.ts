import type { Json } from "../domain/json.ts";
import type { AgentConfiguration } from "../ports/configuration.ts";
import type { Digests } from "../ports/system.ts";
import { canonicalize } from "../wire/json/canonical.ts";

/** Names what an agent may be given at most as `writ.yaml` has it now: any change makes another profile, and tokens
 *  made for the old one stop. Model, prompt and tools join it when capability profiles are measured. */
export function profileOf(agent: AgentConfiguration, digests: Digests): string {
  const { name, scope, envelope, budget, lifetimeMs } = agent;
  return digests.plain(canonicalize({ name, scope, envelope, budget, lifetimeMs } as unknown as Json));
}
