import type { Endorsement } from "../domain/endorsement.ts";
import { amountOf, seatedIn } from "./endorsed.ts";
import { quotedValue } from "./told.ts";
import { type Held, weighed } from "./trace.ts";
import { rankOf, type Traced } from "./traced-call.ts";

/** A target that something is held against, as a yes to it would be remembered. */
export interface Endorsable {
  readonly held: Held;
  readonly endorses: Omit<Endorsement, "approval">;
}

/** The policies that ask about what a call is aimed at, each with what it asks about. Others that a yes lifts leave nothing. */
const ASKS: ReadonlyMap<string, Held> = new Map([
  ["tainted-arguments", "tainted"],
  ["ungrounded-arguments", "ungrounded"],
  ["low-arguments", "low"],
]);

/** Every target of the call that something is held against. */
export function endorsable(call: Traced): readonly Endorsable[] {
  const rank = rankOf(call.effects);
  const amount = amountOf(call);
  // An amount that cannot be read is no bound for another.
  const most = amount === null || !Number.isFinite(amount) ? null : amount;
  return weighed(call).flatMap((target) => {
    if (target.held === null) return [];
    const { role, name: argument, value } = target;
    const mark = call.lineage.seal([seatedIn(target, call)]);
    const { kinds } = call.effects;
    return [
      { held: target.held, endorses: { role, argument, shown: quotedValue(argument, value), mark, rank, kinds, most } },
    ];
  });
}

/** Every target that stands without anybody's yes, as `seatedIn`. What a person said yes to is not made the owner's word by
 *  being used: it ends with that yes. */
export function groundedInWords(call: Traced): readonly string[] {
  return weighed({ ...call, endorsements: [] }).flatMap((target) =>
    target.held === null ? [seatedIn(target, call)] : [],
  );
}

/** Those of them that the question was about. */
export function askedAbout(
  some: readonly Endorsable[],
  asks: readonly { readonly policy: string }[],
): readonly Endorsable[] {
  return some.filter(({ held }) => asks.some(({ policy }) => ASKS.get(policy) === held));
}
