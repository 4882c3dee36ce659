import type { Capabilities } from "../authority/capability/capabilities.ts";
import { type MeaningParts, meaningOf, ruleOf } from "../analysis/meaning.ts";
import { neededBy } from "../domain/capability.ts";
import { OWN_CONFIGURATION } from "../doors/mcp/own-tools.ts";
import type { ServerName } from "../domain/ids.ts";
import { createGate, type Gate } from "../gate/gate.ts";
import { watchInFlight } from "../gate/in-flight.ts";
import { type Owed, watchOwed } from "../gate/owed.ts";
import type { GateParts } from "../gate/parts.ts";
import { createTracing } from "../gate/tracing.ts";
import type { ServerConfiguration } from "../ports/configuration.ts";
import { realPath } from "../system/real-path.ts";
import type { Authority } from "./authority.ts";
import type { Base } from "./base.ts";
import { ownGround } from "./ground.ts";
import type { Listening } from "./listening.ts";
import type { OnDisk } from "./on-disk.ts";
import type { Servers } from "./servers.ts";

export interface Corridor {
  readonly gate: Gate;
  readonly parts: GateParts;
  readonly owed: Owed;
}

/** The gate, and what it stands on. */
export function composeCorridor(
  base: Base,
  disk: OnDisk,
  at: Listening,
  who: Authority,
  servers: Servers,
  capabilities: Capabilities,
): Corridor {
  const { configuration, log, clock, ids, undo } = base;
  const { store, digests, gateway } = disk;
  const inFlight = watchInFlight(store, log);
  undo.push(() => inFlight.stop());
  const owed = watchOwed(store, log);
  undo.push(() => owed.stop());
  const known = new Map<ServerName, ServerConfiguration>(
    [...configuration.servers, OWN_CONFIGURATION].map((one) => [one.name, one]),
  );
  const ground = ownGround(configuration, [at.origin, at.issuer]);
  const reading: MeaningParts = {
    analysers: servers.analysers,
    home: ground.home,
    infer: configuration.infer,
    real: realPath,
    catalogue: (server) => servers.upstreams.all.get(server)?.database?.() ?? null,
  };
  const parts: GateParts = {
    configuration: { ...configuration, servers: [...known.values()] },
    gateway,
    store,
    credentials: who.authority.credentials,
    policies: () => servers.policies.current(),
    catalogue: servers.catalogue,
    meaning: (call, definition) => meaningOf(call, known.get(call.server), definition, reading),
    rule: (call, definition) => ruleOf(call, known.get(call.server), definition, reading),
    ground,
    tracing: createTracing(digests, clock, configuration),
    profile: (principal) => capabilities.profiles.of(principal),
    profileAnew: async (principal) => {
      await capabilities.tick();
      await capabilities.profiles.refresh(principal);
    },
    needs: (effects, tool) => neededBy(effects, tool, capabilities.rules.inForce().rules.own),
    audience: (name) => audienceOf(known.get(name), name, configuration.trustDomain),
    broker: servers.broker,
    memory: servers.memory,
    inFlight,
    owed,
    clock,
    ids,
    digests,
    log,
  };
  return { gate: createGate(parts), parts, owed };
}

function audienceOf(server: ServerConfiguration | undefined, name: ServerName, trustDomain: string): string {
  return server?.launch.kind === "http" ? server.launch.audience : `spiffe://${trustDomain}/server/${name}`;
}
