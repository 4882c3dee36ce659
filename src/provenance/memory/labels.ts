import type { AccessRequest } from "../../domain/access-request.ts";
import type { MemoryLabels } from "../../domain/memory.ts";

/** What a write is derived from, by its session alone: one that has read what others could have written may be handing it
 *  on, whatever its words. */
export function labelsOfSession({ standing }: AccessRequest, texts: readonly string[]): readonly MemoryLabels[] {
  const { readUntrusted, readPrivate } = standing.session;
  return texts.map(() => ({ untrusted: readUntrusted, private: readPrivate }));
}
