import type { Task } from "../../domain/task.ts";
import type { ReadTx } from "../../ports/store.ts";
import { narrowed } from "../../provenance/narrowed.ts";
import { planOf } from "../../provenance/plan.ts";
import { compileWords } from "../../provenance/words.ts";
import { spokenFor } from "./spoken.ts";

/** What the words that a task works on let it do, one sentence each. What grants it holds is another matter. */
export async function planFor(tx: ReadTx, task: Task): Promise<readonly string[]> {
  const { speaking, declared, narrowing } = await spokenFor(tx, task);
  const own =
    task.declaredBy === "agent-claimed" ? ["an agent's own words ground nothing"] : ["nobody said what it is for"];
  if (!declared) return own;
  const plan = planOf(narrowed(compileWords(speaking.objective), narrowing));
  return speaking.id === task.id ? plan : [...own, `the owner's words are those of ${speaking.id}`, ...plan];
}
