import { loadAnalysers } from "../analysis/analysers.ts";
import type { Analysers } from "../analysis/analysis.ts";
import { createMemoryKeeping, type MemoryKeeping } from "../authority/memory/manage.ts";
import { createMemory, type Memory } from "../authority/memory/memory.ts";
import { createPolicies, type Policies } from "../authority/rules/policies.ts";
import { type Broker, createBroker } from "../broker/broker.ts";
import type { Known } from "../broker/known.ts";
import { createVault, type Vault } from "../broker/vault/vault.ts";
import { ownDefinitions } from "../doors/mcp/own-tools.ts";
import { OWN_SERVER } from "../domain/ids.ts";
import { type Catalogue, createCatalogue } from "../gate/catalogue.ts";
import { policySource } from "../gate/policy-source.ts";
import { readPolicyFiles } from "../system/policy-files.ts";
import { wrappingOf } from "../system/vault-keys.ts";
import { createUpstreams, type Upstreams } from "../upstream/upstreams.ts";
import type { Authority } from "./authority.ts";
import type { Base } from "./base.ts";
import { openDatabases } from "./databases.ts";
import { policyFolders } from "./ground.ts";
import type { OnDisk } from "./on-disk.ts";

export interface Servers {
  readonly vault: Vault;
  readonly broker: Broker;
  readonly upstreams: Upstreams;
  readonly catalogue: Catalogue;
  readonly policies: Policies;
  readonly analysers: Analysers;
  readonly memory: Memory;
  readonly keeping: MemoryKeeping;
}

/** What there is to call, what it is called with, and what is allowed of it. Waits until every server has said what its
 *  tools are, or failed to. */
export async function composeServers(
  base: Base,
  disk: OnDisk,
  who: Authority,
  known: Known,
  analysers?: Analysers,
): Promise<Servers> {
  const { configuration, log, clock, ids, undo } = base;
  const { store, digests } = disk;
  const { servers, vault: keys } = configuration;
  const outer = { dataFolder: configuration.dataFolder, env: process.env };
  const vault = createVault({
    store,
    clock,
    wrapping: wrappingOf(keys.key, outer),
    previous: keys.previous === null ? null : wrappingOf(keys.previous, outer),
  });
  const databases = await openDatabases(configuration, process.env, log, undo);
  const broker = createBroker({ servers, store, clock, ids, log, vault, known, databases });
  undo.push(() => broker.stop());
  const upstreams = createUpstreams(servers, { log, clock, introduction: broker.introduction, databases });
  undo.push(() => upstreams.closeAll());
  const catalogue = createCatalogue({
    pins: who.pins,
    upstreams: upstreams.all,
    own: ownDefinitions(digests),
    digests,
    log,
  });
  await Promise.all(catalogue.servers().map((name) => catalogue.refresh(name)));
  // What is odd beside another server's tools is seen once all of them have said what theirs are.
  await Promise.all(catalogue.servers().map((name) => catalogue.repin(name)));
  const policies = createPolicies(
    who.authority,
    policySource(configuration, catalogue, OWN_SERVER, () => readPolicyFiles(policyFolders(configuration))),
  );
  await policies.start();
  const remembering = { ...who.authority, sealing: vault };
  const memory = createMemory(remembering);
  const keeping = createMemoryKeeping(remembering);
  return {
    vault,
    broker,
    upstreams,
    catalogue,
    policies,
    analysers: analysers ?? (await loadAnalysers()),
    memory,
    keeping,
  };
}
