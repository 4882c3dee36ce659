import type { CallState } from "../../domain/admission.ts";
import type { AccessRequest } from "../../domain/access-request.ts";
import { inputOf } from "../../domain/call.ts";
import type { Digest } from "../../domain/ids.ts";
import type { JsonObject } from "../../domain/json.ts";
import type {
  Derived,
  MemoryElement,
  MemoryPart,
  MemoryPending,
  MemorySource,
  MemoryUse,
} from "../../domain/memory.ts";
import type { WriteTx } from "../../ports/store.ts";
import { begin, conclude, leaveOpen, undo } from "../../provenance/memory/change.ts";
import { elementsIn, type Found, type FoundPart } from "../../provenance/memory/elements.ts";
import { structureIn } from "../../provenance/memory/result.ts";
import { blank, elementId, elementOf, keep, partDigest } from "./known.ts";
import type { Derive, MemoryParts } from "./parts.ts";

/** What one call does to one element, from the call alone. */
interface Change {
  readonly id: string;
  readonly key: readonly string[];
  readonly pending: MemoryPending;
  readonly texts: readonly { readonly digest: Digest; readonly text: string }[];
}

interface Said extends Found {
  readonly replaces: boolean;
}

/** What a call says of a memory; nothing for a read. */
function saidBy(request: AccessRequest, use: MemoryUse): readonly Said[] {
  if (use.does === "read") return [];
  return use.kind === "file"
    ? [{ key: [use.path], parts: use.text === null ? [] : [{ as: "text", text: use.text }], replaces: true }]
    : use.elements.flatMap((place) =>
        elementsIn(inputOf(request.call), [place]).flatMap((one) =>
          one === null ? [] : [{ ...one, replaces: place.replaces === true || (use.does === "forget" && isAll(one)) }],
        ),
      );
}

/** Whether a call leaves something that is not known ahead. */
function isOpen(use: MemoryUse): boolean {
  return use.kind === "file" && use.text === null && use.does === "write";
}

/** Each text with the names of what it is about: what is said of a thing is said of that very thing. A file is what it is
 *  whoever wrote it. Last what is not known ahead. */
function derivable(said: readonly Said[], use: MemoryUse): readonly (readonly string[] | null)[] {
  const names = (key: readonly string[]): readonly string[] => (use.kind === "file" ? [] : key);
  const texts = said.flatMap(({ key, parts }) => parts.map(({ text }) => [text, ...names(key)]));
  return isOpen(use) ? [...texts, null] : texts;
}

/** Everything that a permitted write or forgetting does, from the call alone. `derived`: as `derivable` lists them. */
function changesOf(
  parts: MemoryParts,
  request: AccessRequest,
  use: MemoryUse,
  said: readonly Said[],
  derived: readonly Derived[],
): readonly Change[] {
  const { digests } = parts;
  let at = 0;
  return said.map(({ key, parts: texted, replaces }): Change => {
    const id = elementId(digests, use.place, key);
    const mine = texted.map((part) => partOf(parts, request, id, part, derived[at++] ?? CAUTIOUS));
    const named = mine.map((part) => part.digest);
    const forgets = use.does === "forget";
    const pending: MemoryPending = {
      call: request.call.id,
      brings: forgets ? [] : mine,
      takes: replaces ? null : forgets ? named : [],
      awaits: isOpen(use) ? partOf(parts, request, id, NO_TEXT, derived.at(-1) ?? CAUTIOUS) : null,
    };
    const texts = texted.map((part) => ({ digest: partDigest(digests, id, part), text: part.text }));
    return { id, key, pending, texts };
  });
}

/** A whole element is forgotten where nothing of it is named. */
function isAll(found: Found): boolean {
  return found.parts.every((part) => part.as === "");
}

const NO_TEXT: FoundPart = { as: "text", text: "" };
/** What nobody knows better may be anybody's. */
const CAUTIOUS: Derived = { untrusted: true, private: true, from: [] };

function partOf(
  { digests, configuration: { memory } }: MemoryParts,
  request: AccessRequest,
  id: string,
  part: FoundPart,
  { from, ...labels }: Derived,
): MemoryPart {
  const lifetime = labels.untrusted ? Math.min(memory.untrustedMs, memory.lifetimeMs) : memory.lifetimeMs;
  return {
    ...labels,
    digest: partDigest(digests, id, part),
    as: part.as,
    ...(from.length === 0 ? {} : { from }),
    source: sourceOf(request),
    at: request.at,
    expiresAt: request.at + lifetime,
    released: null,
    sealed: null,
  };
}

