import { createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import type { VaultKey } from "../../domain/secret.ts";
import type { Store, WriteTx } from "../../ports/store.ts";
import type { Clock } from "../../ports/system.ts";
import type { Wrapping } from "../../ports/vault.ts";
import { vaultKeyWrong } from "../refusals.ts";

export const CURRENT = "current";
const KEY_BYTES = 32;

/** A key that was unwrapped, with the text it is kept as: what tells whether it is still the one. */
export interface InnerKey {
  readonly key: KeyObject;
  readonly wrapped: string;
}

export interface VaultKeyParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly wrapping: Wrapping;
  readonly previous: Wrapping | null;
}

/** Keeps the vault's own key: random, made once, kept in the store wrapped under a key that is not. */
export interface InnerKeys {
  /** The key in use; makes the first one for a vault that never had any.
   *  @throws WritError `vault_key_wrong`, and what the outer key's source throws. */
  current(): Promise<InnerKey>;
  /** The same for a stored key that was just read. */
  unwrap(held: VaultKey): Promise<InnerKey>;
  /** A fresh one, wrapped and not yet stored. */
  fresh(by: string): Promise<{ readonly inner: InnerKey; readonly held: VaultKey }>;
}

export function createInnerKeys(parts: VaultKeyParts): InnerKeys {
  const { store, clock, wrapping, previous } = parts;
  let known: InnerKey | null = null;

  async function unwrap(held: VaultKey): Promise<InnerKey> {
    if (known?.wrapped === held.wrapped) return known;
    const opened = await wrapping.unwrap(held.wrapped);
    if (opened !== null) return (known = { key: createSecretKey(opened), wrapped: held.wrapped });
    const before = previous === null ? null : await previous.unwrap(held.wrapped);
    if (before === null) throw vaultKeyWrong(wrapping.says);
    return rewrap(held, before);
  }

  /** The outer key changed: the same inner key, wrapped under the one that is configured now. */
  async function rewrap(held: VaultKey, opened: Uint8Array): Promise<InnerKey> {
    const wrapped = await wrapping.wrap(opened, true);
    const now = clock.now();
    const ours = await store.write(async (tx) => {
      if ((await tx.document("vault_key", CURRENT))?.wrapped !== held.wrapped) return false;
      await tx.putDocument("vault_key", CURRENT, { ...held, wrapped }, null);
      await recordKey(tx, now, "rewrapped", "writ");
      return true;
    });
    if (!ours) return current();
    return (known = { key: createSecretKey(opened), wrapped });
  }

  async function fresh(by: string, mayMake = false): Promise<{ inner: InnerKey; held: VaultKey }> {
    const bytes = randomBytes(KEY_BYTES);
    const wrapped = await wrapping.wrap(bytes, mayMake);
    return {
      inner: { key: createSecretKey(bytes), wrapped },
      held: { wrapped, madeAt: clock.now(), madeBy: by },
    };
  }

  async function current(): Promise<InnerKey> {
    const held = await store.read((tx) => tx.document("vault_key", CURRENT));
    if (held !== null) return unwrap(held);
    const first = await fresh("writ", true);
    const kept = await store.write(async (tx) => {
      const there = await tx.document("vault_key", CURRENT);
      if (there !== null) return there;
      await tx.putDocument("vault_key", CURRENT, first.held, null);
      await recordKey(tx, first.held.madeAt, "made", "writ");
      return first.held;
    });
    return unwrap(kept);
  }

  return { current, unwrap, fresh: (by) => fresh(by) };
}

export async function recordKey(tx: WriteTx, at: number, what: string, by: string): Promise<void> {
  await tx.append({ kind: "secret", at, call: null, task: null, body: { key: what, by } });
}
