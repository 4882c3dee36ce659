import type { Digest } from "../../domain/ids.ts";
import { isOver, type MemoryElement, type MemoryPart, type MemoryVersion } from "../../domain/memory.ts";

/** Earlier versions of one element that are kept. */
const MOST_VERSIONS = 20;

/** What a write or a forgetting is about to do to an element: from its admission on, what it brings may be there, and what
 *  it takes away may be gone. `takes` null: everything. */
export function begin(
  element: MemoryElement,
  brings: readonly MemoryPart[],
  takes: ReadonlySet<Digest> | null,
): MemoryElement {
  const there = new Set(element.parts.map((part) => part.digest));
  const coming = brings.filter((part) => !there.has(part.digest));
  const stays = new Set(brings.map((part) => part.digest));
  const parts = element.parts.map((part) =>
    (takes === null || takes.has(part.digest)) && !stays.has(part.digest) ? { ...part, state: "maybe" as const } : part,
  );
  return { ...element, parts: [...parts, ...unique(coming)] };
}

/** The same once it is done. `kept`: what of what it brought is there now. A text that was there before keeps what was
 *  known of it: writing it again washes nothing. */
export function conclude(
  element: MemoryElement,
  brings: readonly MemoryPart[],
  kept: ReadonlySet<Digest>,
  takes: ReadonlySet<Digest> | null,
  by: string,
  at: number,
): MemoryElement {
  const brought = new Map(brings.map((part) => [part.digest, part]));
  const before = element.parts.filter((part) => !(part.state === "maybe" && isOf(part, brought.get(part.digest))));
  const stay = before.filter(
    (part) => ((takes !== null && !takes.has(part.digest)) || kept.has(part.digest)) && !isOver(part, at),
  );
  const there = new Set(stay.map((part) => part.digest));
  const added = brings.filter((part) => kept.has(part.digest) && !there.has(part.digest));
  const held = (part: MemoryPart): MemoryPart => (kept.has(part.digest) ? { ...part, state: "held" } : part);
  const withdrawn = element.withdrawn.filter((digest) => !kept.has(digest));
  return { ...next(element, [...stay, ...unique(added)].map(held), by, at, before), withdrawn };
}

/** The same where it is known not to have run. */
export function undo(element: MemoryElement, brings: readonly MemoryPart[]): MemoryElement {
  const brought = new Map(brings.map((part) => [part.digest, part]));
  const parts = element.parts
    .filter((part) => !(part.state === "maybe" && isOf(part, brought.get(part.digest))))
    .map((part) => ({ ...part, state: "held" as const }));
  return { ...element, parts };
}

/** The next version of an element, with these parts. */
export function next(
  element: MemoryElement,
  parts: readonly MemoryPart[],
  by: string,
  at: number,
  before: readonly MemoryPart[] = element.parts,
): MemoryElement {
  const last: MemoryVersion = { version: element.version, until: at, by, parts: before };
  const earlier = element.version === 0 ? [] : [...element.earlier, last].slice(-MOST_VERSIONS);
  return { ...element, version: element.version + 1, parts, earlier, found: null, awaits: null };
}

function isOf(part: MemoryPart, brought: MemoryPart | undefined): boolean {
  return brought !== undefined && part.source?.call === brought.source?.call;
}

function unique(parts: readonly MemoryPart[]): readonly MemoryPart[] {
  return [...new Map(parts.map((part) => [part.digest, part])).values()];
}
