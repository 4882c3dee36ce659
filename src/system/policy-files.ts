import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

export interface FolderOfPolicies {
  /** Put before the names of its files, so that two folders never clash: `starter/`. */
  readonly prefix: string;
  readonly folder: string;
}

/** The `*.cedar` and `*.test.yaml` files of the folders, by name; a folder that is not there holds none. */
export async function readPolicyFiles(
  folders: readonly FolderOfPolicies[],
): Promise<readonly { readonly name: string; readonly text: string }[]> {
  const each = await Promise.all(
    folders.map(async ({ prefix, folder }) => {
      const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code === "ENOENT") return [];
        throw cause;
      });
      const wanted = names.filter((name) => name.endsWith(".cedar") || name.endsWith(".test.yaml")).toSorted();
      return Promise.all(
        wanted.map(async (name) => ({ name: prefix + name, text: await readFile(join(folder, name), "utf8") })),
      );
    }),
  );
  return each.flat();
}
