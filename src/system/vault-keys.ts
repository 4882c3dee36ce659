import { createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Entry as NativeEntry } from "@napi-rs/keyring";
import { WritError } from "../domain/error.ts";
import type { VaultKeySource } from "../ports/configuration.ts";
import type { Wrapping } from "../ports/vault.ts";
import { decodeBase64url, encodeBase64url } from "../wire/jose/base64url.ts";
import { open, seal } from "../wire/jose/seal.ts";
import { createKeyFile, damaged, openKeyFolder, readKeyFile } from "./key-files.ts";

const KEY_BYTES = 32;
const FILE = "vault.key";
const AAD = "writ vault key";

export interface VaultKeyParts {
  readonly dataFolder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The system's keyring; asked for only when it is the source. */
  readonly keyring?: () => Keyring;
}

/** One entry of a keyring. */
export interface Keyring {
  get(): Uint8Array | null;
  set(secret: Uint8Array): void;
}

/** The outer key of `source`. Nothing is read or made before it is used. */
export function wrappingOf(source: VaultKeySource, parts: VaultKeyParts): Wrapping {
  switch (source.kind) {
    case "file":
      return symmetric(`the key file ${join(parts.dataFolder, "keys", FILE)}`, (mayMake) =>
        fileKey(parts.dataFolder, mayMake),
      );
    case "env":
      return symmetric(`the variable ${source.variable}`, () => envKey(source.variable, parts.env));
    case "keyring":
      return symmetric("the system's keyring", (mayMake) =>
        keyringKey((parts.keyring ?? (() => systemKeyring(parts.dataFolder)))(), mayMake),
      );
    case "age":
      return ageWrapping(source.identity);
  }
}

function symmetric(says: string, find: (mayMake: boolean) => Buffer): Wrapping {
  const key = (mayMake: boolean): KeyObject => createSecretKey(find(mayMake));
  return {
    says,
    wrap: async (inner, mayMake) => seal(key(mayMake), { key: encodeBase64url(inner) }, AAD),
    async unwrap(text) {
      const opened = open(key(false), text, AAD);
      const inner = opened === null ? null : opened["key"];
      return typeof inner === "string" ? decodeBase64url(inner) : null;
    },
  };
}

function fileKey(dataFolder: string, mayMake: boolean): Buffer {
  const folder = join(dataFolder, "keys");
  const file = join(folder, FILE);
  openKeyFolder(folder);
  const there = readKeyFile(file);
  if (there !== null) return bytesOf(there) ?? raise(damaged(file, `it does not hold ${KEY_BYTES} bytes in base64url`));
  if (!mayMake)
    throw absent(`the key file ${file}`, "put it back from a backup; nothing in the vault is lost meanwhile");
  createKeyFile(folder, FILE, randomBytes(KEY_BYTES).toString("base64url"));
  // Of two that made one at once, the file of the first stands.
  return fileKey(dataFolder, false);
}

function envKey(variable: string, env: VaultKeyParts["env"]): Buffer {
  const text = env[variable];
  const mend = `set ${variable} to ${KEY_BYTES} random bytes in base64url, the same each time, and start Writ again`;
  if (text === undefined || text === "") throw absent(`the variable ${variable}`, mend);
  return bytesOf(text) ?? raise(absent(`a key of ${KEY_BYTES} bytes in base64url in ${variable}`, mend));
}

function keyringKey(keyring: Keyring, mayMake: boolean): Buffer {
  const held = asked(() => keyring.get());
  if (held !== null && held.length === KEY_BYTES) return Buffer.from(held);
  if (held !== null || !mayMake)
    throw absent("the vault's key in the system's keyring", "unlock or restore the keyring it was kept in");
  const made = randomBytes(KEY_BYTES);
  asked(() => keyring.set(made));
  return made;
}

function asked<T>(ask: () => T): T {
  try {
    return ask();
  } catch (cause) {
    if (cause instanceof WritError) throw cause;
    throw new WritError({
      code: "vault_key_denied",
      status: 503,
      message: "the system's keyring does not open to this process",
      hint: "unlock it, or write `vault: { key: file }` or `{ key: env }` in writ.yaml where there is no desktop session",
      cause,
    });
  }
}

/** One entry for each data folder. On Linux only the secret service will do: the kernel's keyring forgets at a restart. */
function systemKeyring(dataFolder: string): Keyring {
  let Entry: typeof NativeEntry;
  try {
    ({ Entry } = createRequire(import.meta.url)("@napi-rs/keyring") as { Entry: typeof NativeEntry });
  } catch (cause) {
    throw new WritError({
      code: "vault_key_absent",
      status: 503,
      message: "the package that speaks to the system's keyring is not installed",
      hint: "install Writ with its optional packages, or write `vault: { key: file }` in writ.yaml",
      cause,
    });
  }
  const entry = (): NativeEntry => new Entry("writ", `vault of ${dataFolder}`, { linux: { store: "secret-service" } });
  return {
    get() {
      const bytes = entry().getSecret();
      return bytes === null ? null : Uint8Array.from(bytes);
    },
    set: (secret) => entry().setSecret(secret),
  };
}

function ageWrapping(file: string): Wrapping {
  const says = `the age identity ${file}`;
  const identity = (): string => {
    const text = readKeyFile(file);
    if (text === null) throw absent(says, "put the identity file back, or name another in `vault.identity`");
    const line = text.split(/\r?\n/).find((one) => one.startsWith("AGE-SECRET-KEY-"));
    return line ?? raise(damaged(file, "it does not hold an age identity"));
  };
  return {
    says,
    async wrap(inner) {
      const age = await import("age-encryption");
      const encrypter = new age.Encrypter();
      try {
        encrypter.addRecipient(await age.identityToRecipient(identity()));
      } catch (cause) {
        throw cause instanceof WritError ? cause : damaged(file, "it does not hold an age identity");
      }
      return age.armor.encode(await encrypter.encrypt(inner));
    },
    async unwrap(text) {
      const age = await import("age-encryption");
      const decrypter = new age.Decrypter();
      const held = identity();
      try {
        decrypter.addIdentity(held);
        return await decrypter.decrypt(age.armor.decode(text));
      } catch {
        // Another recipient's, or no age file at all: the vault tells of it in one word.
        return null;
      }
    },
  };
}

function bytesOf(text: string): Buffer | null {
  const bytes = decodeBase64url(text);
  return bytes?.length === KEY_BYTES ? bytes : null;
}

function absent(what: string, hint: string): WritError {
  return new WritError({
    code: "vault_key_absent",
    status: 503,
    facts: { what },
    message: `the vault stays closed: ${what} is not there`,
    hint,
  });
}

function raise(error: WritError): never {
  throw error;
}
