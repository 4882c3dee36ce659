import { createHash } from "node:crypto";
import { constants, type FileHandle, open, readFile, readlink } from "node:fs/promises";

/** What `/proc` says of one process, read as it is at this moment. */
export interface ProcessState {
  /** Ticks from boot to its start: with the number, this names one process for good. */
  readonly started: string;
  readonly uid: number;
}

const LARGEST = 1024 ** 3;
const REMEMBERED = 64;
const hashes = new Map<string, Promise<string>>();

/** Null when there is no such process. */
export async function stateOf(pid: number): Promise<ProcessState | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "latin1");
    const status = await readFile(`/proc/${pid}/status`, "latin1");
    // The name in parentheses may hold anything, so fields are counted from its last `)`.
    const started = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    const uid = /^Uid:\t\d+\t(\d+)/m.exec(status)?.[1];
    return started === undefined || uid === undefined ? null : { started, uid: Number(uid) };
  } catch {
    return null;
  }
}

/** The program of a process. Null where we may not look, where it was deleted since, and where the process has mounts
 *  of its own: there its name means another file than here. */
export async function executableOf(pid: number): Promise<string | null> {
  try {
    if ((await readlink(`/proc/${pid}/ns/mnt`)) !== (await readlink("/proc/self/ns/mnt"))) return null;
    const path = await readlink(`/proc/${pid}/exe`);
    return path.endsWith(" (deleted)") ? null : path;
  } catch {
    return null;
  }
}

/** SHA-256 of the very file that a process runs, hexadecimal, whatever its name means by now; null where we may not. */
export async function hashOf(pid: number): Promise<string | null> {
  let file: FileHandle;
  try {
    file = await open(`/proc/${pid}/exe`, constants.O_RDONLY);
  } catch {
    return null;
  }
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await file.stat({ bigint: true });
    if (size > LARGEST) return null;
    // The change time is the system's to set: a file that keeps it keeps its bytes.
    const key = [dev, ino, size, mtimeNs, ctimeNs].join(":");
    const known = hashes.get(key);
    if (known !== undefined) return await known;
    const digest = digestOf(file);
    hashes.set(key, digest);
    digest.catch(() => hashes.delete(key));
    for (const oldest of hashes.keys()) {
      if (hashes.size <= REMEMBERED) break;
      hashes.delete(oldest);
    }
    return await digest;
  } catch {
    return null;
  } finally {
    await file.close();
  }
}

async function digestOf(file: FileHandle): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of file.createReadStream({ autoClose: false, highWaterMark: 1024 ** 2 }))
    hash.update(chunk as Buffer);
  return hash.digest("hex");
}
