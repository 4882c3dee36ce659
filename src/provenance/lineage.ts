import type { CallId, SessionId, TaskId } from "../domain/ids.ts";
import type { LineageHead, LineagePart, LineageUse, Via } from "../domain/lineage.ts";
import { isCommon, singular, thingsOf } from "../domain/lexicon.ts";
import { Classified } from "./classified.ts";
import type { Fingerprint } from "./fingerprint.ts";
import type { Leaf, Read } from "./leaves.ts";
import { type OthersTexts, pathOfOthers } from "./memory/recalled.ts";
import { atomOf, atomsIn, decoded, wordsOf } from "./normal.ts";
import type { Vouched } from "./vouched.ts";

/** Where a value was seen. */
export interface Sighting {
  /** Results are numbered in the order they came. */
  readonly part: number;
  readonly tool: string;
  readonly prose: boolean;
  readonly private: boolean;
  /** A value that stood by itself, or one inside a text. */
  readonly kind: "leaf" | "text";
  readonly path: string;
  /** Of a text, from 1; 0 where it is not known. */
  readonly line: number;
  readonly record: number;
  /** Its words were not first seen side by side in one result. */
  readonly scattered?: boolean;
  /** The task whose owner's words name the channel, page or file it was in. */
  readonly named: TaskId | null;
  /** The same for anything else it was asked with. */
  readonly searched: TaskId | null;
  /** It is what the server knows of whoever the work is for. */
  readonly own?: boolean;
  /** The memory that it came by, where others could have written it there. */
  readonly via?: Via;
}

/** Of an address inside a text. `host` stands beside the URL it belongs to. */
const FORMS = ["host", "url", "email", "account"] as const;

/** Values kept of one result, and of one session. */
const MOST_WORDS = 20_000;
const MOST_KEPT = 400_000;
const MOST_SIGHTINGS = 12;
const MOST_USES = 200;
/** Words of a name or a title. */
const MOST_TITLE = 4;
/** Elements of a memory, of one result. */
const MOST_VIA = 200;

interface Source {
  readonly call: CallId;
  readonly tool: string;
  readonly prose: boolean;
  readonly private: boolean;
  readonly named: TaskId | null;
  readonly searched: TaskId | null;
  /** How many different addresses of each form its texts hold. */
  readonly forms: ReadonlyMap<number, number>;
  readonly records: ReadonlyMap<number, ReadonlySet<number>>;
  readonly via: readonly (Via & { readonly words: ReadonlySet<number> })[];
}

/** Every value a session has seen, by fingerprint, with where. It only grows, up to a bound; what it could not keep makes it
 *  say so (`cut`), and is never taken for trusted. */
export class Lineage {
  readonly #leaves = new Map<number, Sighting[]>();
  readonly #atoms = new Map<number, Sighting[]>();
  readonly #words = new Map<number, number>();
  readonly #vouched = new Map<number, Sighting>();
  readonly #sources: Source[] = [];
  readonly #calls = new Set<CallId>();
  readonly #mark: Fingerprint;
  #kept = 0;
  #read = 0;
  #full = false;
  /** What of it not everybody may see. */
  readonly classified: Classified;
  head: LineageHead;

  constructor(session: SessionId, mark: Fingerprint) {
    this.#mark = mark;
    this.classified = new Classified(mark);
    this.head = { session, parts: 0, uses: [], cut: false, version: 0 };
  }

  get size(): number {
    return this.#kept;
  }

  get cut(): boolean {
    return this.#full || this.head.cut;
  }

  /** How many parts of the store's were taken in. */
  get read(): number {
    return this.#read;
  }

  /** Goes on from here. */
  follow(head: LineageHead): void {
    this.#read = head.parts;
    this.head = head;
  }

