import { describeGrant, type Grant } from "../../domain/grant.ts";
import type { Instance, Session } from "../../domain/principal.ts";
import { reason } from "../../domain/reason.ts";
import { lasting } from "../../domain/revocation.ts";
import { type Budget, type Task, standing } from "../../domain/task.ts";
import type { Minted } from "../../ports/credentials.ts";
import type { ReadTx, WriteTx } from "../../ports/store.ts";
import { profileFor } from "../capability/profiles.ts";
import type { AuthorityParts } from "../parts.ts";
import { refusal, taskOver, unauthenticated } from "../refusals.ts";
import { refuseBarred } from "../revocation/bars.ts";

export interface OpenedTask {
  readonly task: Task;
  readonly session: Session;
  readonly grants: readonly Grant[];
  readonly token: Minted;
}

const MAX_OBJECTIVE = 1_000;
const MAX_DEPTH = 8;

/** The objective without the space around it.
 *  @throws WritError `objective_invalid`. */
export function readObjective(text: string): string {
  const objective = text.trim();
  // eslint-disable-next-line no-control-regex
  if (objective.length <= MAX_OBJECTIVE && !/[\u0000-\u0008\u000b-\u001f\u007f]/.test(objective)) return objective;
  throw refusal(
    "objective_invalid",
    400,
    { longest: MAX_OBJECTIVE },
    "the objective is too long, or holds control characters",
    `say it in at most ${MAX_OBJECTIVE} characters of plain text`,
  );
}

/** @throws WritError `task_ended`, `task_expired`, `task_too_deep`; 401 `credential_revoked`. */
export async function mayHaveChildren(tx: ReadTx, parent: Task, now: number): Promise<void> {
  const stands = standing(parent, now);
  if (stands !== "active") throw taskOver(parent.id, stands);
  // It is dead already, and about to be ended.
  if ((await tx.revokedAt(lasting(parent))) > (parent.epoch ?? 0)) throw unauthenticated(reason("credential_revoked"));
  if (parent.depth + 1 < MAX_DEPTH) return;
  throw refusal(
    "task_too_deep",
    409,
    { deepest: MAX_DEPTH },
    "tasks are nested too deep",
    "end this task, and work in the one above it",
  );
}

/** A session for a task below `parent`, with its labels and denials; a clean one where there is none. */
export function sessionFor(parts: AuthorityParts, instance: Instance, parent: Session | null): Session {
  return {
    id: parts.ids.mint("session"),
    instance: instance.id,
    readPrivate: parent?.readPrivate ?? false,
    readUntrusted: parent?.readUntrusted ?? false,
    sent: parent?.sent ?? false,
    denials: parent?.denials ?? 0,
    risk: parent?.risk ?? 0,
    version: 0,
  };
}

/** Takes `lent` out of what the parent has left, for as long as the child lasts. */
export function lending(parent: Task, lent: Budget): Task {
  const used = { calls: parent.used.calls + lent.calls, writes: parent.used.writes + lent.writes };
  return { ...parent, used, version: parent.version + 1 };
}

/** Stores a new task with everything it starts with, records it, and makes its first token.
 *  @throws WritError 403 `panic`, `agent_disabled`, `owner_disabled`. */
export async function begin(
  parts: AuthorityParts,
  tx: WriteTx,
  fresh: {
    readonly instance: Instance;
    readonly task: Task;
    readonly session: Session;
    readonly grants: readonly Grant[];
  },
): Promise<OpenedTask> {
  const { instance, session, grants } = fresh;
  await refuseBarred(tx, fresh.task);
  const task: Task = { ...fresh.task, epoch: await tx.sequence() };
  const { budget, delegators } = task;
  await tx.putSession(session);
  await tx.putTask(task);
  for (const grant of grants) await tx.putGrant(grant);
  await tx.append({
    kind: "task_opened",
    at: task.openedAt,
    call: null,
    task: task.id,
    body: {
      agent: task.agent,
      owner: task.owner,
      instance: task.instance,
      ...(delegators === undefined ? {} : { delegators: delegators.map((one) => ({ ...one })) }),
      session: session.id,
      parent: task.parent,
      objective: task.objective,
      declaredBy: task.declaredBy,
      deadline: task.deadline,
      budget: { ...budget },
      grants: grants.map((grant) => ({
        grant: grant.id,
        allows: describeGrant(grant),
        origin: grant.origin,
        ...(grant.from === undefined ? {} : { from: grant.from }),
      })),
    },
  });
  await tx.publish("task", task.id);
  const { hash } = await profileFor(parts, tx, task);
  const token = parts.credentials.mintTask(task, instance, hash, await tx.sequence(), task.openedAt);
  return { task, session, grants, token };
}
