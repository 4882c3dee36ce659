import type { Delegator } from "./delegation.ts";
import type { Narrowing } from "./narrowing.ts";
import type { AgentName, InstanceId, PersonName, Sequence, SessionId, TaskId } from "./ids.ts";

export interface Budget {
  /** Calls left to make; reserved at admission. */
  readonly calls: number;
  /** Calls left that change anything. */
  readonly writes: number;
}

export type TaskState =
  | { readonly kind: "active" }
  | { readonly kind: "ended"; readonly at: number; readonly by: string; readonly why: string };

/** Declared work. Everything made for it dies with it. */
export interface Task {
  readonly id: TaskId;
  readonly objective: string;
  /** Whose words the objective is: an agent's own words ground nothing. */
  readonly declaredBy: "owner" | "agent-claimed" | "none";
  /** What the owner took out of it since; counts for every task below too. */
  readonly narrowed?: Narrowing;
  readonly owner: PersonName;
  readonly agent: AgentName;
  readonly instance: InstanceId;
  readonly session: SessionId;
  readonly parent: TaskId | null;
  readonly depth: number;
  /** Who handed it down, the nearest first; absent where a person gave it to its instance. */
  readonly delegators?: readonly Delegator[];
  /** The store's sequence when it was opened: a later watermark on anything it stands on has killed it for good.
   *  Absent in what an early version opened, which any watermark kills. */
  readonly epoch?: Sequence;
  readonly openedAt: number;
  readonly deadline: number;
  readonly budget: Budget;
  readonly used: Budget;
  readonly state: TaskState;
  /** Moves when what a decision may rely on moves: state, budget limits, deadline, what was taken away. Not with each call. */
  readonly version: number;
}

export type TaskStanding = "active" | "ended" | "expired";

/** Whether the task may still act at `now`; its deadline is the first instant at which it may not. */
export function standing(task: Task, now: number): TaskStanding {
  if (task.state.kind === "ended") return "ended";
  return now >= task.deadline ? "expired" : "active";
}

/** Ends the task; a task that has ended keeps its first ending. */
export function end(task: Task, at: number, by: string, why: string): Task {
  return task.state.kind === "ended"
    ? task
    : { ...task, state: { kind: "ended", at, by, why }, version: task.version + 1 };
}

/** Takes one call, and one write where it changes anything; null when either is used up. */
export function reserve(task: Task, changes: boolean): Task | null {
  const used = { calls: task.used.calls + 1, writes: task.used.writes + (changes ? 1 : 0) };
  if (used.calls > task.budget.calls || used.writes > task.budget.writes) return null;
  return { ...task, used };
}

/** Gives back what `reserve` took, for a call that is known not to have run. */
export function release(task: Task, changes: boolean): Task {
  return {
    ...task,
    used: { calls: Math.max(0, task.used.calls - 1), writes: Math.max(0, task.used.writes - (changes ? 1 : 0)) },
  };
}
