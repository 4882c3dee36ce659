import { close, fdatasync, open } from "node:fs";
import { promisify } from "node:util";

const openFile = promisify(open);
const closeFile = promisify(close);
const syncFile = promisify(fdatasync);

/** SQLite's write-ahead journal of one database, to be flushed beside the thread that writes it. A commit is in it before
 *  it is anywhere else, and its order is the order of commits: what was committed before a flush began lasts once that
 *  has ended. SQLite itself flushes it before it copies from it, and when it begins it anew. */
export function openJournal(database: string): { flush(): Promise<void>; close(): Promise<void> } {
  /** Only a commit makes the file. It is there for as long as the database is open. */
  let handle: Promise<number> | null = null;
  return {
    async flush() {
      await syncFile(await (handle ??= openFile(`${database}-wal`, "r+")));
    },
    async close() {
      if (handle !== null) await closeFile(await handle);
    },
  };
}
