import type { Digest } from "../../domain/ids.ts";
import type { JsonObject } from "../../domain/json.ts";
import { isOver, isQuarantined, type MemoryElement, type MemoryPart, type MemorySource } from "../../domain/memory.ts";
import type { ReadTx } from "../../ports/store.ts";
import { next } from "../../provenance/memory/change.ts";
import type { Actor } from "../parts.ts";
import { refusal } from "../refusals.ts";
import { elementDigest, elementOf, keep } from "./known.ts";
import type { MemoryParts } from "./parts.ts";

/** How an element stands: as somebody here wrote it, as anybody may have, not as it was left, not there any more, or past its
 *  time. */
export type MemoryState = "plain" | "quarantined" | "changed" | "gone" | "expired" | "forgotten";

export interface MemoryView {
  readonly id: string;
  readonly place: string;
  readonly key: readonly string[];
  readonly state: MemoryState;
  readonly version: number;
  /** Over all that is known of it now: what a person saw is what is released. */
  readonly seen: Digest;
  readonly parts: number;
  readonly source: MemorySource | null;
  readonly at: number | null;
  readonly expiresAt: number | null;
}

export interface PartView {
  readonly as: string;
  readonly quarantined: boolean;
  readonly private: boolean;
  readonly source: MemorySource | null;
  readonly at: number;
  readonly expiresAt: number | null;
  readonly released: MemoryPart["released"];
  /** Null where configuration did not keep it. */
  readonly text: string | null;
}

export interface MemoryDetail extends MemoryView {
  readonly now: readonly PartView[];
  /** What stands there instead; null where nothing does. */
  readonly found: readonly PartView[] | null;
  readonly versions: readonly {
    readonly version: number;
    readonly until: number;
    readonly by: string;
    readonly parts: number;
  }[];
}

/** What of a version is gone from the server and could be put back. */
export interface Missing {
  readonly element: MemoryElement;
  readonly parts: readonly KeptPart[];
  /** Everything that the version says, for where the element itself is gone. */
  readonly whole: readonly KeptPart[];
}

export interface KeptPart {
  readonly digest: Digest;
  readonly as: string;
  /** Null where configuration did not keep it. */
  readonly text: string | null;
}

/** What people see of what agents remember, and do about it. */
export interface MemoryKeeping {
  list(place: string | null): Promise<readonly MemoryView[]>;
  /** With its texts, where they were kept and `content` asks for them: that they were read is recorded.
   *  @throws WritError 404 `memory_unknown`. */
  show(id: string, by: Actor, content: boolean): Promise<MemoryDetail>;
  /** Takes an element as it stands now, changed or not, for what somebody here wrote.
   *  @throws WritError `memory_unknown`, 409 `memory_moved` when it is no longer what the person saw. */
  release(asked: { readonly id: string; readonly seen?: Digest | undefined; readonly by: Actor }): Promise<MemoryView>;
  /** Takes back what came after a version: it is not shown any more, wherever it still stands. Resolves to what of that
   *  version is not there now.
   *  @throws WritError `memory_unknown`, 404 `version_unknown`. */
  rollback(asked: { readonly id: string; readonly version: number; readonly by: Actor }): Promise<Missing>;
  /** Holds every element against the last digest that the ledger has of it; those that differ. */
  verify(): Promise<{ readonly elements: number; readonly wrong: readonly MemoryView[] }>;
}

