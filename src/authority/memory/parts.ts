import type { JsonObject } from "../../domain/json.ts";
import type { Derived } from "../../domain/memory.ts";
import type { AuthorityParts } from "../parts.ts";

/** What a call wrote something out of: for each of these, a text with what names the thing it is about, or null for one
 *  that is not known ahead. In the transaction that admits it. */
export type Derive = (says: readonly (readonly string[] | null)[]) => Promise<readonly Derived[]>;

export interface MemoryParts extends Pick<
  AuthorityParts,
  "store" | "clock" | "ids" | "digests" | "configuration" | "log"
> {
  /** Where kept texts are sealed; as the vault's. */
  readonly sealing: {
    seal(payload: JsonObject, aad: JsonObject): Promise<string>;
    unseal(text: string, aad: JsonObject): Promise<JsonObject | null>;
  };
}
