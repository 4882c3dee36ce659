import { parse } from "yaml";
import { type Json, isObject, own } from "../domain/json.ts";

/** A value that stands by itself in a result. */
export interface Leaf {
  /** `[].recipient`: where values of its kind stand, without numbers of items. */
  readonly path: string;
  /** The name of the member it is, or of the nearest list's; empty in a list at the top. */
  readonly key: string;
  /** Leaves of one object have the same. */
  readonly record: number;
  readonly text: string;
}

export interface Read {
  readonly leaves: readonly Leaf[];
  /** What is written for people: a result as a whole, or values of many words. */
  readonly texts: readonly { readonly path: string; readonly text: string }[];
  /** Of a record inside another, that other. */
  readonly above: ReadonlyMap<number, number>;
  /** Something was too large to be read to its end: what stood there was seen nowhere. */
  readonly cut: boolean;
}

const LONGEST_STRUCTURED = 262_144;
const LONGEST_TEXT = 1_048_576;
const MOST_LEAVES = 20_000;
/** More words than this are a text for people, whatever it stands in. */
const MOST_WORDS = 8;

/** The values of a tool's result: its structured content, else its texts where they are JSON or YAML. `prose` where the whole
 *  result is what somebody wrote: a page or a file with members in it is a text all the same. */
export function readResult(result: Json | undefined, prose: boolean): Read {
  const walk = new Walk();
  if (result === undefined || !isObject(result)) return walk.read;
  const structured = own(result, "structuredContent");
  if (structured !== undefined && !prose) walk.value(structured, "", "", -1);
  const content = own(result, "content");
  for (const part of Array.isArray(content) ? (content as readonly Json[]) : []) {
    const resource = isObject(part) ? own(part, "resource") : undefined;
    const text = isObject(part)
      ? (own(part, "text") ?? (isObject(resource) ? own(resource, "text") : undefined))
      : undefined;
    if (typeof text === "string") walk.whole(text, prose);
  }
  const contents = own(result, "contents");
  for (const part of Array.isArray(contents) ? (contents as readonly Json[]) : []) {
    const text = isObject(part) ? own(part, "text") : undefined;
    if (typeof text === "string") walk.whole(text, true);
  }
  return walk.read;
}

class Walk {
  readonly leaves: Leaf[] = [];
  readonly texts: { path: string; text: string }[] = [];
  cut = false;
  readonly #above = new Map<number, number>();
  #records = 0;
  #visited = 0;

