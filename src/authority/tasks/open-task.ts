import type { Grant, GrantDraft } from "../../domain/grant.ts";
import { handDown, type Wanted } from "../../domain/delegation.ts";
import type { TaskId } from "../../domain/ids.ts";
import type { Instance } from "../../domain/principal.ts";
import type { Budget, Task } from "../../domain/task.ts";
import type { ReadTx, WriteTx } from "../../ports/store.ts";
import { agentOf } from "../enrolment/enrol.ts";
import type { AuthorityParts } from "../parts.ts";
import { refusal, taskUnknown } from "../refusals.ts";
import { begin, lending, mayHaveChildren, type OpenedTask, readObjective, sessionFor } from "./begin.ts";

export type { OpenedTask } from "./begin.ts";

export interface TaskRequest {
  readonly instance: Instance;
  /** Empty when nobody said. */
  readonly objective: string;
  /** `owner` only when the words came over a channel authenticated as the owner. */
  readonly declaredBy: "owner" | "agent-claimed";
  /** The task this one is part of; its instance must be the same. */
  readonly parent: TaskId | null;
  /** Less than what it would start with: each within one of those grants. Default: all of them. */
  readonly wanted?: readonly Wanted[];
}

/** Opens a task in a session of its own.
 *  For the owner's launcher it holds the grants of `agents.NAME.scope`, and so it does for an instance whose
 *  registration says so. One that any other agent asked for holds none: each grant is asked for in turn. A child inherits its parent's labels and denials, ends with it, and takes half of
 *  what the parent has left of its budget, so that both can act.
 *  @throws WritError `objective_invalid`, `task_unknown`, `task_ended`, `task_expired`, `task_too_deep`, `budget_spent`,
 *  `scope_exceeded` 403 for a wish that no grant of the scope covers. */
export function openTask(parts: AuthorityParts, asked: TaskRequest): Promise<OpenedTask> {
  return parts.store.write((tx) => openTaskIn(parts, tx, asked));
}

/** The same in this transaction. */
export async function openTaskIn(parts: AuthorityParts, tx: WriteTx, asked: TaskRequest): Promise<OpenedTask> {
  const objective = readObjective(asked.objective);
  const agent = agentOf(parts, asked.instance.agent);
  const now = parts.clock.now();
  const parent = asked.parent === null ? null : await parentOf(tx, asked, asked.parent, now);
  const session = sessionFor(parts, asked.instance, parent === null ? null : await tx.session(parent.session));
  const task: Task = {
    id: parts.ids.mint("task"),
    objective,
    declaredBy: objective === "" ? "none" : asked.declaredBy,
    owner: parent?.owner ?? asked.instance.owner,
    agent: agent.name,
    instance: asked.instance.id,
    session: session.id,
    parent: parent?.id ?? null,
    depth: parent === null ? 0 : parent.depth + 1,
    ...(parent?.delegators === undefined ? {} : { delegators: parent.delegators }),
    openedAt: now,
    deadline: Math.min(now + agent.lifetimeMs, parent?.deadline ?? Number.POSITIVE_INFINITY),
    budget: parent === null ? agent.budget : halfOfRest(parent),
    used: { calls: 0, writes: 0 },
    state: { kind: "active" },
    version: 0,
  };
  if (parent !== null) await tx.putTask(lending(parent, task.budget));
  const scoped = asked.declaredBy === "owner" || asked.instance.scoped;
  const scope = scoped && parent === null ? agent.scope.map((draft) => grantOf(parts, draft, task)) : [];
  const grants = asked.wanted === undefined ? scope : narrowed(parts, scope, asked.wanted, now);
  return begin(parts, tx, { instance: asked.instance, task, session, grants });
}

export function grantOf(parts: AuthorityParts, draft: GrantDraft, task: Task): Grant {
  return {
    ...draft,
    id: parts.ids.mint("grant"),
    task: task.id,
    used: 0,
    expiresAt: task.deadline,
    revoked: false,
    version: 0,
  };
}

/** The grants of the scope, cut down to what is wanted of them: uses are taken out of those there are. */
function narrowed(
  parts: AuthorityParts,
  scope: readonly Grant[],
  wanted: readonly Wanted[],
  now: number,
): readonly Grant[] {
  const left = [...scope];
  return wanted.map((one) => {
    for (const [i, grant] of left.entries()) {
      const handed = handDown(grant, one, now);
      if (handed.kind !== "within") continue;
      left[i] = handed.from;
      return { ...grant, ...handed.given, id: parts.ids.mint("grant"), used: 0 };
    }
    throw refusal(
      "scope_exceeded",
      403,
      { tools: one.tools.slice(0, 10) },
      "this reaches further than what the agent's tasks start with",
      "ask for less, or leave it out, and ask for more with `writ__request_grant`",
    );
  });
}

/** @throws WritError `budget_spent` when there are not two calls left. */
export function halfOfRest(parent: Task): Budget {
  const calls = Math.floor((parent.budget.calls - parent.used.calls) / 2);
  if (calls < 1) {
    throw refusal(
      "budget_spent",
      409,
      { task: parent.id },
      "the task has not enough calls left to share",
      "do the work in this task, or ask the owner for another",
    );
  }
  return { calls, writes: Math.floor((parent.budget.writes - parent.used.writes) / 2) };
}

async function parentOf(tx: ReadTx, asked: TaskRequest, id: TaskId, now: number): Promise<Task> {
  const parent = await tx.task(id);
  if (parent === null || parent.instance !== asked.instance.id) throw taskUnknown(id);
  await mayHaveChildren(tx, parent, now);
  return parent;
}
