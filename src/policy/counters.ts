import type { PolicyJson } from "./cedar.ts";
import { contextReads } from "./expression.ts";

/** What of the context changes with every call. */
const COUNTERS: Readonly<Record<string, readonly string[]>> = { task: ["calls", "elapsed"], session: ["denials"] };

/** Whether the policy can tell apart two calls that differ in a counter only. Too often rather than too seldom. */
export function readsCounters(policy: PolicyJson): boolean {
  return contextReads(policy.conditions).some(({ path: [top, member], presence }) => {
    if (presence) return false;
    if (top === undefined) return true;
    if (!Object.hasOwn(COUNTERS, top)) return false;
    return member === undefined || (COUNTERS[top]?.includes(member) ?? false);
  });
}
