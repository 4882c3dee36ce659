import type { JsonObject } from "../../domain/json.ts";
import { describeDestination, type Destination, type Secret, type SecretKind } from "../../domain/secret.ts";
import type { ReadTx, WriteTx } from "../../ports/store.ts";
import { canonicalize } from "../../wire/json/canonical.ts";
import { open, seal } from "../../wire/jose/seal.ts";
import { refuse, secretDamaged, secretInvalid, secretUnknown } from "../refusals.ts";
import { unfit } from "./secret-form.ts";
import { createInnerKeys, CURRENT, type InnerKey, recordKey, type VaultKeyParts } from "./vault-key.ts";

/** All that may be told of a secret. */
export type SecretView = Omit<Secret, "sealed">;

/** A secret that was opened for use. */
export interface OpenSecret {
  readonly kind: SecretKind;
  readonly value: string;
  readonly to: readonly Destination[];
  readonly version: number;
}

interface Named {
  readonly owner: string;
  readonly name: string;
}

/** Secrets, sealed. Every change is on the record in the same transaction, and no record holds one. */
export interface Vault {
  /** By owner and name. Opens nothing, so it works with the key gone. */
  list(): Promise<readonly SecretView[]>;
  /** @throws WritError `secret_exists`, `secret_invalid`, `destination_missing`, and what the key's source throws. */
  add(
    asked: Named & {
      readonly kind: SecretKind;
      readonly value: string;
      readonly to: readonly Destination[];
      readonly by: string;
    },
  ): Promise<SecretView>;
  /** Replaces the value; where it may go stays. @throws WritError `secret_unknown`, `secret_invalid`. */
  rotate(asked: Named & { readonly value: string; readonly by: string }): Promise<SecretView>;
  /** @throws WritError `secret_unknown`. */
  remove(asked: Named & { readonly by: string }): Promise<SecretView>;
  /** Opens one for use. @throws WritError `secret_unknown`, `vault_key_wrong`, `secret_damaged`. */
  read(secret: Named): Promise<OpenSecret>;
  /** Makes a new key and seals everything anew under it, all or nothing. Resolves to how many secrets there are. */
  rekey(by: string): Promise<number>;
  /** Seals what Writ itself has to remember, a lease's token; it opens only together with `aad`. */
  seal(payload: JsonObject, aad: JsonObject): Promise<string>;
  /** Null when it was not sealed here, or not together with `aad`. */
  unseal(text: string, aad: JsonObject): Promise<JsonObject | null>;
}

