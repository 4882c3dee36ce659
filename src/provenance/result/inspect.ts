import { rewriteStrings } from "../../wire/json/rewrite.ts";
import { markInvisible } from "./invisible.ts";
import { structureOf } from "./leaves.ts";
import { isProse } from "./prose.ts";
import { type Fence, fenced } from "./spotlight.ts";

/** What is to be done to a result before it is released. */
export interface Inspecting {
  readonly markInvisible: boolean;
  /** Null where text is left unmarked. */
  readonly spotlight: Fence | null;
}

export interface Inspected {
  /** The same text where nothing was to be marked. */
  readonly text: string;
  readonly invisible: number;
  readonly spotlighted: number;
}

/** The answer of a server, `text` as it came and accepted as JSON, with what is asked done to what it says, in every form
 *  it says it: in `content`, in `structuredContent`, in a text that is JSON itself, in an error. What is structured keeps
 *  its structure, and every byte beside the marks is as it came. */
export function inspectResult(text: string, { markInvisible: marking, spotlight }: Inspecting): Inspected {
  let invisible = 0;
  let spotlighted = 0;

  function visible(value: string): string {
    if (!marking) return value;
    const { text: shown, marked } = markInvisible(value);
    invisible += marked;
    return shown;
  }

  function said(value: string, keys: readonly string[], name: boolean): string {
    const shown = visible(value);
    if (name || spotlight === null || !speaks(keys) || !isProse(shown)) return shown;
    spotlighted++;
    return fenced(shown, spotlight);
  }

  const released = rewriteStrings(text, (value, keys, name) => {
    if (!ofResult(keys)) return value;
    const nested = !name && keys.at(-1) === "text" ? structureOf(value) : null;
    if (nested === null) return said(value, keys, name);
    return rewriteStrings(value, (inner, below, member) => said(inner, [...keys, ...below], member));
  });
  return { text: released, invisible, spotlighted };
}

/** Members that are no text for anybody to read: they are for the client, or bytes. */
const OPAQUE = new Set(["_meta", "requestState", "nextCursor", "data", "blob"]);
/** Members of a result that a model reads. */
const READ = new Set(["content", "contents", "messages", "structuredContent"]);

function ofResult(keys: readonly string[]): boolean {
  const [top, ...rest] = keys;
  // A progress or a log message; or a question for the client, which is marked and never shown as data.
  if (top === "error" || top === "params") return !rest.includes("_meta");
  if (top !== "result") return false;
  // Inside what is structured these names are the server's own.
  const outer = rest[0] === "structuredContent" ? [] : rest.slice(0, 4);
  return !outer.some((key) => OPAQUE.has(key));
}

function speaks(keys: readonly string[]): boolean {
  return keys[0] === "error" ? keys[1] === "message" : READ.has(keys[1] ?? "");
}