  /** What a result brings, packed; nothing is added yet. */
  pack(
    call: CallId,
    tool: string,
    read: Read,
    source: Pick<LineagePart, "prose" | "private" | "named" | "searched" | "own">,
  ): LineagePart {
    const paths: string[] = [];
    const pathAt = (path: string): number => {
      const at = paths.indexOf(path);
      return at === -1 ? paths.push(path) - 1 : at;
    };
    const leaves: number[] = [];
    const places: (readonly [number, number])[] = [];
    const records = new Map<number, Set<number>>();
    const words = new Set<number>();
    const atoms = new Map<number, readonly [path: number, line: number, form: number]>();
    for (const leaf of read.leaves) {
      leaves.push(this.#mark(atomOf(leaf.text).key));
      places.push([pathAt(leaf.path), leaf.record]);
      this.#spell(leaf.text, words);
      // An order is known by the things in it.
      for (let at = leaf.record, far = 0; at >= 0 && far < 3; at = read.above.get(at) ?? -1, far++)
        this.#describe(leaf, at, records);
    }
    // A short value may still hold an address among its words.
    const spoken = read.leaves.filter(({ text }) => text.trim().includes(" "));
    for (const { path, text } of [...read.texts, ...spoken]) {
      const at = pathAt(path);
      for (const [line, row] of text.split("\n").entries()) {
        for (const atom of atomsIn(row)) {
          const mark = this.#mark(atom.key);
          if (!atoms.has(mark)) atoms.set(mark, [at, line + 1, FORMS.findIndex((form) => form === atom.form)]);
          const host = atom.form === "url" && atom.host !== null ? this.#mark(atom.host) : mark;
          if (!atoms.has(host)) atoms.set(host, [at, line + 1, 0]);
        }
        this.#spell(row, words);
        for (const coded of row.match(/\S{8,}/g)?.slice(0, 200) ?? [])
          for (const clear of decoded(coded)) this.#spell(clear, words);
      }
    }
    return {
      call,
      tool,
      prose: source.prose,
      private: source.private,
      named: source.named,
      searched: source.searched,
      ...(source.own === true ? { own: true } : {}),
      paths,
      leaves: packed(leaves),
      places,
      records: [...records].map(([record, some]) => [record, packed(some)] as const),
      atoms: packed(atoms.keys()),
      lines: [...atoms.values()],
      words: packed([...words].slice(0, MOST_WORDS)),
    };
  }

  /** What configuration vouches for in a result, packed; nothing where it is silent. */
  packVouched(values: readonly Vouched[]): Pick<LineagePart, "vouched"> {
    if (values.length === 0) return {};
    const paths = [...new Set(values.map(({ path }) => path))];
    const marks = values.map(({ text }) => this.#mark(atomOf(text).key));
    return { vouched: { values: packed(marks), paths, at: values.map(({ path }) => paths.indexOf(path)) } };
  }

  /** By which elements of a memory what others could have written came here, packed; nothing for any other result. */
  packVia(others: readonly OthersTexts[]): Pick<LineagePart, "via"> {
    const via = others.flatMap((other, i) => {
      const { via: one, texts } = other;
      const words = new Set<number>();
      for (const text of texts) this.#spell(text, words);
      return one === null ? [] : [{ ...one, path: pathOfOthers(other, i), words: packed(words) }];
    });
    return via.length === 0 ? {} : { via: via.slice(0, MOST_VIA) };
  }

  /** True where a result is too large to be kept whole. */
  static overflows(read: Read, part: LineagePart): boolean {
    return read.cut || part.words.length >= MOST_WORDS * 8;
  }

  /** Takes in a part once; which of two replicas read it does not matter. */
  take(part: LineagePart): void {
    if (this.#calls.has(part.call)) return;
    this.#calls.add(part.call);
    this.classified.take(part);
    const words = unpacked(part.words);
    const leaves = unpacked(part.leaves);
    const atoms = unpacked(part.atoms);
    this.#kept += words.length + leaves.length + atoms.length;
    if (this.#kept > MOST_KEPT) {
      this.#full = true;
      return;
    }
    const at = this.#sources.length;
    this.#sources.push({
      call: part.call,
      tool: part.tool,
      prose: part.prose,
      private: part.private,
      named: part.named,
      searched: part.searched,
      forms: new Map([...Map.groupBy(part.lines, ([, , form]) => form)].map(([form, some]) => [form, some.length])),
      records: new Map(part.records.map(([record, some]) => [record, new Set(unpacked(some))])),
      via: (part.via ?? []).map((one) => ({ ...one, words: new Set(unpacked(one.words)) })),
    });
    const { tool, prose, named, searched } = part;
    const own = part.own === true;
    const common = { part: at, tool, prose, private: part.private, named, searched, own } as const;
    for (const [i, mark] of leaves.entries()) {
      const [path = 0, record = -1] = part.places[i] ?? [];
      add(this.#leaves, mark, { ...common, kind: "leaf", path: part.paths[path] ?? "", line: 0, record });
    }
    for (const [i, mark] of atoms.entries()) {
      const [path = 0, line = 0] = part.lines[i] ?? [];
      const by = part.via?.find((one) => one.path === part.paths[path]);
      const place = { kind: "text", path: part.paths[path] ?? "", line, record: -1 } as const;
      add(this.#atoms, mark, { ...common, ...place, ...(by === undefined ? {} : { via: by }) });
    }
    for (const mark of words) if (!this.#words.has(mark)) this.#words.set(mark, at);
    const { values, paths: vouching, at: which } = part.vouched ?? { values: "", paths: [], at: [] };
    for (const [i, mark] of unpacked(values).entries()) {
      const path = vouching[which[i] ?? 0] ?? "";
      if (!this.#vouched.has(mark)) this.#vouched.set(mark, { ...common, kind: "leaf", path, line: 0, record: -1 });
    }
  }

  /** Where exactly this value stood by itself, oldest first. */
  leaves(key: string): readonly Sighting[] {
    return this.#leaves.get(this.#mark(key)) ?? [];
  }

  /** Where this value first stood with somebody vouching for that place; null where it never did. */
  vouched(key: string): Sighting | null {
    return this.#vouched.get(this.#mark(key)) ?? null;
  }

  /** Where this address stood inside a text, oldest first. */
  inText(key: string): readonly Sighting[] {
    return this.#atoms.get(this.#mark(key)) ?? [];
  }

  /** Where the words of a plain value stood one after the other; null where some pair of them never did. */
  spelled(value: string): Sighting | null {
    const words = wordsOf(value);
    const marks = words.length === 1 ? words.map(this.#mark) : pairs(words).map(this.#mark);
    if (marks.length === 0) return null;
    let last = -1;
    let scattered = false;
    for (const mark of marks) {
      const at = this.#words.get(mark);
      if (at === undefined) return null;
      scattered ||= last !== -1 && last !== at;
      last = Math.max(last, at);
    }
    const source = this.#sources[last];
    const via = source?.via.find((one) => marks.every((mark) => one.words.has(mark)));
    return source === undefined
      ? null
      : {
          part: last,
          tool: source.tool,
          prose: source.prose,
          private: source.private,
          named: source.named,
          searched: source.searched,
          kind: "text",
          path: "",
          line: 0,
          record: -1,
          scattered,
          ...(via === undefined ? {} : { via }),
        };
  }

  /** Whether the record that a value stands in also holds one of these words. */
  recordHas({ part, record }: Sighting, words: ReadonlySet<string>): boolean {
    const held = this.#sources[part]?.records.get(record);
    if (held === undefined) return false;
    for (const word of words) if (held.has(this.#mark(singular(word)))) return true;
    return false;
  }

  /** Whether one of these words stands in some record of the result. */
  selects({ part }: Sighting, words: ReadonlySet<string>): boolean {
    const records = [...(this.#sources[part]?.records.values() ?? [])];
    return [...words].map(this.#mark).some((mark) => records.some((held) => held.has(mark)));
  }

  /** Whether the texts of the result hold no second address of this form. */
  isOnlyOne({ part }: Sighting, form: string): boolean {
    return this.#sources[part]?.forms.get(FORMS.findIndex((one) => one === form)) === 1;
  }

  /** The head after a permitted call that changes something. */
  used(use: LineageUse): LineageHead {
    return { ...this.head, uses: [...this.head.uses, use].slice(-MOST_USES), version: this.head.version + 1 };
  }

  marks(values: readonly string[]): string {
    return packed(new Set(values.map((value) => this.#mark(atomOf(value).key))));
  }

  /** Earlier permitted calls of this tool. */
  usesOf(tool: string): readonly LineageUse[] {
    return this.head.uses.filter((use) => use.tool === tool);
  }

  /** Whether the agent itself wrote this value, with nobody behind it: where it stands by itself later is no record. */
  wasWritten(key: string): boolean {
    const mark = this.#mark(key);
    return this.head.uses.some(({ wrote }) => wrote !== undefined && unpacked(wrote).includes(mark));
  }

  /** Whether a value was a target of an earlier permitted call of this tool. */
  wasTarget(key: string, tool: string): boolean {
    const mark = this.#mark(key);
    return this.usesOf(tool).some((use) => unpacked(use.targets).includes(mark));
  }

  /** Whether it was, as the same target, that of an earlier call of the task that went at least as far, with the owner's words
   *  behind it. `seated`: see `seatedIn`. */
  wasAuthorised(seated: string, rank: number, task: TaskId): boolean {
    const mark = this.#mark(seated);
    return this.head.uses.some(
      (use) => use.task === task && use.rank >= rank && unpacked(use.endorses ?? "").includes(mark),
    );
  }

  /** The fingerprints of these very texts. */
  seal(texts: readonly string[]): string {
    return packed(new Set(texts.map(this.#mark)));
  }

  #describe(leaf: Leaf, record: number, records: Map<number, Set<number>>): void {
    const held = records.get(record) ?? new Set();
    records.set(record, held);
    const words = wordsOf(leaf.text);
    // Where it is kept says nothing of what it is; nor does a noun that everything has, in a phrase.
    if (atomOf(leaf.text).form === "url") return;
    for (const word of words) {
      if (words.length > MOST_TITLE && thingsOf(word).length > 1) continue;
      if (held.size < 64 && word.length > 1 && !isCommon(word)) held.add(this.#mark(singular(word)));
    }
  }

  #spell(text: string, into: Set<number>): void {
    if (into.size > MOST_WORDS) return;
    const words = wordsOf(text);
    for (const word of words) into.add(this.#mark(word));
    for (const pair of pairs(words)) into.add(this.#mark(pair));
  }
}

function pairs(words: readonly string[]): readonly string[] {
  return words.slice(1).map((word, i) => `${words[i] ?? ""} ${word}`);
}

function add(to: Map<number, Sighting[]>, mark: number, sighting: Sighting): void {
  const held = to.get(mark);
  if (held === undefined) to.set(mark, [sighting]);
  else if (held.length < MOST_SIGHTINGS) held.push(sighting);
}

function packed(marks: Iterable<number>): string {
  const all = [...marks];
  const bytes = Buffer.allocUnsafe(all.length * 6);
  for (const [i, mark] of all.entries()) bytes.writeUIntBE(mark, i * 6, 6);
  return bytes.toString("base64");
}

function unpacked(text: string): readonly number[] {
  const bytes = Buffer.from(text, "base64");
  return Array.from({ length: Math.floor(bytes.length / 6) }, (_, i) => bytes.readUIntBE(i * 6, 6));
}