export function createVault(parts: VaultKeyParts): Vault {
  const { store, clock } = parts;
  const keys = createInnerKeys(parts);

  /** Runs `body` with the key that is in use at that very moment; again, when another gateway made a new one. */
  async function writeWith<T>(body: (tx: WriteTx, key: InnerKey) => Promise<T>): Promise<T> {
    for (;;) {
      const key = await keys.current();
      const done = await store.write(async (tx) => {
        if ((await tx.document("vault_key", CURRENT))?.wrapped !== key.wrapped) return null;
        return { value: await body(tx, key) };
      });
      if (done !== null) return done.value;
    }
  }

  /** What `find` reads, with the key it was sealed under. */
  async function readWith<T>(find: (tx: ReadTx) => Promise<T>): Promise<{ readonly found: T; readonly key: InnerKey }> {
    const { found, held } = await store.read(async (tx) => ({
      found: await find(tx),
      held: await tx.document("vault_key", CURRENT),
    }));
    return { found, key: held === null ? await keys.current() : await keys.unwrap(held) };
  }

  return {
    async list() {
      const all = await store.read((tx) => tx.documents("secret"));
      return all.map(viewOf);
    },

    async add({ owner, name, kind, value, to, by }) {
      checkValue(kind, value);
      if (to.length === 0)
        throw refuse(
          "destination_missing",
          400,
          { name },
          "a secret is bound to where it may go",
          "name a server of writ.yaml, or a method and an address, with `--to`",
        );
      return writeWith(async (tx, key) => {
        if ((await tx.document("secret", idOf({ owner, name }))) !== null)
          throw refuse(
            "secret_exists",
            409,
            { owner, name },
            `the vault already holds a secret \`${name}\` of ${owner}`,
            `\`writ creds rotate ${name}\` replaces its value`,
          );
        const made = {
          owner,
          name,
          version: 1,
          kind,
          to,
          madeAt: clock.now(),
          madeBy: by,
          rotatedAt: null,
          rotatedBy: null,
        };
        return keep(tx, key, made, value, "added", by);
      });
    },

    async rotate({ owner, name, value, by }) {
      return writeWith(async (tx, key) => {
        const held = await tx.document("secret", idOf({ owner, name }));
        if (held === null) throw secretUnknown(owner, name);
        checkValue(held.kind, value);
        // Where it may go is what was sealed, and not what stands beside it.
        const { to } = openSecret(held, key);
        const next = { ...viewOf(held), to, version: held.version + 1, rotatedAt: clock.now(), rotatedBy: by };
        return keep(tx, key, next, value, "rotated", by);
      });
    },

    async remove({ owner, name, by }) {
      const now = clock.now();
      return store.write(async (tx) => {
        const held = await tx.document("secret", idOf({ owner, name }));
        if (held === null || !(await tx.dropDocument("secret", idOf({ owner, name }))))
          throw secretUnknown(owner, name);
        await recordSecret(tx, now, viewOf(held), "removed", by);
        return viewOf(held);
      });
    },

    async read({ owner, name }) {
      const { found, key } = await readWith((tx) => tx.document("secret", idOf({ owner, name })));
      if (found === null) throw secretUnknown(owner, name);
      return openSecret(found, key);
    },

    async rekey(by) {
      const { inner, held } = await keys.fresh(by);
      return writeWith(async (tx, key) => {
        const secrets = await tx.documents("secret");
        for (const one of secrets) {
          const opened = openSecret(one, key);
          const sealed = sealSecret({ ...viewOf(one), to: opened.to }, opened.value, inner);
          await tx.putDocument("secret", idOf(one), { ...one, to: opened.to, sealed }, null);
        }
        for (const lease of await tx.documents("lease")) {
          const aad = leaseAad(lease);
          const opened = open(key.key, lease.sealed, canonicalize(aad));
          // A lease that does not open cannot be ended either; it dies by itself.
          if (opened !== null)
            await tx.putDocument(
              "lease",
              lease.id,
              { ...lease, sealed: seal(inner.key, opened, canonicalize(aad)) },
              null,
            );
        }
        await tx.putDocument("vault_key", CURRENT, held, null);
        await recordKey(tx, held.madeAt, "rotated", by);
        return secrets.length;
      });
    },

    async seal(payload, aad) {
      const { key } = await keys.current();
      return seal(key, payload, canonicalize(aad));
    },

    async unseal(text, aad) {
      const { key } = await keys.current();
      return open(key, text, canonicalize(aad));
    },
  };
}

/** What a lease's token is sealed together with. */
export function leaseAad(lease: { readonly id: string; readonly task: string; readonly server: string }): JsonObject {
  return { lease: lease.id, task: lease.task, server: lease.server };
}

/** One text for owner and name; neither can hold a slash. */
function idOf({ owner, name }: Named): string {
  return `${owner}/${name}`;
}

function aadOf({ owner, name, version }: Named & { readonly version: number }): string {
  return canonicalize({ name, owner, version });
}

async function keep(
  tx: WriteTx,
  key: InnerKey,
  view: SecretView,
  value: string,
  what: string,
  by: string,
): Promise<SecretView> {
  await tx.putDocument("secret", idOf(view), { ...view, sealed: sealSecret(view, value, key) }, null);
  await recordSecret(tx, view.rotatedAt ?? view.madeAt, view, what, by);
  return view;
}

function sealSecret(view: SecretView, value: string, { key }: InnerKey): string {
  const to = view.to.map(({ methods, origin, path }) => ({ methods, origin, path }));
  return seal(key, { kind: view.kind, to, value }, aadOf(view));
}

function openSecret(held: Secret, { key }: InnerKey): OpenSecret {
  const opened = open(key, held.sealed, aadOf(held));
  if (opened === null) throw secretDamaged(held.owner, held.name);
  const { kind, to, value } = opened as unknown as Pick<OpenSecret, "kind" | "to" | "value">;
  return { kind, to, value, version: held.version };
}

function checkValue(kind: SecretKind, value: string): void {
  const why = unfit(kind, value);
  if (why !== null) throw secretInvalid(why);
}

function viewOf({ sealed: _, ...view }: Secret): SecretView {
  return view;
}

async function recordSecret(tx: WriteTx, at: number, view: SecretView, what: string, by: string): Promise<void> {
  const { owner, name, kind, version } = view;
  const body = { secret: name, owner, kind, version, what, to: view.to.map(describeDestination), by };
  await tx.append({ kind: "secret", at, call: null, task: null, body });
}
