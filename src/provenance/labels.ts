import type { Effects } from "../domain/effect.ts";
import type { SessionRise } from "../domain/principal.ts";
import type { LeafLabel, SourceLabels } from "../domain/provenance.ts";
import { fits } from "./result/path.ts";

/** How far a call raises its session, known before it is forwarded: a call that runs beside it already sees it. */
export function riseOf(effects: Effects, source: SourceLabels): SessionRise {
  return {
    readPrivate: source.private,
    readUntrusted: source.untrusted,
    sent: effects.kinds.some((kind) => kind === "send" || kind === "spend" || kind === "unknown"),
  };
}

/** What the value at `keys` of a result from there is worth. What an outsider could have written is of low integrity,
 *  unless somebody said of that very path who writes it; free text is never raised by its path. */
export function labelOf(source: SourceLabels, keys: readonly string[], form: LeafLabel["form"]): LeafLabel {
  let integrity: LeafLabel["integrity"] = source.untrusted ? "low" : "high";
  let confidentiality: LeafLabel["confidentiality"] = source.private ? "internal" : "public";
  let said = false;
  for (const one of source.trust ?? []) {
    if (!fits(one.path, keys)) continue;
    if (one.integrity === "low" || (one.integrity === "high" && form === "structured")) integrity = one.integrity;
    confidentiality = one.confidentiality ?? confidentiality;
    said ||= one.confidentiality !== undefined;
  }
  return { integrity, confidentiality, form, ...(said ? { said } : {}) };
}
