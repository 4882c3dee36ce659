import { randomBytes } from "node:crypto";
import { closeSync, constants, fstatSync, fsyncSync, linkSync, lstatSync, mkdirSync, openSync } from "node:fs";
import { readFileSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { WritError } from "../domain/error.ts";

/** Files of one secret each, in a folder that only their owner enters. */

const MAX_KEY_BYTES = 4096;
const OTHERS = 0o077;
/** Windows keeps who may read in another place than the mode. */
const MODES_COUNT = process.platform !== "win32";

/** Makes the folder, or checks the one there is.
 *  @throws WritError `key_permissions` when others can enter it. */
export function openKeyFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stat = lstatSync(folder);
  if (!stat.isDirectory()) throw damaged(folder, "it is not a folder");
  if (MODES_COUNT && (stat.mode & OTHERS) !== 0) throw permissions(folder, `chmod 700 ${quote(folder)}`);
}

/** The text of a key file without its line end; null when there is no such file.
 *  @throws WritError `key_permissions` for a file that others can read, or that is another user's; `key_damaged`
 *  for one that is a link, empty or far too large. */
export function readKeyFile(file: string): string | null {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT") return null;
    if (code === "ELOOP") throw damaged(file, "it is a link");
    throw permissions(file, `chown $(id -un) ${quote(file)} && chmod 600 ${quote(file)}`, error);
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw damaged(file, "it is not a plain file");
    const uid = process.geteuid?.();
    if (uid !== undefined && stat.uid !== uid) throw permissions(file, `chown $(id -un) ${quote(file)}`);
    if (MODES_COUNT && (stat.mode & OTHERS) !== 0) throw permissions(file, `chmod 600 ${quote(file)}`);
    if (stat.size === 0) throw damaged(file, "it is empty");
    if (stat.size > MAX_KEY_BYTES) throw damaged(file, "it is larger than any key");
    return readFileSync(descriptor, "utf8").replace(/\r?\n$/, "");
  } finally {
    closeSync(descriptor);
  }
}

/** Writes a key file that is there in full or not at all, and survives a power cut once this returns. Never
 *  replaces one: false when another process was first, and its key is the one to use.
 *  @throws WritError `key_unwritable`. */
export function createKeyFile(folder: string, name: string, text: string): boolean {
  const file = join(folder, name);
  const draft = join(folder, `.${name}.${randomBytes(8).toString("hex")}`);
  try {
    const descriptor = openSync(draft, "wx", 0o600);
    try {
      writeSync(descriptor, `${text}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    try {
      linkSync(draft, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    } finally {
      unlinkSync(draft);
    }
    syncFolder(folder);
    return true;
  } catch (error) {
    throw new WritError({
      code: "key_unwritable",
      status: 500,
      facts: { file, why: String((error as NodeJS.ErrnoException).code ?? "unknown") },
      message: `the key file ${file} cannot be written`,
      hint: `make the folder writable for the user that runs Writ, on a disk with room: ls -ld ${quote(folder)}`,
      cause: error,
    });
  }
}

/** The error for a file whose content is not the key it should be. */
export function damaged(file: string, why: string, cause?: unknown): WritError {
  return new WritError({
    code: "key_damaged",
    status: 500,
    facts: { file, why },
    message: `the key file ${file} is damaged: ${why}`,
    hint: "put it back from a backup; without one, move the data folder away, and Writ starts anew with new keys",
    cause,
  });
}

function permissions(path: string, mend: string, cause?: unknown): WritError {
  return new WritError({
    code: "key_permissions",
    status: 500,
    facts: { path },
    message: `${path} is not the running user's alone`,
    hint: `if nobody else can have read it: ${mend}`,
    cause,
  });
}

function syncFolder(folder: string): void {
  if (!MODES_COUNT) return;
  const descriptor = openSync(folder, constants.O_RDONLY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function quote(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
