import type { Effects } from "../domain/effect.ts";
import type { SessionRise } from "../domain/principal.ts";
import type { SourceLabels } from "../domain/provenance.ts";

/** How far a call raises its session, known before it is forwarded: a call that runs beside it already sees it. */
export function riseOf(effects: Effects, source: SourceLabels): SessionRise {
  return {
    readPrivate: source.private,
    readUntrusted: source.untrusted,
    sent: effects.kinds.some((kind) => kind === "send" || kind === "spend" || kind === "unknown"),
  };
}
