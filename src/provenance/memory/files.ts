import { type Effects, onlyReads } from "../../domain/effect.ts";
import { type JsonObject, own } from "../../domain/json.ts";
import type { MemoryUse } from "../../domain/memory.ts";

/** Every file of this machine is in one place, through whichever server it is reached. */
const MACHINE = "file";

/** What a call to a tool for files does to a file that agents remember in; null where it touches none, and where it reads
 *  something else of one than what it holds. `remembers` says of a canonical path whether it is one. Of several files at once the first that is one is named, and what is read of it
 *  cannot be checked. */
export function fileUse(
  effects: Effects,
  input: JsonObject,
  where: {
    readonly server: string;
    readonly local: boolean;
    readonly content: boolean;
    readonly remembers: (path: string) => boolean;
  },
): MemoryUse | null {
  const path = effects.paths.find(where.remembers);
  if (path === undefined) return null;
  const one = effects.paths.length === 1;
  const content = own(input, "content");
  const does = onlyReads(effects) ? "read" : effects.kinds.includes("delete") ? "forget" : "write";
  if (does === "read" && !where.content) return null;
  const known = does === "write" && one && typeof content === "string" && !effects.traits.includes("inferred");
  return {
    kind: "file",
    place: where.local ? MACHINE : where.server,
    does,
    path,
    text: known ? content : null,
    whole: one && PIECES.every((name) => (own(input, name) ?? null) === null),
  };
}

/** Arguments that ask for a piece of a file. */
const PIECES = ["head", "tail", "offset", "limit", "start", "end", "range", "view_range"];
