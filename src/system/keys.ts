import { type KeyObject, createSecretKey, randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { WritError } from "../domain/error.ts";
import { isObject } from "../domain/json.ts";
import { decodeBase64url } from "../wire/jose/base64url.ts";
import { type SigningKey, generateSigningJwk, signingKey } from "../wire/jose/sign.ts";
import { canonicalize } from "../wire/json/canonical.ts";
import { parseStrict } from "../wire/json/parse.ts";
import { createKeyFile, damaged, openKeyFolder, readKeyFile } from "./key-files.ts";

/** Every secret of a deployment. */
export interface Keys {
  readonly folder: string;
  readonly signing: SigningKey;
  /** For keyed digests; another key would make every digest kept so far meaningless. */
  readonly digest: KeyObject;
  /** Seals the state that travels through clients (AES-256-GCM). */
  readonly sealing: KeyObject;
  /** What the launcher shows to enrol instances. */
  readonly launcher: string;
  /** What the operator's command line shows. */
  readonly admin: string;
}

/** What the database knows of the keys it was used with; null before the first start. */
export interface KnownKeys {
  /** The `kid` of the signing key. */
  readonly signing: string;
}

export const KEY_FILES = {
  signing: "signing.jwk",
  digest: "digest.key",
  sealing: "sealing.key",
  launcher: "launcher.key",
  admin: "admin.key",
} as const;

const SECRET_BYTES = 32;

/** Loads the keys under `<dataFolder>/keys`, and makes at the first start those that are not there.
 *  @throws WritError `key_permissions` (others can read one), `key_damaged`, `key_missing` (the database knows a
 *  deployment whose signing or digest key is gone, or is another one), `key_unwritable`. */
export function openKeys(dataFolder: string, known: KnownKeys | null): Keys {
  const folder = join(dataFolder, "keys");
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  openKeyFolder(folder);
  const required = known !== null;
  const signing = loadSigning(folder, required);
  if (known !== null && known.signing !== signing.kid) throw missing(join(folder, KEY_FILES.signing), known.signing);
  return {
    folder,
    signing,
    digest: createSecretKey(loadSecret(folder, KEY_FILES.digest, required), "base64url"),
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

function loadSigning(folder: string, required: boolean): SigningKey {
  const file = join(folder, KEY_FILES.signing);
  const parsed = parseStrict(load(folder, KEY_FILES.signing, required, () => canonicalize(generateSigningJwk())));
  const key = parsed.kind === "parsed" && isObject(parsed.value) ? signingKey(parsed.value) : null;
  if (key === null) throw damaged(file, "it does not hold an ES256 key");
  return key;
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
  if (required) throw missing(file, null);
  const made = make();
  if (createKeyFile(folder, name, made)) return made;
  const theirs = readKeyFile(file);
  if (theirs === null) throw damaged(file, "it was removed while Writ started");
  return theirs;
}

function missing(file: string, kid: string | null): WritError {
  return new WritError({
    code: "key_missing",
    status: 500,
    facts: { file, ...(kid === null ? {} : { kid }) },
    message: `the key that the database was used with is not in ${file}`,
    hint: "put it back from a backup; without one, move the data folder away, and Writ starts anew with new keys",
  });
}
