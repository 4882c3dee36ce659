import type { Effects } from "../domain/effect.ts";
import type { SessionRise } from "../domain/principal.ts";
import type { Provenance, SourceLabels } from "../domain/provenance.ts";

/** How far a call raises its session, known before it is forwarded: a call that runs beside it already sees it. */
export function riseOf(effects: Effects, source: SourceLabels): SessionRise {
  return {
    readPrivate: source.private,
    readUntrusted: source.untrusted,
    sent: effects.kinds.some((kind) => kind === "send" || kind === "spend" || kind === "unknown"),
  };
}

/** Nothing is traced yet, so nothing is claimed to be grounded or tainted. */
export const UNTRACED: Provenance = { ungrounded: [], tainted: [] };
