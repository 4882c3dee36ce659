import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { Log } from "../../src/ports/system.ts";

/** A new folder that is gone when the test file ends. */
export async function newFolder(mode = 0o700): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "writ-store-"));
  await chmod(folder, mode);
  folders.push(folder);
  return folder;
}

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

export const quiet: Log = { debug() {}, info() {}, warn() {}, error() {} };
