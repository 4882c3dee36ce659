import { readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/** As many as Linux follows. */
const MOST_LINKS = 40;
const LONGEST = 4_096;

/** Where an absolute path leads: symbolic links followed as far as the path exists, and through links to what does not
 *  exist yet, for that is where a write would go. Null where it cannot be told: no permission, a loop, too long. */
export function realPath(path: string): string | null {
  if (path.length > LONGEST || path.includes("\0")) return null;
  let here = path;
  let rest = "";
  let links = 0;
  for (;;) {
    try {
      return join(realpathSync.native(here), rest);
    } catch (cause) {
      if (!isMissing(cause)) return null;
    }
    const leads = linkAt(here);
    if (leads !== null) {
      if (++links > MOST_LINKS) return null;
      here = leads;
    } else {
      const parent = dirname(here);
      if (parent === here) return null;
      rest = join(basename(here), rest);
      here = parent;
    }
  }
}

/** Where a link that leads to nothing leads; null for what is no link. */
function linkAt(path: string): string | null {
  try {
    return resolve(realpathSync.native(dirname(path)), readlinkSync(path));
  } catch {
    return null;
  }
}

function isMissing(cause: unknown): boolean {
  const { code } = cause as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
}
