import { narrower, type Narrowing, UNNARROWED } from "../../domain/narrowing.ts";
import type { Task } from "../../domain/task.ts";
import type { ReadTx } from "../../ports/store.ts";

/** On whose words a task works. */
export interface Spoken {
  readonly root: Task;
  /** The task itself, or the nearest above it that its owner declared; the root where none was. */
  readonly speaking: Task;
  readonly declared: boolean;
  /** What the owner took away from it, and from every task above it. */
  readonly narrowing: Narrowing;
}

export async function spokenFor(tx: ReadTx, task: Task): Promise<Spoken> {
  let root = task;
  let speaking = task.declaredBy === "owner" ? task : null;
  let narrowing = task.narrowed ?? UNNARROWED;
  while (root.parent !== null) {
    const above = await tx.task(root.parent);
    if (above === null) break;
    root = above;
    if (speaking === null && above.declaredBy === "owner") speaking = above;
    if (above.narrowed !== undefined) narrowing = narrower(above.narrowed, narrowing);
  }
  return { root, speaking: speaking ?? root, declared: speaking !== null, narrowing };
}
