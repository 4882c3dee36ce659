import { type Effects, onlyReads } from "../../domain/effect.ts";
import { type JsonObject, own } from "../../domain/json.ts";
import type { MemoryUse } from "../../domain/memory.ts";

/** Files that agents take for their own words, by their names, and the folders they keep such files in. */
const NAMES = /^(?:claude(?:\.local)?|agents|gemini|memory)\.md$|^copilot-instructions\.md$|^\.(?:cursor|windsurf|cline)rules$/i;
const FOLDERS = /\/(?:\.claude\/(?:memory|agents|commands|skills|rules)|\.cursor\/rules|memor(?:y|ies))\//i;
/** Every file of this machine is in one place, through whichever server it is reached. */
const MACHINE = "file";

export function isMemoryFile(path: string): boolean {
  return NAMES.test(path.slice(path.lastIndexOf("/") + 1)) || FOLDERS.test(path);
}

/** What a call to a tool for files does to a file that agents remember in; null where it touches none. Of several files at
 *  once only the first that is one is named, and what is read of it cannot be checked. */
export function fileUse(effects: Effects, input: JsonObject, server: string, local: boolean): MemoryUse | null {
  const path = effects.paths.find(isMemoryFile);
  if (path === undefined) return null;
  const one = effects.paths.length === 1;
  const content = own(input, "content");
  const does = onlyReads(effects) ? "read" : effects.kinds.includes("delete") ? "forget" : "write";
  return {
    kind: "file",
    place: local ? MACHINE : server,
    does,
    path,
    text: does === "write" && one && typeof content === "string" && !effects.traits.includes("inferred") ? content : null,
    whole: one && PARTIAL.every((name) => own(input, name) === undefined || own(input, name) === null),
  };
}

/** Arguments that ask for a piece of a file. */
const PARTIAL = ["head", "tail", "offset", "limit", "start", "end", "range", "view_range"];