export function sourceOf({ principal, call }: AccessRequest): MemorySource {
  const { task, session, owner, agent } = principal;
  return { call: call.id, task, session, owner, agent };
}

/** In the transaction that admits a call: from now on what it brings may be there. */
export async function beginChanges(
  parts: MemoryParts,
  tx: WriteTx,
  request: AccessRequest,
  derive: Derive,
): Promise<void> {
  const use = request.memory;
  const said = use === undefined ? [] : saidBy(request, use);
  if (use === undefined || said.length === 0) return;
  const derived = await derive(derivable(said, use));
  for (const { id, key, pending } of changesOf(parts, request, use, said, derived)) {
    const element = (await elementOf(tx, id)) ?? blank(id, use.place, key);
    await tx.putDocument("memory", id, begin(element, pending), null);
  }
}

/** Makes ready, outside of any transaction, what the outcome of a write has to put down. */
export async function endChanges(
  parts: MemoryParts,
  request: AccessRequest,
  use: MemoryUse,
  state: CallState,
  result: JsonObject | null,
): Promise<(tx: WriteTx) => Promise<void>> {
  // Where it comes from was put down when it was admitted.
  const changes = changesOf(parts, request, use, saidBy(request, use), []);
  const kept = keptOf(parts, use, result, changes);
  const sealed = state === "completed" ? await sealAll(parts, changes, kept) : new Map<Digest, string>();
  const what = use.does === "forget" ? "forgotten" : "written";
  const { call, principal } = request;
  const by = `${principal.agent} for ${principal.owner}`;
  return async (tx) => {
    const now = parts.clock.now();
    const done = new Map<string, MemoryElement>();
    for (const { id } of changes) {
      const element = done.has(id) ? null : await elementOf(tx, id);
      if (element === null) continue;
      if (state === "not_run") await tx.putDocument("memory", id, undo(element, call.id), null);
      else if (state !== "completed") await tx.putDocument("memory", id, leaveOpen(element, call.id), null);
      else done.set(id, withTexts(conclude(element, call.id, kept, by, now), sealed));
    }
    const says = { what, at: now, by: principal.actor, call: { id: call.id, task: principal.task } };
    await keep(tx, parts.digests, [...done.values()], says);
  };
}

function withTexts(element: MemoryElement, sealed: ReadonlyMap<Digest, string>): MemoryElement {
  return {
    ...element,
    parts: element.parts.map((part) => ({ ...part, sealed: part.sealed ?? sealed.get(part.digest) ?? null })),
  };
}

/** The digests of what is there now: as the result says, where it says so. */
function keptOf(
  parts: MemoryParts,
  use: MemoryUse,
  result: JsonObject | null,
  changes: readonly Change[],
): Set<Digest> {
  const said = use.kind === "elements" && use.kept !== undefined && result !== null ? structureIn(result) : null;
  if (use.kind === "file" || use.kept === undefined || said === null)
    return new Set(changes.flatMap(({ pending }) => pending.brings.map((part) => part.digest)));
  return new Set(
    elementsIn(said, use.kept).flatMap((one) => {
      if (one === null) return [];
      const id = elementId(parts.digests, use.place, one.key);
      return one.parts.map((part) => partDigest(parts.digests, id, part));
    }),
  );
}

async function sealAll(
  parts: MemoryParts,
  changes: readonly Change[],
  kept: ReadonlySet<Digest>,
): Promise<ReadonlyMap<Digest, string>> {
  const sealed = new Map<Digest, string>();
  for (const { id, texts } of changes)
    for (const { digest, text } of texts) {
      const closed = kept.has(digest) ? await sealText(parts, id, digest, text) : null;
      if (closed !== null) sealed.set(digest, closed);
    }
  return sealed;
}

/** Null where configuration does not keep it, or where it cannot be sealed: then it is known by its digest alone. */
export async function sealText(parts: MemoryParts, id: string, digest: Digest, text: string): Promise<string | null> {
  if (!parts.configuration.memory.keep) return null;
  return parts.sealing.seal({ text }, { memory: id, digest }).catch((cause: unknown) => {
    parts.log.warn({ cause: String(cause), element: id }, "what an agent remembers could not be kept as text");
    return null;
  });
}
