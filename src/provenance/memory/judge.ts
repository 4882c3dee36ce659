import { isOver, isQuarantined, type MemoryElement, type MemoryPart } from "../../domain/memory.ts";
import type { Digest, PersonName } from "../../domain/ids.ts";

/** Who reads, and since when the read is on its way: what changes meanwhile may or may not be in what it brings. */
export interface Reader {
  readonly owner: PersonName;
  readonly since: number;
  readonly now: number;
}

/** Why a part is not shown: a person took it back, its time has passed, or it is another owner's. */
export type Hidden = "withdrawn" | "expired" | "foreign";

export type Judgement =
  /** As it was left. Places, among what was found, of what is shown as data only, and of what is not shown. */
  | {
      readonly kind: "shown";
      readonly quarantined: ReadonlySet<number>;
      readonly hidden: ReadonlyMap<number, Hidden>;
    }
  /** Nobody knows it, in a memory that was not read as a whole before, or where something was awaited: taken up as it is. */
  | { readonly kind: "met"; readonly quarantined: boolean }
  /** It is not what was left: somebody changed it, and not through Writ. */
  | { readonly kind: "changed" }
  /** Nothing of it is shown. */
  | { readonly kind: "withheld"; readonly why: Hidden };

/** What is to be done with an element that a read brings. `found` are the digests of its parts as they stand there now.
 *  One that nobody wrote is the end of all of it. */
export function judge(
  held: MemoryElement | null,
  found: readonly Digest[],
  placeKnown: boolean,
  { owner, since, now }: Reader,
): Judgement {
  if (held === null) return placeKnown ? { kind: "changed" } : { kind: "met", quarantined: true };
  const known = new Map(held.earlier.filter((one) => one.until >= since).flatMap((one) => keyed(one.parts)));
  const coming = held.pending.flatMap((one) => one.brings);
  for (const [digest, part] of keyed([...coming, ...held.parts])) known.set(digest, part);
  const withdrawn = new Set(held.withdrawn.filter((digest) => !known.has(digest)));
  const there = new Set(found);
  if (found.some((digest) => !known.has(digest) && !withdrawn.has(digest))) {
    const left = awaited(held);
    if (left === null) return { kind: "changed" };
    if (isForeign(left, owner)) return { kind: "withheld", why: "foreign" };
    return { kind: "met", quarantined: isQuarantined(left) };
  }
  const going = (part: MemoryPart): boolean =>
    held.pending.some(({ takes }) => takes === null || takes.includes(part.digest));
  if (held.parts.some((part) => !there.has(part.digest) && part.at < since && !going(part))) return { kind: "changed" };
  const parts = found.map((digest) => known.get(digest) ?? null);
  const hidden = new Map(
    parts.flatMap((part, i) => {
      const why = hiddenBy(part, owner, now);
      return why === null ? [] : [[i, why] as const];
    }),
  );
  const [why] = hidden.values();
  if (why !== undefined && hidden.size === parts.length) return { kind: "withheld", why };
  return {
    kind: "shown",
    quarantined: new Set(parts.flatMap((part, i) => (part !== null && isQuarantined(part) ? [i] : []))),
    hidden,
  };
}

/** Elements of which a read of everything brings nothing, though something was left there and nobody took it. What hangs on
 *  a thing that was forgotten through Writ, as a relation does, is gone with it. `found`: ids of what it brought. */
export function goneFrom(
  known: readonly MemoryElement[],
  found: ReadonlySet<string>,
  since: number,
): readonly MemoryElement[] {
  const forgotten = new Set(
    known.flatMap(({ key, parts, version }) => (parts.length === 0 && version > 0 && key.length === 1 ? key : [])),
  );
  return known.filter(
    ({ id, key, parts, pending, awaits }) =>
      !found.has(id) &&
      parts.length > 0 &&
      awaits === null &&
      parts.every(({ at }) => at < since) &&
      !pending.some(({ takes }) => takes === null || takes.length > 0) &&
      !(key.length > 1 && key.some((name) => forgotten.has(name))),
  );
}

function hiddenBy(part: MemoryPart | null, owner: PersonName, now: number): Hidden | null {
  if (part === null) return "withdrawn";
  if (isForeign(part, owner)) return "foreign";
  return isOver(part, now) ? "expired" : null;
}

/** What a write left, or may have left, without anybody knowing it ahead. */
export function awaited(held: MemoryElement): MemoryPart | null {
  return held.awaits ?? held.pending.find((one) => one.awaits !== null)?.awaits ?? null;
}

function isForeign({ source }: MemoryPart, owner: PersonName): boolean {
  return source !== null && source.owner !== owner;
}

function keyed(parts: readonly MemoryPart[]): readonly (readonly [Digest, MemoryPart])[] {
  return parts.map((part) => [part.digest, part]);
}
