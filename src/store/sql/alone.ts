import { closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { WritError } from "../../domain/error.ts";

/** Holds `file` for this process alone, and returns the way to let go. However the process ends, the operating system lets
 *  go for it. Two gateways on one embedded store would not hear of each other's revocations, and the second would take
 *  the calls of the first for those of one that is gone.
 *  @throws WritError `store_in_use` while another process holds it. */
export function holdAlone(file: string): () => void {
  closeSync(openSync(file, "a", 0o600));
  const lock = new DatabaseSync(file, { timeout: 0 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    lock.close();
    throw new WritError({
      code: "store_in_use",
      status: 500,
      facts: { file },
      message: "another Writ runs on this data folder",
      hint: "stop it first, or give this one a `data` folder of its own in `writ.yaml`",
      cause,
    });
  }
  return () => lock.close();
}