export function createMemoryKeeping(parts: MemoryParts): MemoryKeeping {
  const { store, clock, digests } = parts;

  async function known(tx: ReadTx, id: string): Promise<MemoryElement> {
    const element = await elementOf(tx, id);
    if (element !== null && element.version + element.pending.length > 0) return element;
    throw refusal(
      "memory_unknown",
      404,
      { element: id },
      `nothing is remembered as \`${id}\``,
      "`writ memory list` shows what there is",
    );
  }

  return {
    async list(place) {
      const all = await store.read((tx) => tx.documents("memory"));
      return all
        .filter((one) => (place === null || one.place === place) && one.version > 0)
        .map((one) => viewOf(parts, one, clock.now()));
    },

    async show(id, by, content) {
      const element = await store.read((tx) => known(tx, id));
      const now = await Promise.all(element.parts.map((part) => partView(parts, element.id, part, content)));
      const there = element.found?.parts ?? null;
      const found =
        there === null ? null : await Promise.all(there.map((part) => partView(parts, element.id, part, content)));
      if ([...now, ...(found ?? [])].some((part) => part.text !== null))
        await store.write((tx) =>
          tx.append({ kind: "reading", at: clock.now(), call: null, task: null, body: { memory: id, person: by } }),
        );
      const versions = element.earlier.map((one) => ({ ...one, parts: one.parts.length }));
      return { ...viewOf(parts, element, clock.now()), now, found, versions };
    },

    async release({ id, seen, by }) {
      const at = clock.now();
      return store.write(async (tx) => {
        const element = await known(tx, id);
        if (seen !== undefined && viewOf(parts, element, at).seen !== seen)
          throw refusal(
            "memory_moved",
            409,
            { element: id },
            "it has changed since it was shown",
            "read `writ memory show` again",
          );
        const taken = element.found?.parts ?? element.parts;
        const before = new Map(element.parts.map((part) => [part.digest, part]));
        const released = taken.map((part) => ({ ...(before.get(part.digest) ?? part), released: { by, at }, at }));
        const there = new Set(released.map((part) => part.digest));
        const done = {
          ...next(element, released, by, at),
          withdrawn: element.withdrawn.filter((digest) => !there.has(digest)),
        };
        await keep(tx, digests, [done], { what: "released", at, by });
        return viewOf(parts, done, at);
      });
    },

    async rollback({ id, version, by }) {
      const at = clock.now();
      const { done, gone, all } = await store.write(async (tx) => {
        const element = await known(tx, id);
        const earlier = element.earlier.find((one) => one.version === version);
        const wanted = earlier?.parts ?? (element.version === version ? element.parts : null);
        if (wanted === null)
          throw refusal(
            "version_unknown",
            404,
            { element: id, version },
            `\`${id}\` has no version ${version} that is still known`,
            "`writ memory show` lists its versions",
          );
        const stands = element.found?.parts ?? element.parts;
        const there = new Set(stands.map((part) => part.digest));
        const back = new Set(wanted.map((part) => part.digest));
        const withdrawn = [...stands, ...element.parts]
          .map((part) => part.digest)
          .filter((digest) => !back.has(digest));
        const kept = wanted.filter((part) => there.has(part.digest));
        const rolled: MemoryElement = {
          // What it was just now is the last of the earlier ones, and what is gone is still known by it.
          ...next(element, kept, by, at),
          withdrawn: [...new Set([...element.withdrawn.filter((digest) => !back.has(digest)), ...withdrawn])],
        };
        await keep(tx, digests, [rolled], { what: "rolled_back", at, by });
        return { done: rolled, gone: wanted.filter((part) => !there.has(part.digest)), all: wanted };
      });
      const kept = new Map<Digest, KeptPart>();
      for (const { digest, as, sealed } of all)
        kept.set(digest, { digest, as, text: await textOf(parts, id, { digest, sealed }) });
      const of = (some: readonly MemoryPart[]): readonly KeptPart[] =>
        some.flatMap((one) => kept.get(one.digest) ?? []);
      return { element: done, parts: of(gone), whole: of(all) };
    },

    async verify() {
      const last = new Map<string, string>();
      const all = await store.read(async (tx) => {
        for (let after = 0; ;) {
          const page = await tx.ledger({ after, limit: 500, kind: "memory" });
          for (const { body } of page)
            for (const one of body["elements"] as unknown as readonly JsonObject[])
              last.set(String(one["id"]), String(one["digest"]));
          const newest = page.at(-1);
          if (newest === undefined) break;
          after = newest.number;
        }
        return tx.documents("memory");
      });
      const kept = all.filter((one) => one.version > 0);
      const wrong = kept.filter((one) => one.found !== null || last.get(one.id) !== elementDigest(digests, one));
      return { elements: kept.length, wrong: wrong.map((one) => viewOf(parts, one, clock.now())) };
    },
  };
}

function viewOf({ digests }: MemoryParts, element: MemoryElement, now: number): MemoryView {
  const { id, place, key, version, parts, found } = element;
  const latest = parts.reduce<MemoryPart | null>((a, b) => (a === null || b.at > a.at ? b : a), null);
  const ends = parts.flatMap((part) => (part.expiresAt === null || part.released !== null ? [] : [part.expiresAt]));
  return {
    id,
    place,
    key,
    version,
    state: stateOf(element, now),
    seen: digests.keyed(
      JSON.stringify([elementDigest(digests, element), found?.parts.map((part) => part.digest) ?? null]),
    ),
    parts: parts.length,
    source: latest?.source ?? null,
    at: latest?.at ?? null,
    expiresAt: ends.length === 0 ? null : Math.min(...ends),
  };
}

function stateOf({ parts, found }: MemoryElement, now: number): MemoryState {
  if (found !== null) return found.parts.length === 0 ? "gone" : "changed";
  if (parts.length === 0) return "forgotten";
  if (parts.some((part) => isOver(part, now))) return "expired";
  return parts.some(isQuarantined) ? "quarantined" : "plain";
}

async function partView(parts: MemoryParts, id: string, part: MemoryPart, content: boolean): Promise<PartView> {
  const { as, source, at, expiresAt, released } = part;
  const text = content ? await textOf(parts, id, part) : null;
  return { as, quarantined: isQuarantined(part), private: part.private, source, at, expiresAt, released, text };
}

async function textOf(
  { sealing }: MemoryParts,
  id: string,
  { sealed, digest }: Pick<MemoryPart, "sealed" | "digest">,
): Promise<string | null> {
  if (sealed === null) return null;
  const opened = await sealing.unseal(sealed, { memory: id, digest }).catch(() => null);
  const text = opened?.["text"];
  return typeof text === "string" ? text : null;
}
