import type { EffectKind } from "../domain/effect.ts";
import { type Act, actsOf } from "../domain/lexicon.ts";
import { toolWords } from "./asked.ts";
import { shownAs } from "./plan.ts";
import { quotedValue } from "./told.ts";
import { rankOf, targetsOf, type Traced } from "./traced-call.ts";

/** What a call does that is one of these, whatever its tool is called. */
const DONE: Readonly<Partial<Record<Act, readonly EffectKind[]>>> = {
  send: ["send"],
  pay: ["spend"],
  delete: ["delete"],
  admit: ["administer", "delegate"],
  run: ["execute"],
};

/** What of the call the owner took out of the task, one sentence each; nothing where nothing was. */
export function withdrawnFrom(call: Traced, repeated: boolean): readonly string[] {
  const { taken } = call.words;
  if (taken === undefined) return [];
  const rank = rankOf(call.effects);
  const says: string[] = [];
  for (const { role, name, value } of targetsOf(call)) {
    if ((rank === 0 && role !== "host") || !taken.has(value)) continue;
    says.push(`the owner took ${quotedValue(name, value)} out of this task`);
  }
  if (rank === 0) return says;
  // All that a call does is to be asked for, so what is taken away of one of its verbs is enough.
  const acts = toolWords(call).verbs.map((verb) => actsOf(verb).filter((act) => act !== "look"));
  const done = taken.without.filter((act) => DONE[act]?.some((kind) => call.effects.kinds.includes(kind)) === true);
  const gone = acts.flatMap((some) => {
    // A verb may mean several things: it is gone when all are that it meant here.
    const said = some.filter((act) => taken.acts.has(act));
    const meant = said.length > 0 ? said : some;
    return meant.every((act) => taken.without.includes(act)) ? meant : [];
  });
  const out = done.length > 0 ? done : [...new Set(gone)];
  if (out.length > 0) says.push(`the owner took \`${out.map(shownAs).join("`, `")}\` out of this task`);
  if (taken.once && repeated) says.push("the owner wants nothing in this task done twice");
  return says;
}
