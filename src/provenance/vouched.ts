import { type Json, type JsonObject, own } from "../domain/json.ts";
import type { SourceLabels } from "../domain/provenance.ts";
import type { Lineage, Sighting } from "./lineage.ts";
import { leavesOf } from "./result/leaves.ts";

/** A value at a path of which somebody here said that nobody but the server itself writes there. */
export interface Vouched {
  /** `$.items[].id` */
  readonly path: string;
  readonly text: string;
}

/** Of one result; more are worth what they would be without a word. */
const MOST_VOUCHED = 4_096;

/** The values of a result that configuration or a profile vouches for, by their paths: exactly what stands there by itself,
 *  and no text. What one block of several looks like may be an outsider's doing, so without structured content it is the
 *  only block there is that counts; of a page or a file (`prose`) not even that. */
export function vouchedIn(result: JsonObject, source: SourceLabels, prose: boolean): readonly Vouched[] {
  if (source.trust?.some(({ integrity }) => integrity === "high") !== true) return [];
  const content = own(result, "content");
  const structured = own(result, "structuredContent") !== undefined;
  const blocks = Array.isArray(content) ? (content as readonly Json[]).length : 0;
  if (!structured && (prose || blocks !== 1)) return [];
  // Only what is said of the very path counts, and not what is said of the result as a whole.
  const { leaves } = leavesOf(result, { ...source, untrusted: true });
  return leaves
    .filter(({ block, label }) => label.integrity === "high" && (block === null) === structured)
    .slice(0, MOST_VOUCHED)
    .map(({ path, value }) => ({ path: path.replaceAll(/\[\d+\]/g, "[]"), text: String(value) }));
}

/** Where a value stands that somebody vouches for; null too for one that the agent itself wrote with nobody behind it, which
 *  may stand there for that. */
export function vouchedFor(key: string, lineage: Lineage): Sighting | null {
  return lineage.wasWritten(key) ? null : lineage.vouched(key);
}
