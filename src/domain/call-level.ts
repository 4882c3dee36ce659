import type { AccessRequest } from "./access-request.ts";
import { type Capability, type Level, levelFor, levelOf, neededBy, PLAIN } from "./capability.ts";
import { isIrreversible } from "./effect.ts";
import { OWN_SERVER, qualified } from "./ids.ts";

type Asked = Pick<AccessRequest, "call" | "effects" | "needs">;

/** What the call takes to be trusted with. A server's request back is made inside a call that was looked at; what an agent
 *  says to Writ itself, and a list of what there is, takes nothing. */
export function needsOf({ call, effects, needs }: Asked): readonly Capability[] {
  if (call.door === "upstream" || call.server === OWN_SERVER || call.tool === "$list" || call.tool === "$complete")
    return [];
  return needs ?? neededBy(effects, qualified(call.server, call.tool));
}

/** The level at which the call is made. */
export function levelAt(request: Asked & Pick<AccessRequest, "standing" | "tier">): Level {
  const { call, effects, standing, tier } = request;
  const about = {
    needs: needsOf(request),
    tool: qualified(call.server, call.tool),
    irreversible: isIrreversible(effects),
  };
  return levelFor(standing.levels ?? PLAIN[tier], about);
}

/** What keeps the call at its level, in words. */
export function heldBack(request: Asked & Pick<AccessRequest, "standing" | "tier">): string {
  const levels = request.standing.levels ?? PLAIN[request.tier];
  const level = levelAt(request);
  const low = needsOf(request).filter((one) => levelOf(levels, one) <= level);
  return low.length > 0 ? low.join(", ") : qualified(request.call.server, request.call.tool);
}
