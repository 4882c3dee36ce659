import type { Act } from "../../domain/lexicon.ts";
import { type Narrowing, narrower, sizeOf, UNNARROWED } from "../../domain/narrowing.ts";
import type { TaskId } from "../../domain/ids.ts";
import { standing, type Task } from "../../domain/task.ts";
import { actCalled, actsAskedFor, shownAs } from "../../provenance/plan.ts";
import { compileWords, type Words } from "../../provenance/words.ts";
import type { Actor, AuthorityParts } from "../parts.ts";
import { refusal, taskOver, taskUnknown } from "../refusals.ts";
import { spokenFor } from "./spoken.ts";

/** What is to be taken away, as people write it. */
export interface NarrowingAsked {
  readonly task: TaskId;
  readonly without: readonly string[];
  readonly not: readonly string[];
  readonly once: boolean;
  readonly by: Actor;
}

/** Takes something out of what the owner's words ask for, for this task and all below it, from the next call on and for
 *  good. What was taken away before is taken away; that changes nothing, and is no entry of the record.
 *  @throws WritError `task_unknown`; `task_ended`, `task_expired`, `words_missing` 409; `narrowing_empty`,
 *  `narrowing_unknown` 400 for what the words do not ask for. */
export async function narrowTask(parts: Pick<AuthorityParts, "store" | "clock">, asked: NarrowingAsked): Promise<Task> {
  const now = parts.clock.now();
  return parts.store.write(async (tx) => {
    const task = await tx.task(asked.task);
    if (task === null) throw taskUnknown(asked.task);
    const stands = standing(task, now);
    if (stands !== "active") throw taskOver(task.id, stands);
    const { speaking, declared } = await spokenFor(tx, task);
    if (!declared) throw wordsMissing(task);
    const more = readNarrowing(asked, compileWords(speaking.objective));
    const held = task.narrowed ?? UNNARROWED;
    const narrowed = narrower(held, more);
    if (sizeOf(narrowed) === sizeOf(held)) return task;
    const next: Task = { ...task, narrowed, version: task.version + 1 };
    await tx.putTask(next);
    await tx.append({
      kind: "task_narrowed",
      at: now,
      call: null,
      task: task.id,
      body: { by: asked.by, without: more.without.map(shownAs), not: [...more.not], once: more.once },
    });
    await tx.publish("task", task.id);
    return next;
  });
}

/** Only what the words give can be taken out of them; they are read as they stood at first. */
function readNarrowing({ without, not, once, task }: NarrowingAsked, words: Words): Narrowing {
  const asksFor = actsAskedFor(words);
  const acts = without.map((text): Act => {
    const act = actCalled(text);
    if (act === null || !asksFor.includes(act)) throw unknown(task, text, asksFor);
    return act;
  });
  const values = not.map((text) => text.trim());
  for (const value of values) if (value === "" || !words.names(value)) throw unknown(task, value, asksFor);
  if (acts.length > 0 || values.length > 0 || once) return { without: [...new Set(acts)], not: values, once };
  throw refusal(
    "narrowing_empty",
    400,
    { task },
    "this takes nothing away",
    "say an act, a value that the words name, or that nothing is to be done twice",
  );
}

function unknown(task: TaskId, what: string, asksFor: readonly Act[]): Error {
  return refusal(
    "narrowing_unknown",
    400,
    { task, unknown: what.slice(0, 100), acts: asksFor.map(shownAs) },
    `the words of this task neither ask for \`${what.slice(0, 100)}\` nor name it`,
    "`writ task show` says what they ask for; take away one of that",
  );
}

function wordsMissing({ id }: Task): Error {
  return refusal(
    "words_missing",
    409,
    { task: id },
    "this task works on no words of its owner's: an agent's own words ground nothing",
    "take back a grant of it with `writ grant revoke`, or end it",
  );
}
