import { chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface McpConfigFile {
  readonly file: string;
  remove(): Promise<void>;
}

/** Writes an `mcpServers` file that names the run's address, in a folder only this user can enter, or only `reader`. */
export async function writeMcpConfig(
  url: string,
  reader?: { readonly uid: number; readonly gid: number },
): Promise<McpConfigFile> {
  const folder = await mkdtemp(join(tmpdir(), "writ-run-"));
  const file = join(folder, "mcp.json");
  await writeFile(file, `${JSON.stringify({ mcpServers: { writ: { type: "http", url } } }, null, 2)}\n`, {
    mode: 0o600,
    flag: "wx",
  });
  if (reader !== undefined) for (const path of [file, folder]) await chown(path, reader.uid, reader.gid);
  return { file, remove: () => rm(folder, { recursive: true, force: true }) };
}
