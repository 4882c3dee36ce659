import type { AccessRequest } from "../../domain/access-request.ts";
import type { Digest } from "../../domain/ids.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { MemoryElement, MemoryPart, MemoryUse } from "../../domain/memory.ts";
import type { ReadTx, WriteTx } from "../../ports/store.ts";
import { next } from "../../provenance/memory/change.ts";
import { elementsIn, type Found } from "../../provenance/memory/elements.ts";
import { awaited, goneFrom, judge, type Judgement } from "../../provenance/memory/judge.ts";
import { structureIn, textIn } from "../../provenance/memory/result.ts";
import { blank, elementId, elementOf, keep, partDigest } from "./known.ts";
import type { MemoryParts } from "./parts.ts";
import { sealText, sourceOf } from "./writing.ts";

/** One element that a read brought. */
export interface Read {
  readonly id: string;
  readonly found: Found;
  readonly digests: readonly Digest[];
  readonly judgement: Judgement;
  /** For each of its parts, how it came to stand there; null where nobody knows. */
  readonly sources: readonly (MemoryPart | null)[];
  /** What of its parts is now known that was not. */
  readonly met: readonly MemoryPart[];
}

export interface Reading {
  /** By what is said of it: two that are written alike are one. */
  readonly elements: ReadonlyMap<string, Read>;
  /** Things that stand where an element should, and are none. */
  readonly strange: number;
  /** What a read of everything should have brought, and did not. */
  readonly gone: readonly MemoryElement[];
}

/** More than this in one result is not gone through. */
export const MOST_ELEMENTS = 5_000;

/** Null where elements cannot be told apart in the result. */
export function foundIn(use: MemoryUse, result: JsonObject): readonly (Found | null)[] | null {
  if (use.kind === "file") {
    const text = use.whole ? textIn(result) : null;
    return text === null ? null : [{ key: [use.path], parts: [{ as: "text", text }] }];
  }
  const said = structureIn(result);
  return said === null ? null : elementsIn(said, use.elements);
}

/** Holds what a read brought against what is known of it, in one consistent look. */
export async function judged(
  parts: MemoryParts,
  request: AccessRequest,
  use: MemoryUse,
  found: readonly (Found | null)[],
): Promise<Reading> {
  const { place } = use;
  const reader = { owner: request.principal.owner, since: request.at, now: parts.clock.now() };
  const elements = new Map<string, Read>();
  let gone: readonly MemoryElement[] = [];
  await parts.store.read(async (tx) => {
    const known = (await tx.document("memory_place", place)) !== null;
    for (const one of found) {
      if (one === null || elements.has(nameOf(one))) continue;
      const id = elementId(parts.digests, place, one.key);
      const digests = one.parts.map((part) => partDigest(parts.digests, id, part));
      const held = await elementOf(tx, id);
      const judgement = judge(held, digests, known, reader);
      elements.set(nameOf(one), { id, found: one, digests, judgement, sources: sourcesIn(held, digests), met: [] });
    }
    if (use.kind !== "elements" || use.whole !== true) return;
    const here = (await tx.documents("memory")).filter((one) => one.place === place);
    gone = goneFrom(here, new Set([...elements.values()].map(({ id }) => id)), request.at);
  });
  const sealed: [string, Read][] = [];
  for (const [name, read] of elements) sealed.push([name, await taken(parts, request, read)]);
  return { elements: new Map(sealed), strange: found.filter((one) => one === null).length, gone };
}

/** A part that an edit left, and nobody foresaw, has the sources of that edit. */
function sourcesIn(held: MemoryElement | null, digests: readonly Digest[]): readonly (MemoryPart | null)[] {
  if (held === null) return [];
  const left = awaited(held);
  const all = [...held.earlier, ...held.pending.map(({ brings }) => ({ parts: brings })), held];
  const known = all.flatMap((one) => one.parts);
  return digests.map((digest) => known.findLast((part) => part.digest === digest) ?? left);
}

export function nameOf({ key, parts }: Found): string {
  return JSON.stringify([key, parts.map((part) => [part.as, part.text])]);
}

/** With what is to be remembered of an element that was not known like this. */
async function taken(parts: MemoryParts, request: AccessRequest, read: Read): Promise<Read> {
  if (read.judgement.kind !== "met" && read.judgement.kind !== "changed") return read;
  const met: MemoryPart[] = [];
  for (const [i, { as, text }] of read.found.parts.entries()) {
    const digest = read.digests[i];
    if (digest === undefined) continue;
    met.push({
      untrusted: true,
      private: true,
      digest,
      as,
      source: null,
      at: request.at,
      expiresAt: null,
      released: null,
      sealed: await sealText(parts, read.id, digest, text),
    });
  }
  return { ...read, met };
}

/** Puts down what a read found: what was met is known from now on, and what was changed is a finding, once. */
export async function putDown(
  parts: MemoryParts,
  tx: WriteTx,
  request: AccessRequest,
  use: MemoryUse,
  reading: Reading,
): Promise<void> {
  const now = parts.clock.now();
  const { call, principal } = request;
  const met: MemoryElement[] = [];
  for (const read of reading.elements.values()) {
    const held = (await elementOf(tx, read.id)) ?? blank(read.id, use.place, read.found.key);
    if (read.judgement.kind === "met") met.push(taking(held, read, now));
    if (read.judgement.kind === "changed") await report(parts, tx, request, held, read.met);
  }
  for (const { id } of reading.gone) {
    const held = await elementOf(tx, id);
    if (held !== null) await report(parts, tx, request, held, []);
  }
  const by = { what: "met", at: now, by: principal.actor, call: { id: call.id, task: principal.task } };
  await keep(tx, parts.digests, met, by);
  if (use.kind === "elements" && use.whole === true && (await isNew(tx, use.place)))
    await tx.putDocument("memory_place", use.place, { place: use.place, since: now }, null);
}

/** What was awaited has the labels of the write that left it; what is met for the first time is anybody's. */
function taking(held: MemoryElement, { met }: Read, now: number): MemoryElement {
  const awaits = awaited(held);
  const known = new Map(held.parts.map((part) => [part.digest, part]));
  const from = met.map((part): MemoryPart => {
    const labelled = awaits === null ? part : { ...awaits, digest: part.digest, as: part.as, sealed: part.sealed };
    return known.get(part.digest) ?? labelled;
  });
  return next(held, from, "found", now);
}

async function isNew(tx: ReadTx, place: string): Promise<boolean> {
  return (await tx.document("memory_place", place)) === null;
}

async function report(
  parts: MemoryParts,
  tx: WriteTx,
  request: AccessRequest,
  held: MemoryElement,
  met: readonly MemoryPart[],
): Promise<void> {
  const same = (a: readonly MemoryPart[], b: readonly MemoryPart[]): boolean =>
    JSON.stringify(a.map((part) => part.digest)) === JSON.stringify(b.map((part) => part.digest));
  if (held.found !== null && same(held.found.parts, met)) return;
  const now = parts.clock.now();
  await tx.putDocument("memory", held.id, { ...held, found: { at: now, parts: met } }, null);
  const { call, principal } = request;
  await tx.append({
    kind: "finding",
    at: now,
    call: call.id,
    task: principal.task,
    body: {
      finding: "memory_changed",
      element: held.id,
      place: held.place,
      version: held.version,
      was: held.parts.map((part) => part.digest),
      now: met.map((part) => part.digest),
      reader: { ...sourceOf(request) },
    },
  });
}
