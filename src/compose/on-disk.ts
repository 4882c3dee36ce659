import { join } from "node:path";
import { openSigningKeys, type SigningKeys } from "../authority/tokens/signing-keys.ts";
import type { GatewayId } from "../domain/gateway.ts";
import type { Store } from "../ports/store.ts";
import type { Digests } from "../ports/system.ts";
import { holdAlone } from "../store/sql/alone.ts";
import { openDataFolder } from "../system/data-folder.ts";
import { createDigests } from "../system/digests.ts";
import { openGatewayId } from "../system/gateway-id.ts";
import { dropSigningFile, type Keys, openKeys } from "../system/keys.ts";
import type { Base } from "./base.ts";
import { openStore } from "./store.ts";

export interface OnDisk {
  readonly store: Store;
  readonly keys: Keys;
  readonly signingKeys: SigningKeys;
  readonly digests: Digests;
  /** This gateway's own name among those on the store. */
  readonly gateway: GatewayId;
}

/** The data folder, held alone; the store; the keys of the folder, and the signing keys of the store.
 *  @throws WritError of each of them. */
export async function openOnDisk({ configuration, log, clock, undo }: Base): Promise<OnDisk> {
  openDataFolder(configuration.dataFolder);
  undo.push(holdAlone(join(configuration.dataFolder, "gateway.lock")));
  const store = await openStore(configuration, log);
  undo.push(() => store.close());
  const [first] = await store.read((tx) => tx.ledger({ after: 0, limit: 1, kind: "start" }));
  const keys = openKeys(configuration.dataFolder, first !== undefined);
  const signingKeys = await openSigningKeys({
    store,
    clock,
    log,
    sealing: keys.signingSeal,
    rotateAfterMs: configuration.keys.rotateAfterMs,
    fromFile: keys.signingFile,
    used: first !== undefined,
  });
  dropSigningFile(keys);
  const gateway = openGatewayId(configuration.dataFolder);
  return { store, keys, signingKeys, digests: createDigests(keys.digest), gateway };
}
