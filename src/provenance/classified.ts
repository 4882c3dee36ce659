import type { Classification, ClassifiedPlace, LineagePart } from "../domain/lineage.ts";
import type { Fingerprint } from "./fingerprint.ts";
import type { Squeezed } from "./squeezed.ts";
import type { Unit } from "./telling.ts";

/** What is classified in a result, place by place. */
export interface Found {
  readonly level: Classification;
  readonly path: string;
  readonly units: readonly Unit[];
}

/** Where a classified value was first seen, at the highest classification it was ever seen with. */
export interface Origin {
  readonly level: Classification;
  readonly tool: string;
  readonly path: string;
}

export interface Match extends Origin {
  readonly from: number;
  readonly to: number;
  readonly mark: number;
}

type Kept = Pick<LineagePart, "classified" | "lost">;

/** Most sessions read nothing that is classified. */
const NO_ANCHORS = new Uint32Array(0);
const ANCHOR = 4;
const ANCHOR_BITS = 20;
const RECORD = 10;
const BOUND = 0x80;
const MOST_OF_PART = 20_000;
const MOST = 200_000;
const MOST_MATCHES = 50;

/** The values of a session that not everybody may see, by keyed fingerprint. A value stays as secret as it was once said to
 *  be, whatever other sources say of it later. */
export class Classified {
  readonly #mark: Fingerprint;
  readonly #key: number;
  /** Which beginnings of four letters there are: most places of a text are passed over by one look here. */
  #anchors = NO_ANCHORS;
  readonly #lengths = new Map<number, Set<number>>();
  readonly #values = new Map<number, { origin: Origin; bound: boolean }>();
  /** Other servers that gave the same value. */
  readonly #givers = new Map<number, Set<string>>();
  #lost: Classification | null = null;
  #secret = false;

  constructor(mark: Fingerprint) {
    this.#mark = mark;
    this.#key = mark("where a classified value begins") | 0;
  }

  /** Whether anything at all is classified. */
  get empty(): boolean {
    return this.#values.size === 0 && this.#lost === null;
  }

  /** The highest classification that anything in the session has, where it is not empty. */
  get highest(): Classification {
    return this.#secret || this.#lost === "secret" ? "secret" : "internal";
  }

  /** The highest classification of what could not be kept; null where everything was. */
  get lost(): Classification | null {
    return this.#lost;
  }

  /** What was found in a result, packed; nothing is added yet. */
  pack(found: readonly Found[], lost: Classification | null): Kept {
    let room = MOST_OF_PART;
    let over = lost;
    const classified: ClassifiedPlace[] = [];
    // What is secret is kept before what is internal.
    for (const { level, path, units } of found.toSorted((a, b) => rank(b.level) - rank(a.level))) {
      const kept = units.slice(0, room);
      room -= kept.length;
      if (kept.length < units.length && over !== "secret") over = level;
      if (kept.length > 0) classified.push({ level, path: path.slice(0, 200), values: this.#packed(kept) });
    }
    return {
      ...(classified.length === 0 ? {} : { classified }),
      ...(over === null ? {} : { lost: over }),
    };
  }

  /** What a part says, taken in; `LineagePart`s from before there was any of this say nothing. */
  take({ tool, classified, lost }: Pick<LineagePart, "tool"> & Kept): void {
    if (lost !== undefined && this.#lost !== "secret") this.#lost = lost;
    for (const { level, path, values } of classified ?? []) {
      const origin: Origin = { level, tool, path };
      this.#secret ||= level === "secret";
      const bytes = Buffer.from(values, "base64");
      for (let at = 0; at + RECORD <= bytes.length; at += RECORD) {
        const length = bytes[at + 3] ?? 0;
        const mark = bytes.readUIntBE(at + 4, 6);
        if (!this.#values.has(mark) && this.#values.size >= MOST) {
          if (this.#lost !== "secret") this.#lost = level;
          continue;
        }
        const anchor = bytes.readUIntBE(at, 3);
        if (this.#anchors === NO_ANCHORS) this.#anchors = new Uint32Array(1 << (ANCHOR_BITS - 5));
        this.#anchors[anchor >>> 5] = (this.#anchors[anchor >>> 5] ?? 0) | (1 << (anchor & 31));
        const lengths = this.#lengths.get(anchor);
        if (lengths === undefined) this.#lengths.set(anchor, new Set([length & ~BOUND]));
        else lengths.add(length & ~BOUND);
        this.#keep(mark, origin, (length & BOUND) !== 0);
      }
    }
  }

  #keep(mark: number, origin: Origin, bound: boolean): void {
    const held = this.#values.get(mark);
    if (held === undefined) {
      this.#values.set(mark, { origin, bound });
      return;
    }
    const givers = this.#givers.get(mark) ?? new Set([serverOf(held.origin.tool)]);
    this.#givers.set(mark, givers.add(serverOf(origin.tool)));
    if (rank(origin.level) > rank(held.origin.level)) held.origin = origin;
    held.bound &&= bound;
  }

  /** Every classified value in a text, whatever it stands in. */
  in({ text, edges }: Squeezed): readonly Match[] {
    const found: Match[] = [];
    if (this.#values.size === 0) return found;
    for (let from = 0; from + ANCHOR <= text.length; from++) {
      const anchor = this.#anchor(text, from);
      if (((this.#anchors[anchor >>> 5] ?? 0) & (1 << (anchor & 31))) === 0) continue;
      for (const length of this.#lengths.get(anchor) ?? []) {
        const to = from + length;
        if (to > text.length) continue;
        const mark = this.#mark(text.slice(from, to));
        const held = this.#values.get(mark);
        if (held === undefined || (held.bound && (edges[from] === 0 || edges[to] === 0))) continue;
        found.push({ ...held.origin, from, to, mark });
        if (found.length >= MOST_MATCHES) return found;
      }
    }
    return found;
  }

  /** Whether this server gave the value itself. */
  gave(server: string, { mark, tool }: Match): boolean {
    return serverOf(tool) === server || this.#givers.get(mark)?.has(server) === true;
  }

  #packed(units: readonly Unit[]): string {
    const bytes = Buffer.allocUnsafe(units.length * RECORD);
    for (const [i, { text, bound }] of units.entries()) {
      bytes.writeUIntBE(this.#anchor(text, 0), i * RECORD, 3);
      bytes[i * RECORD + 3] = text.length | (bound ? BOUND : 0);
      bytes.writeUIntBE(this.#mark(text), i * RECORD + 4, 6);
    }
    return bytes.toString("base64");
  }

  #anchor(text: string, from: number): number {
    let hash = this.#key;
    for (let i = from; i < from + ANCHOR; i++) {
      hash = Math.imul(hash ^ text.charCodeAt(i), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash >>> (32 - ANCHOR_BITS);
  }
}

export function rank(level: Classification): number {
  return level === "secret" ? 2 : 1;
}

export function serverOf(tool: string): string {
  return tool.slice(0, Math.max(0, tool.indexOf("__")));
}
