import type { EffectKind } from "./effect.ts";
import type { PersonName } from "./ids.ts";
import { KEY_HOLDER } from "./person.ts";

/** Whose yes counts, beside having the role. A no always counts. */
export interface AnsweringRule {
  /** The owner may allow what their own task asks. */
  readonly selfConfirm: boolean;
  /** Somebody who is not the owner has to allow it. */
  readonly fourEyes: boolean;
}

export interface AnsweringRules extends AnsweringRule {
  /** Other rules for calls that do this. */
  readonly effects: Readonly<Partial<Record<EffectKind, Partial<AnsweringRule>>>>;
}

/** The rule for a call with these effects: of those that its effects have, the strictest in each part. */
export function answeringRule(rules: AnsweringRules, effects: readonly string[]): AnsweringRule {
  const each = effects.map((kind) => ({ ...base(rules), ...rules.effects[kind as EffectKind] }));
  const all = each.length === 0 ? [base(rules)] : each;
  return { selfConfirm: all.every((rule) => rule.selfConfirm), fourEyes: all.some((rule) => rule.fourEyes) };
}

/** Whether `person` is known to be somebody else than `owner`. Whoever holds the admin key is not known to be. */
export function isAnother(person: PersonName, owner: string): boolean {
  return person !== owner && person !== KEY_HOLDER;
}

function base({ selfConfirm, fourEyes }: AnsweringRules): AnsweringRule {
  return { selfConfirm, fourEyes };
}
