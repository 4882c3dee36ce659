import type { Digest } from "../../domain/ids.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { MemoryElement, MemoryPart } from "../../domain/memory.ts";
import type { ReadTx, WriteTx } from "../../ports/store.ts";
import type { Digests } from "../../ports/system.ts";
import type { FoundPart } from "../../provenance/memory/elements.ts";

type Keyed = Pick<Digests, "keyed">;
const ID_LENGTH = 22;

/** Names the element and tells nothing of it. */
export function elementId(digests: Keyed, place: string, key: readonly string[]): string {
  const digest = digests.keyed(JSON.stringify(["memory", place, ...key]));
  return `m_${digest.slice(digest.indexOf(":") + 1, digest.indexOf(":") + 1 + ID_LENGTH)}`;
}

/** Over one text and where it stands: the same words elsewhere are another part. */
export function partDigest(digests: Keyed, id: string, { as, text }: FoundPart): Digest {
  return digests.keyed(JSON.stringify(["memory-part", id, as, text]));
}

/** Over everything that is known of an element now; what the ledger holds against the store. */
export function elementDigest(digests: Keyed, element: MemoryElement): Digest {
  return digests.keyed(JSON.stringify(["memory-element", element.id, element.version, element.parts.map(covered)]));
}

/** What of a part may not change unseen: that a call has ended meanwhile is told by its outcome. */
function covered({ digest, untrusted, private: internal, released, expiresAt, from }: MemoryPart): unknown {
  return [digest, untrusted, internal, released, expiresAt, ...(from === undefined ? [] : [from])];
}

export function blank(id: string, place: string, key: readonly string[]): MemoryElement {
  return { id, place, key, version: 0, parts: [], pending: [], found: null, awaits: null, withdrawn: [], earlier: [] };
}

export function elementOf(tx: ReadTx, id: string): Promise<MemoryElement | null> {
  return tx.document("memory", id);
}

/** Stores what changed and puts its digest on the record, in the same transaction. */
export async function keep(
  tx: WriteTx,
  digests: Keyed,
  elements: readonly MemoryElement[],
  says: { readonly what: string; readonly at: number; readonly by: string; readonly call?: MemoryRecordCall },
): Promise<void> {
  for (const element of elements) await tx.putDocument("memory", element.id, element, null);
  if (elements.length === 0) return;
  await tx.append({
    kind: "memory",
    at: says.at,
    call: says.call?.id ?? null,
    task: says.call?.task ?? null,
    body: {
      what: says.what,
      by: says.by,
      elements: elements.map((one): JsonObject => ({
        id: one.id,
        place: one.place,
        version: one.version,
        digest: elementDigest(digests, one),
        untrusted: one.parts.some((part) => part.untrusted && part.released === null),
      })),
    },
  });
}
export type MemoryRecordCall = {
  readonly id: NonNullable<MemoryPart["source"]>["call"];
  readonly task: NonNullable<MemoryPart["source"]>["task"];
};
