import { chmodSync, mkdirSync, statSync } from "node:fs";
import { WritError } from "../domain/error.ts";

/** Makes the data folder, or takes the one there is: for its owner alone. One that others could enter is closed to them;
 *  what is in it (database, log) was theirs to read until now.
 *  @throws WritError `data_folder_open` where it is another user's and cannot be closed. */
export function openDataFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (process.platform === "win32" || (statSync(folder).mode & 0o077) === 0) return;
  try {
    chmodSync(folder, 0o700);
  } catch (cause) {
    throw new WritError({
      code: "data_folder_open",
      status: 500,
      facts: { folder },
      message: `others can enter \`${folder}\`, and it is not this user's to close`,
      hint: "give Writ a `data` folder of its own",
      cause,
    });
  }
}
