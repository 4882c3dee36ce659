import type { CallId, Digest } from "../../domain/ids.ts";
import {
  isOver,
  isQuarantined,
  type MemoryElement,
  type MemoryPart,
  type MemoryPending,
  type MemoryVersion,
} from "../../domain/memory.ts";

/** Earlier versions of one element that are kept, and calls whose end nobody knows. */
const MOST_VERSIONS = 20;
const MOST_PENDING = 20;

/** What a call is about to do to an element: from its admission on. */
export function begin(element: MemoryElement, pending: MemoryPending): MemoryElement {
  return { ...element, pending: [...element.pending, pending].slice(-MOST_PENDING) };
}

/** The same once it is done: `kept` is what, of what it brought, is there now. A text that was there before, however long
 *  ago, keeps what was known of it: writing it again washes nothing. */
export function conclude(
  element: MemoryElement,
  call: CallId,
  kept: ReadonlySet<Digest>,
  by: string,
  at: number,
): MemoryElement {
  const mine = element.pending.filter((one) => one.call === call);
  const done = mine.reduce<MemoryElement>((now, { brings, takes, awaits }) => {
    const taken = new Set(takes);
    const stay = now.parts.filter(
      (part) => ((takes !== null && !taken.has(part.digest)) || kept.has(part.digest)) && !isOver(part, at),
    );
    const there = new Set(stay.map((part) => part.digest));
    const added = brings.filter((part) => kept.has(part.digest) && !there.has(part.digest));
    // A read that is on its way meanwhile may or may not have seen it: it counts from now on.
    const parts = [...stay, ...unique(added).map((part) => ({ ...remembered(now, part, at), at }))];
    const left = awaits === null ? null : mixed(awaits, now);
    const withdrawn = now.withdrawn.filter((digest) => !kept.has(digest));
    return { ...next(now, parts, by, at), withdrawn, awaits: left };
  }, element);
  return undo(done, call);
}

/** The same where it is known not to have run. */
export function undo(element: MemoryElement, call: CallId): MemoryElement {
  return { ...element, pending: element.pending.filter((one) => one.call !== call) };
}

/** The same where nobody knows what it did: what it brought may be there, and what it leaves is taken up once. */
export function leaveOpen(element: MemoryElement, call: CallId): MemoryElement {
  const open = element.pending.find((one) => one.call === call)?.awaits ?? null;
  return {
    ...element,
    awaits: open === null ? element.awaits : mixed(open, element),
    pending: element.pending.map((one) => (one.call === call ? { ...one, awaits: null } : one)),
  };
}

/** The next version of an element, with these parts. */
export function next(element: MemoryElement, parts: readonly MemoryPart[], by: string, at: number): MemoryElement {
  const last: MemoryVersion = { version: element.version, until: at, by, parts: element.parts };
  const earlier = element.version === 0 ? [] : [...element.earlier, last].slice(-MOST_VERSIONS);
  return { ...element, version: element.version + 1, parts, earlier, found: null, awaits: null };
}

/** A part with what is known of the same words from before: who wrote them first, and whether anybody released them. */
function remembered(element: MemoryElement, part: MemoryPart, at: number): MemoryPart {
  const before = [...element.earlier.flatMap((one) => one.parts), ...element.parts].findLast(
    (one) => one.digest === part.digest,
  );
  if (before === undefined) return part;
  return isOver(before, at) ? { ...part, untrusted: part.untrusted || isQuarantined(before) } : before;
}

/** What is made out of several texts is worth no more than the least of them. */
function mixed(awaits: MemoryPart, { parts, awaits: before }: MemoryElement): MemoryPart {
  const from = [...parts, ...(before === null ? [] : [before])];
  return {
    ...awaits,
    untrusted: awaits.untrusted || from.some(isQuarantined),
    private: awaits.private || from.some((part) => part.private),
  };
}

function unique(parts: readonly MemoryPart[]): readonly MemoryPart[] {
  return [...new Map(parts.map((part) => [part.digest, part])).values()];
}
