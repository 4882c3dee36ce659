import type { CallState } from "../../domain/admission.ts";
import type { AccessRequest } from "../../domain/access-request.ts";
import { inputOf } from "../../domain/call.ts";
import type { Digest } from "../../domain/ids.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { MemoryElement, MemoryLabels, MemoryPart, MemorySource, MemoryUse } from "../../domain/memory.ts";
import type { WriteTx } from "../../ports/store.ts";
import { begin, conclude, undo } from "../../provenance/memory/change.ts";
import { elementsIn, type Found, type FoundPart } from "../../provenance/memory/elements.ts";
import { structureIn } from "../../provenance/memory/result.ts";
import { blank, elementId, elementOf, keep, partDigest } from "./known.ts";
import type { MemoryParts } from "./parts.ts";

/** What one call brings to one element, and takes from it; `takes` null: everything that was there. */
interface Change {
  readonly id: string;
  readonly key: readonly string[];
  readonly brings: readonly MemoryPart[];
  readonly takes: ReadonlySet<Digest> | null;
  /** What it leaves cannot be known ahead. */
  readonly awaits: MemoryPart | null;
}

const NOTHING: ReadonlySet<Digest> = new Set();

/** Everything that a permitted write or forgetting does, from the call alone; none for a read. */
function changesOf(parts: MemoryParts, request: AccessRequest, use: MemoryUse): readonly Change[] {
  const { digests } = parts;
  if (use.does === "read") return [];
  const file = use.kind === "file";
  const found: readonly (Found & { readonly replaces: boolean })[] = file
    ? [{ key: [use.path], parts: use.text === null ? [] : [{ as: "text", text: use.text }], replaces: true }]
    : use.elements.flatMap((place) =>
        elementsIn(inputOf(request.call), [place]).flatMap((one) =>
          one === null ? [] : [{ ...one, replaces: place.replaces === true || (use.does === "forget" && isAll(one)) }],
        ),
      );
  const texts = found.flatMap((one) => one.parts.map((part) => part.text));
  const labels = parts.labelsOf(request, texts);
  let at = 0;
  return found.map(({ key, parts: said, replaces }): Change => {
    const id = elementId(digests, use.place, key);
    const mine = said.map((part) => partOf(parts, request, id, part, labels[at++] ?? CAUTIOUS));
    const change = { id, key, awaits: null };
    if (use.does === "forget")
      return { ...change, brings: [], takes: replaces ? null : new Set(mine.map((part) => part.digest)) };
    const unknown = file && use.text === null;
    const awaits = unknown ? partOf(parts, request, id, NO_TEXT, parts.labelsOf(request, [""])[0] ?? CAUTIOUS) : null;
    return { ...change, brings: mine, takes: replaces ? null : NOTHING, awaits };
  });
}

/** A whole element is forgotten where nothing of it is named. */
function isAll(found: Found): boolean {
  return found.parts.every((part) => part.as === "");
}

const NO_TEXT: FoundPart = { as: "text", text: "" };
/** What nobody knows better may be anybody's. */
const CAUTIOUS: MemoryLabels = { untrusted: true, private: true };

function partOf(
  { digests, configuration: { memory } }: MemoryParts,
  request: AccessRequest,
  id: string,
  part: FoundPart,
  labels: MemoryLabels,
): MemoryPart {
  const lifetime = labels.untrusted ? Math.min(memory.untrustedMs, memory.lifetimeMs) : memory.lifetimeMs;
  return {
    ...labels,
    digest: partDigest(digests, id, part),
    as: part.as,
    state: "maybe",
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
export async function beginChanges(parts: MemoryParts, tx: WriteTx, request: AccessRequest): Promise<void> {
  const use = request.memory;
  if (use === undefined) return;
  for (const { id, key, brings, takes, awaits } of changesOf(parts, request, use)) {
    const element = (await elementOf(tx, id)) ?? blank(id, use.place, key);
    const begun = begin(element, brings, takes);
    await tx.putDocument("memory", id, awaits === null ? begun : { ...begun, awaits: mixed(awaits, element) }, null);
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
  const changes = changesOf(parts, request, use);
  const texts = sayings(parts, request, use);
  const kept = keptOf(parts, use, result, changes);
  const sealed = state === "completed" ? await sealAll(parts, texts, kept) : new Map<Digest, string>();
  const what = use.does === "forget" ? "forgotten" : "written";
  const { call, principal } = request;
  return async (tx) => {
    const now = parts.clock.now();
    const done: MemoryElement[] = [];
    for (const { id, key, brings, takes, awaits } of changes) {
      const element = (await elementOf(tx, id)) ?? blank(id, use.place, key);
      if (state === "not_run") await tx.putDocument("memory", id, undo(element, brings), null);
      // One that failed may have done something all the same: what it brought may be there.
      if (state !== "completed") continue;
      // A read that is on its way meanwhile may or may not have seen it: it counts from now on.
      const whole = brings.map((part) => ({ ...part, at: now, sealed: sealed.get(part.digest) ?? null }));
      const by = `${principal.agent} for ${principal.owner}`;
      const concluded = conclude(element, whole, kept, takes, by, now);
      done.push(awaits === null ? concluded : { ...concluded, awaits: mixed(awaits, element) });
    }
    await keep(tx, parts.digests, done, {
      what,
      at: now,
      by: principal.actor,
      call: { id: call.id, task: principal.task },
    });
  };
}

/** What is made out of several texts is no more than the least of them. */
function mixed(awaits: MemoryPart, { parts, awaits: before }: MemoryElement): MemoryPart {
  const from = [...parts, ...(before === null ? [] : [before])];
  return {
    ...awaits,
    untrusted: awaits.untrusted || from.some((part) => part.untrusted && part.released === null),
    private: awaits.private || from.some((part) => part.private),
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
    return new Set(changes.flatMap((change) => change.brings.map((part) => part.digest)));
  return new Set(
    elementsIn(said, use.kept).flatMap((one) => {
      if (one === null) return [];
      const id = elementId(parts.digests, use.place, one.key);
      return one.parts.map((part) => partDigest(parts.digests, id, part));
    }),
  );
}

interface Saying {
  readonly id: string;
  readonly digest: Digest;
  readonly text: string;
}

function sayings({ digests }: MemoryParts, { call }: AccessRequest, use: MemoryUse): readonly Saying[] {
  const found: readonly (Found | null)[] =
    use.kind === "elements"
      ? elementsIn(inputOf(call), use.elements)
      : [{ key: [use.path], parts: use.text === null ? [] : [{ as: "text", text: use.text }] }];
  return found.flatMap((one) => {
    if (one === null) return [];
    const id = elementId(digests, use.place, one.key);
    return one.parts.map((part) => ({ id, digest: partDigest(digests, id, part), text: part.text }));
  });
}

async function sealAll(
  parts: MemoryParts,
  texts: readonly Saying[],
  kept: ReadonlySet<Digest>,
): Promise<ReadonlyMap<Digest, string>> {
  const sealed = new Map<Digest, string>();
  if (!parts.configuration.memory.keep) return sealed;
  for (const { id, digest, text } of texts) {
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