  get read(): Read {
    return { leaves: this.leaves, texts: this.texts, above: this.#above, cut: this.cut };
  }

  whole(text: string, prose: boolean): void {
    const rows = prose ? null : (listed(text) ?? numbered(text));
    const value = prose || rows !== null ? undefined : structure(text);
    if (value !== undefined) return this.value(value, "", "", -1);
    if (rows === null) return this.text("", text);
    for (const row of rows) this.leaf("[]", "", ++this.#records, row);
  }

  value(value: Json, path: string, key: string, record: number): void {
    if (++this.#visited > MOST_LEAVES) {
      this.cut = true;
      return;
    }
    if (Array.isArray(value)) {
      for (const item of value as readonly Json[]) this.value(item, `${path}[]`, key, record);
    } else if (isObject(value)) {
      const own = ++this.#records;
      if (record >= 0) this.#above.set(own, record);
      for (const [name, item] of Object.entries(value)) {
        // A table may be keyed by what it is about.
        if (isObject(item) || Array.isArray(item)) this.leaf(`${path}.*`, key, own, name);
        else if (/[^a-z_]/.test(name)) this.leaf(`${path}.*`, key, ++this.#records, name);
        this.value(item, path === "" ? name : `${path}.${name}`, name, own);
      }
    } else if (value !== null && typeof value !== "boolean") this.leaf(path, key, record, String(value));
  }

  leaf(path: string, key: string, record: number, text: string): void {
    // A mailbox as RFC 5322 writes it (3.4) is a name and an address.
    const [, name = "", address] = (ADDRESSED.test(key) && MAILBOX.exec(text.slice(0, 400).trim())) || [];
    if (address !== undefined && name.split(/\s+/).length <= MOST_WORDS) {
      if (name !== "") this.leaf(path, key, record, name);
      return this.leaf(path, key, record, address);
    }
    const words = text.split(/\s+/, MOST_WORDS + 1).filter((word) => word !== "");
    if (words.length > MOST_WORDS || text.includes("\n") || text.length > 256) return this.text(path, text);
    this.leaves.push({ path: path.slice(0, 200), key: key.slice(0, 100), record, text });
  }

  text(path: string, text: string): void {
    if (text.length > LONGEST_TEXT) this.cut = true;
    this.texts.push({ path: path.slice(0, 200), text: text.slice(0, LONGEST_TEXT) });
  }
}

const MAILBOX = /^"?([^"<>@\n]{0,80}?)"? {0,2}<([^<>\s@]{1,64}@[^<>\s@]{1,255})>$/;
/** Members that hold mailboxes; in a title one is somebody's text. */
const ADDRESSED = /^(?:from|to|sender|recipients?|e?-?mail|contact|organi[sz]er|author|attendees?|participants?)/i;

/** `- code: A12, colour: red`: a row of several members, which is no YAML as it stands. */
const INLINE =
  /^([ \t]*-[ \t]+)((?:[\w ]{1,30}: [^,:{}[\]"'#&*\n]{1,60}, ){1,20}[\w ]{1,30}: [^,:{}[\]"'#&*\n]{1,60})$/gm;

/** A list or an object, where a text is one; undefined for anything else. */
function structure(text: string): Json | undefined {
  if (text.length > LONGEST_STRUCTURED) return undefined;
  const trimmed = text.trim();
  if (/^[[{]/.test(trimmed)) {
    try {
      return JSON.parse(trimmed) as Json;
    } catch {
      // It may still be YAML.
    }
  }
  if (!/^(?:[[{]|- |-\n|["']?[\w .$-]{1,60}["']?:(?:\s|$))/.test(trimmed)) return short(trimmed);
  try {
    const value = parse(trimmed.replaceAll(INLINE, "$1{$2}"), {
      maxAliasCount: 0,
      uniqueKeys: false,
      logLevel: "silent",
      schema: "failsafe",
    }) as unknown;
    return typeof value === "object" && value !== null ? (value as Json) : short(trimmed);
  } catch {
    return short(trimmed);
  }
}

/** The rows of a plain list of names, without a heading before the first; null for a text in which anything is longer, has a
 *  member or holds an address. */
function listed(text: string): readonly string[] | null {
  const rows = text
    .slice(0, LONGEST_TEXT)
    .split("\n")
    .map((row) => row.trim())
    .filter((row) => row !== "");
  if (rows.length < 2 || rows.slice(1).some((row) => row.includes(":")) || /^[[{]/.test(text.trim())) return null;
  if (rows.some((row) => row.length > 64 || /[.!?;@]|:\/\/|\d{6}/.test(row))) return null;
  return rows.map((row) => row.replace(/^(?:[-*\u2022]|\d{1,3}[.)])\s+|^[\w ]{1,30}:\s+/, ""));
}

/** The heads of a numbered list under one heading, `1. Blue Door - about 25 EUR, rated 4.6`; null where any row is none. */
function numbered(text: string): readonly string[] | null {
  const rows = text.slice(0, LONGEST_TEXT).trim().split("\n");
  const from = /^\s*\d{1,3}[.)]\s/.test(rows[0] ?? "") ? 0 : 1;
  const heads: string[] = [];
  for (const row of rows.slice(from)) {
    const [, at, head] =
      /^\s*(\d{1,3})[.)]\s+([^:|\n]{1,64}?)(?:\s+[-\u2013\u2014|]\s|\s*[:|(]|$)/.exec(row.slice(0, 200)) ?? [];
    if (head === undefined || head.includes("@") || Number(at) !== heads.length + 1) return null;
    heads.push(head);
  }
  return heads.length === 0 ? null : heads;
}

/** A result that is one short value is a value. */
function short(text: string): Json | undefined {
  return text !== "" && !text.includes("\n") && text.split(/\s+/, 4).length <= 3 && text.length <= 128
    ? text
    : undefined;
}
