import type { EffectKind } from "../domain/effect.ts";
import { TARGET_ROLES } from "../domain/endorsement.ts";
import { type Act, actsOf } from "../domain/lexicon.ts";
import { toolWords } from "./asked.ts";
import { shownAs } from "./plan.ts";
import { quotedValue } from "./told.ts";
import type { Taken } from "./words.ts";
import { rankOf, type Target, targetsOf, type Traced } from "./traced-call.ts";

/** What a call does that is one of these, whatever its tool is called. */
const DONE: Readonly<Partial<Record<Act, readonly EffectKind[]>>> = {
  send: ["send"],
  pay: ["spend"],
  delete: ["delete"],
  admit: ["administer", "delegate"],
  run: ["execute"],
};

/** Its targets by role, and what it was read to touch: a command names its files in one text. */
function aimedAt(call: Traced): readonly Target[] {
  const { hosts, paths, recipients, tables } = call.effects;
  const read = { host: hosts, path: paths, recipient: recipients, identity: tables } as const;
  const touched = TARGET_ROLES.flatMap((role) => read[role].map((value): Target => ({ role, name: role, value })));
  return [...targetsOf(call), ...touched.filter(({ value }) => !targetsOf(call).some((one) => one.value === value))];
}

/** What of the call the owner took out of the task, one sentence each; nothing where nothing was. */
export function withdrawnFrom(call: Traced, repeated: boolean): readonly string[] {
  const { taken } = call.words;
  if (taken === undefined) return [];
  const rank = rankOf(call.effects);
  const says: string[] = [];
  for (const { role, name, value } of aimedAt(call)) {
    if ((rank === 0 && role !== "host") || !taken.has(value)) continue;
    says.push(`the owner took ${quotedValue(name, value)} out of this task`);
  }
  if (rank === 0) return says;
  const out = actsGone(call, taken);
  if (out.length > 0) says.push(`the owner took \`${out.map(shownAs).join("`, `")}\` out of this task`);
  if (taken.once && repeated) says.push("the owner wants nothing in this task done twice");
  return says;
}

/** The acts among what was taken away that the call is: by what it does, else by its verbs, of which one is enough. A verb may
 *  mean several things: it is gone when all are that it meant here, or one where nobody knows what it does. */
function actsGone(call: Traced, taken: Taken): readonly Act[] {
  const { kinds } = call.effects;
  const done = taken.without.filter((act) => DONE[act]?.some((kind) => kinds.includes(kind)) === true);
  if (done.length > 0) return done;
  const gone = toolWords(call).verbs.flatMap((verb) => {
    const acts = actsOf(verb).filter((act) => act !== "look");
    const said = acts.filter((act) => taken.acts.has(act));
    const meant = said.length > 0 ? said : acts;
    const out = meant.filter((act) => taken.without.includes(act));
    return out.length === meant.length || kinds.includes("unknown") ? out : [];
  });
  return [...new Set(gone)];
}
