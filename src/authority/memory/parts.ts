import type { AccessRequest } from "../../domain/access-request.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { MemoryLabels } from "../../domain/memory.ts";
import type { AuthorityParts } from "../parts.ts";

/** What the labels of a write are taken from: for each of these texts of the call, what it was derived from. */
export type LabelsOf = (request: AccessRequest, texts: readonly string[]) => readonly MemoryLabels[];

export interface MemoryParts extends Pick<
  AuthorityParts,
  "store" | "clock" | "ids" | "digests" | "configuration" | "log"
> {
  readonly labelsOf: LabelsOf;
  /** Where kept texts are sealed; as the vault's. */
  readonly sealing: {
    seal(payload: JsonObject, aad: JsonObject): Promise<string>;
    unseal(text: string, aad: JsonObject): Promise<JsonObject | null>;
  };
}
