import { type KeyObject, createSecretKey, hkdfSync, randomBytes } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { WritError } from "../domain/error.ts";
import { isObject, type JsonObject } from "../domain/json.ts";
import { decodeBase64url } from "../wire/jose/base64url.ts";
import { signingKey } from "../wire/jose/sign.ts";
import { parseStrict } from "../wire/json/parse.ts";
import { createKeyFile, damaged, openKeyFolder, readKeyFile } from "./key-files.ts";

/** Every secret of a deployment. */
export interface Keys {
  readonly folder: string;
  /** The signing key that an earlier version kept in a file; null where there is none. */
  readonly signingFile: JsonObject | null;
  /** Seals the signing keys in the store. Made from the digest key, so that every gateway with the one has the other. */
  readonly signingSeal: KeyObject;
  /** For keyed digests; another key would make every digest kept so far meaningless. */
  readonly digest: KeyObject;
  /** Seals the state that travels through clients (AES-256-GCM). */
  readonly sealing: KeyObject;
  /** What the launcher shows to enrol instances. */
  readonly launcher: string;
  /** What the operator's command line shows. */
  readonly admin: string;
}

export const KEY_FILES = {
  digest: "digest.key",
  sealing: "sealing.key",
  launcher: "launcher.key",
  admin: "admin.key",
} as const;

const SECRET_BYTES = 32;
const SIGNING_FILE = "signing.jwk";

/** Loads the keys under `<dataFolder>/keys`, and makes at the first start those that are not there. `used`: the database
 *  was used before, so that its digest key has to be there.
 *  @throws WritError `key_permissions` (others can read one), `key_damaged`, `key_missing`, `key_unwritable`. */
export function openKeys(dataFolder: string, used: boolean): Keys {
  const folder = join(dataFolder, "keys");
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  openKeyFolder(folder);
  const digest = createSecretKey(loadSecret(folder, KEY_FILES.digest, used), "base64url");
  return {
    folder,
    signingFile: loadSigningFile(folder),
    signingSeal: createSecretKey(Buffer.from(hkdfSync("sha256", digest, "", "writ signing keys", SECRET_BYTES))),
    digest,
    sealing: createSecretKey(loadSecret(folder, KEY_FILES.sealing, false), "base64url"),
    launcher: loadSecret(folder, KEY_FILES.launcher, false),
    admin: loadSecret(folder, KEY_FILES.admin, false),
  };
}

/** Reads the key that a command of the same user shows to a running Writ.
 *  @throws WritError `key_missing` before the first start, and as `openKeys`. */
export function readKey(dataFolder: string, name: "launcher" | "admin"): string {
  const file = join(dataFolder, "keys", KEY_FILES[name]);
  const text = readKeyFile(file);
  if (text !== null) return checkSecret(file, text);
  throw new WritError({
    code: "key_missing",
    status: 500,
    facts: { file },
    message: `there is no key in ${file}: Writ was never started with this data folder`,
    hint: "run `writ up` first, as the same user and in the same folder",
  });
}

/** Removes the file once its key is in the store: a private key lies in one place. */
export function dropSigningFile({ folder }: Pick<Keys, "folder">): void {
  rmSync(join(folder, SIGNING_FILE), { force: true });
}

function loadSigningFile(folder: string): JsonObject | null {
  const file = join(folder, SIGNING_FILE);
  const text = readKeyFile(file);
  if (text === null) return null;
  const parsed = parseStrict(text);
  const jwk = parsed.kind === "parsed" && isObject(parsed.value) ? parsed.value : null;
  if (jwk === null || signingKey(jwk) === null) throw damaged(file, "it does not hold an ES256 key");
  return jwk;
}

function loadSecret(folder: string, name: string, required: boolean): string {
  return checkSecret(
    join(folder, name),
    load(folder, name, required, () => randomBytes(SECRET_BYTES).toString("base64url")),
  );
}

function checkSecret(file: string, text: string): string {
  if (decodeBase64url(text)?.length !== SECRET_BYTES)
    throw damaged(file, `it does not hold ${SECRET_BYTES} bytes in base64url`);
  return text;
}

function load(folder: string, name: string, required: boolean, make: () => string): string {
  const file = join(folder, name);
  const there = readKeyFile(file);
  if (there !== null) return there;
  if (required) throw missing(file);
  const made = make();
  if (createKeyFile(folder, name, made)) return made;
  const theirs = readKeyFile(file);
  if (theirs === null) throw damaged(file, "it was removed while Writ started");
  return theirs;
}

function missing(file: string): WritError {
  return new WritError({
    code: "key_missing",
    status: 500,
    facts: { file },
    message: `the key that the database was used with is not in ${file}`,
    hint: "put it back from a backup; without one, move the data folder away, and Writ starts anew with new keys",
  });
}
