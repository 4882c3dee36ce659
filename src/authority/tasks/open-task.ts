import type { Grant, GrantDraft } from "../../domain/grant.ts";
import { describeGrant } from "../../domain/grant.ts";
import type { TaskId } from "../../domain/ids.ts";
import type { Instance, Session } from "../../domain/principal.ts";
import { type Budget, standing, type Task } from "../../domain/task.ts";
import type { Minted } from "../../ports/credentials.ts";
import type { WriteTx } from "../../ports/store.ts";
import { agentOf } from "../enrolment/enrol.ts";
import type { AuthorityParts } from "../parts.ts";
import { profileOf } from "../profile.ts";
import { refusal, taskOver, taskUnknown } from "../refusals.ts";

export interface TaskRequest {
  readonly instance: Instance;
  /** Empty when nobody said. */
  readonly objective: string;
  /** `owner` only when the words came over a channel authenticated as the owner. */
  readonly declaredBy: "owner" | "agent-claimed";
  /** The task this one is part of; its instance must be the same. */
  readonly parent: TaskId | null;
}

export interface OpenedTask {
  readonly task: Task;
  readonly session: Session;
  readonly grants: readonly Grant[];
  readonly token: Minted;
}

const MAX_OBJECTIVE = 1_000;
const MAX_DEPTH = 8;

/** Opens a task in a session of its own.
 *  For the owner's launcher it holds the grants of `agents.NAME.scope`, and so it does for an instance whose
 *  registration says so. One that any other agent asked for holds none: each grant is asked for in turn. A child inherits its parent's labels and denials, ends with it, and takes half of
 *  what the parent has left of its budget, so that both can act.
 *  @throws WritError `objective_invalid`, `task_unknown`, `task_ended`, `task_expired`, `task_too_deep`, `budget_spent`. */
export async function openTask(parts: AuthorityParts, asked: TaskRequest): Promise<OpenedTask> {
  const objective = asked.objective.trim();
  // eslint-disable-next-line no-control-regex
  if (objective.length > MAX_OBJECTIVE || /[\u0000-\u0008\u000b-\u001f\u007f]/.test(objective)) {
    throw refusal(
      "objective_invalid",
      400,
      { longest: MAX_OBJECTIVE },
      "the objective is too long, or holds control characters",
      `say it in at most ${MAX_OBJECTIVE} characters of plain text`,
    );
  }
  const agent = agentOf(parts, asked.instance.agent);
  const now = parts.clock.now();
  return parts.store.write(async (tx) => {
    const parent = asked.parent === null ? null : await parentOf(tx, asked, asked.parent, now);
    const inherited = parent === null ? null : await tx.session(parent.session);
    const session: Session = {
      id: parts.ids.mint("session"),
      instance: asked.instance.id,
      readPrivate: inherited?.readPrivate ?? false,
      readUntrusted: inherited?.readUntrusted ?? false,
      sent: inherited?.sent ?? false,
      denials: inherited?.denials ?? 0,
      risk: inherited?.risk ?? 0,
      version: 0,
    };
    const task: Task = {
      id: parts.ids.mint("task"),
      objective,
      declaredBy: objective === "" ? "none" : asked.declaredBy,
      owner: asked.instance.owner,
      agent: agent.name,
      instance: asked.instance.id,
      session: session.id,
      parent: parent?.id ?? null,
      depth: parent === null ? 0 : parent.depth + 1,
      openedAt: now,
      deadline: Math.min(now + agent.lifetimeMs, parent?.deadline ?? Number.POSITIVE_INFINITY),
      budget: parent === null ? agent.budget : halfOfRest(parent),
      used: { calls: 0, writes: 0 },
      state: { kind: "active" },
      version: 0,
    };
    if (parent !== null) await tx.putTask(lending(parent, task.budget));
    const scoped = asked.declaredBy === "owner" || asked.instance.scoped;
    const grants = scoped && parent === null ? agent.scope.map((draft) => grantOf(parts, draft, task)) : [];
    await tx.putSession(session);
    await tx.putTask(task);
    for (const grant of grants) await tx.putGrant(grant);
    await tx.append({
      kind: "task_opened",
      at: now,
      call: null,
      task: task.id,
      body: {
        agent: task.agent,
        owner: task.owner,
        instance: task.instance,
        session: session.id,
        parent: task.parent,
        objective,
        declaredBy: task.declaredBy,
        deadline: task.deadline,
        budget: { ...task.budget },
        grants: grants.map((grant) => ({ grant: grant.id, allows: describeGrant(grant), origin: grant.origin })),
      },
    });
    await tx.publish("task", task.id);
    const epoch = await tx.sequence();
    return {
      task,
      session,
      grants,
      token: parts.credentials.mintTask(task, asked.instance, profileOf(agent, parts.digests), epoch, now),
    };
  });
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

function halfOfRest(parent: Task): Budget {
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

function lending(parent: Task, lent: Budget): Task {
  const used = { calls: parent.used.calls + lent.calls, writes: parent.used.writes + lent.writes };
  return { ...parent, used, version: parent.version + 1 };
}

async function parentOf(tx: WriteTx, asked: TaskRequest, id: TaskId, now: number): Promise<Task> {
  const parent = await tx.task(id);
  if (parent === null || parent.instance !== asked.instance.id) throw taskUnknown(id);
  const stands = standing(parent, now);
  if (stands !== "active") throw taskOver(id, stands);
  if (parent.depth + 1 >= MAX_DEPTH) {
    throw refusal(
      "task_too_deep",
      409,
      { deepest: MAX_DEPTH },
      "tasks are nested too deep",
      "end this task, and work in the one above it",
    );
  }
  return parent;
}
