import type { Analysers } from "../analysis/analysis.ts";
import type { Capabilities } from "../authority/capability/capabilities.ts";
import type { AuthorityParts } from "../authority/parts.ts";
import type { People } from "../authority/people/people.ts";
import type { Policies } from "../authority/rules/policies.ts";
import type { SigningKeys } from "../authority/tokens/signing-keys.ts";
import { discreetLog } from "../broker/discreet-log.ts";
import { createKnown } from "../broker/known.ts";
import type { Catalogue } from "../gate/catalogue.ts";
import type { Gate } from "../gate/gate.ts";
import type { Configuration } from "../ports/configuration.ts";
import type { Store } from "../ports/store.ts";
import type { Log } from "../ports/system.ts";
import { systemClock } from "../system/clock.ts";
import { systemIds } from "../system/ids.ts";
import type { Keys } from "../system/keys.ts";
import { composeAuthority } from "./authority.ts";
import type { Base } from "./base.ts";
import { composeCapabilities } from "./capability.ts";
import { composeCorridor } from "./corridor.ts";
import { composeDoors } from "./doors.ts";
import { startListening } from "./listening.ts";
import { openOnDisk } from "./on-disk.ts";
import { composeServers } from "./servers.ts";
import { keepUp, recordStart } from "./upkeep.ts";

/** Writ as it runs: one gateway and its control plane. */
export interface Writ {
  /** `http://127.0.0.1:7420`, with the port it really has. */
  readonly origin: string;
  readonly configuration: Configuration;
  readonly keys: Keys;
  readonly signingKeys: SigningKeys;
  readonly authority: AuthorityParts;
  readonly store: Store;
  readonly catalogue: Catalogue;
  readonly gate: Gate;
  readonly people: People;
  readonly policies: Policies;
  readonly capabilities: Capabilities;
  /** What is under way now: conversations with clients, calls out with an upstream, outcomes still to be recorded. */
  held(): { readonly conversations: number; readonly calls: number; readonly owed: number };
  /** Stops listening, ends what it started, and closes the store. */
  close(): Promise<void>;
}

/** Parts that a caller brings along: nothing that runs Writ has any, and no setting leads here. */
export interface Instead {
  readonly analysers?: Analysers;
}

/** This room is the one place that knows every concrete thing. Opens what is on disk, waits until every server has said
 *  what its tools are or failed to, and listens.
 *  @throws WritError of the store, the keys or the listener; nothing is left running then. */
export async function compose(configuration: Configuration, log: Log, instead: Instead = {}): Promise<Writ> {
  const undo: (() => unknown)[] = [];
  try {
    return await build(configuration, log, undo, instead);
  } catch (cause) {
    for (const step of undo.toReversed()) await step();
    throw cause;
  }
}

async function build(configuration: Configuration, open: Log, undo: Base["undo"], instead: Instead): Promise<Writ> {
  // No line of the log shows a secret that the broker came to know.
  const known = createKnown();
  const log = discreetLog(open, known);
  const base: Base = { configuration, log, clock: systemClock, ids: systemIds, undo };

  const disk = await openOnDisk(base);
  const at = await startListening(base);
  const who = await composeAuthority(base, disk, at);
  const servers = await composeServers(base, disk, who, known, instead.analysers);
  const capabilities = await composeCapabilities(base, who, servers);
  const corridor = composeCorridor(base, disk, at, who, servers, capabilities);
  const doors = composeDoors(base, disk, at, who, servers, corridor, capabilities);
  keepUp(base, disk, at, who, servers, doors, capabilities);
  await recordStart(base, disk, at, servers);
  at.answer(doors.answer);

  const { origin } = at;
  const { tier, isolation } = configuration;
  log.info({ origin, tier, isolation, servers: servers.catalogue.servers() }, "writ is up");
  let closing: Promise<void> | null = null;
  return {
    origin,
    configuration,
    keys: disk.keys,
    signingKeys: disk.signingKeys,
    authority: who.authority,
    store: disk.store,
    catalogue: servers.catalogue,
    gate: corridor.gate,
    people: who.people,
    policies: servers.policies,
    capabilities,
    held: () => ({
      conversations: doors.mcp.conversations(),
      calls: corridor.parts.inFlight.size(),
      owed: corridor.owed.size(),
    }),
    close: () =>
      (closing ??= (async () => {
        for (const step of undo.toReversed()) await step();
      })()),
  };
}
