import { isOver, isQuarantined, type MemoryElement, type MemoryPart } from "../../domain/memory.ts";
import type { Digest, PersonName } from "../../domain/ids.ts";

/** Who reads, and since when the read is on its way: what changes meanwhile may or may not be in what it brings. */
export interface Reader {
  readonly owner: PersonName;
  readonly since: number;
  readonly now: number;
}

export type Judgement =
  /** As it was left. Places, among what was found, of what is shown as data only, and of what a person took back. */
  | { readonly kind: "shown"; readonly quarantined: ReadonlySet<number>; readonly withdrawn: ReadonlySet<number> }
  /** Nobody knows it, in a memory that was not read as a whole before, or where something was awaited: taken up as it is. */
  | { readonly kind: "met"; readonly quarantined: boolean }
  /** It is not what was left: somebody changed it, and not through Writ. */
  | { readonly kind: "changed" }
  /** Its time has passed, or it is another owner's. */
  | { readonly kind: "withheld"; readonly why: "expired" | "foreign" };

/** What is to be done with an element that a read brings. `found` are the digests of its parts as they stand there now.
 *  The least of its parts decides for all of it. */
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
  const parts = found.map((digest) => known.get(digest) ?? null);
  if (parts.some((part) => part !== null && isForeign(part, owner))) return { kind: "withheld", why: "foreign" };
  if (parts.some((part) => part !== null && isOver(part, now))) return { kind: "withheld", why: "expired" };
  const going = (part: MemoryPart): boolean =>
    held.pending.some(({ takes }) => takes === null || takes.includes(part.digest));
  if (held.parts.some((part) => !there.has(part.digest) && part.at < since && !going(part))) return { kind: "changed" };
  return {
    kind: "shown",
    quarantined: placesOf(parts, (part) => part !== null && isQuarantined(part)),
    withdrawn: placesOf(parts, (part) => part === null),
  };
}

/** What a write left, or may have left, without anybody knowing it ahead. */
export function awaited(held: MemoryElement): MemoryPart | null {
  return held.awaits ?? held.pending.find((one) => one.awaits !== null)?.awaits ?? null;
}

function isForeign({ source }: MemoryPart, owner: PersonName): boolean {
  return source !== null && source.owner !== owner;
}

function placesOf<T>(items: readonly T[], is: (item: T) => boolean): ReadonlySet<number> {
  return new Set(items.flatMap((item, i) => (is(item) ? [i] : [])));
}

function keyed(parts: readonly MemoryPart[]): readonly (readonly [Digest, MemoryPart])[] {
  return parts.map((part) => [part.digest, part]);
}
