import { type Delegator, handDown, MOST_ACTORS, type Wanted } from "../../domain/delegation.ts";
import type { Grant } from "../../domain/grant.ts";
import type { InstanceId } from "../../domain/ids.ts";
import type { Instance, Principal } from "../../domain/principal.ts";
import { reason } from "../../domain/reason.ts";
import { standsOn } from "../../domain/revocation.ts";
import type { Budget, Task } from "../../domain/task.ts";
import type { ReadTx } from "../../ports/store.ts";
import { agentOf, holds, type VerifiedInstance } from "../enrolment/enrol.ts";
import type { AuthorityParts } from "../parts.ts";
import { refusal, taskUnknown, unauthenticated } from "../refusals.ts";
import { begin, lending, mayHaveChildren, type OpenedTask, readObjective, sessionFor } from "./begin.ts";
import { halfOfRest } from "./open-task.ts";

export interface Delegation {
  /** The parent's task token: what is handed down comes out of it. Whoever checked a proof for it said so before. */
  readonly subject: Principal;
  /** The instance credential of whoever will act; the token is bound to its key. */
  readonly actor: VerifiedInstance;
  /** The delegating agent's own words, which ground nothing. */
  readonly objective: string;
  readonly grants: readonly Wanted[];
  /** Default: half of what the parent has left. */
  readonly budget?: Budget;
  /** Default: as long as the actor's agent may have, and the parent lasts. */
  readonly lifetimeMs?: number;
}

/** Opens a task for another instance (or for part of one's own work) that holds a subset of the parent's grants: each
 *  limit as narrow or narrower, uses and budget taken out of the parent's, no longer life, its labels and denials.
 *  It ends with the parent; both tokens are asked about again in the same transaction that opens it.
 *  @throws WritError `credential_revoked` 401; `task_unknown`, `task_ended`, `task_expired`, `task_too_deep`;
 *  `delegation_widens`, `delegation_foreign` 403; `delegation_too_deep`, `delegation_loop`, `budget_spent` 409;
 *  `objective_invalid`, `lifetime_invalid` 400. */
export async function delegate(
  parts: AuthorityParts,
  asked: Delegation,
): Promise<OpenedTask & { readonly instance: Instance }> {
  const objective = readObjective(asked.objective);
  const lifetime = readLifetime(asked.lifetimeMs);
  const now = parts.clock.now();
  return parts.store.write(async (tx) => {
    const parent = await parentOf(tx, asked.subject);
    await mayHaveChildren(tx, parent, now);
    const instance = await actorOf(tx, asked, parent);
    const agent = agentOf(parts, instance.agent);
    const delegators = chainBelow(parent, instance.id);
    const budget = share(parent, asked.budget, agent.budget);
    const session = sessionFor(parts, instance, await tx.session(parent.session));
    const task: Task = {
      id: parts.ids.mint("task"),
      objective,
      declaredBy: objective === "" ? "none" : "agent-claimed",
      owner: parent.owner,
      agent: agent.name,
      instance: instance.id,
      session: session.id,
      parent: parent.id,
      depth: parent.depth + 1,
      ...(delegators.length === 0 ? {} : { delegators }),
      openedAt: now,
      deadline: Math.min(parent.deadline, now + Math.min(agent.lifetimeMs, lifetime)),
      budget,
      used: { calls: 0, writes: 0 },
      state: { kind: "active" },
      version: 0,
    };
    const { given, left } = split(parts, await tx.grants(parent.id), asked, task, now);
    for (const grant of left) await tx.putGrant(grant);
    await tx.putTask(lending(parent, budget));
    return { ...(await begin(parts, tx, { instance, task, session, grants: given })), instance };
  });
}

async function parentOf(tx: ReadTx, subject: Principal): Promise<Task> {
  const parent = await tx.task(subject.task);
  if (parent === null || parent.instance !== subject.instance) throw taskUnknown(subject.task);
  // One that has ended is revoked too, and says so by itself.
  if (parent.state.kind === "active" && (await tx.revokedAt(standsOn(subject))) > subject.epoch)
    throw unauthenticated(reason("credential_revoked"));
  return parent;
}

async function actorOf(tx: ReadTx, { actor }: Delegation, parent: Task): Promise<Instance> {
  const instance = await holds(tx, actor);
  if (instance.owner === parent.owner) return instance;
  throw refusal(
    "delegation_foreign",
    403,
    { instance: instance.id },
    "this instance works for somebody else",
    "hand work down to an instance of the same owner",
  );
}

/** Who handed the new task down, the nearest first. A part of one's own work has nobody new in it. */
function chainBelow(parent: Task, actor: InstanceId): readonly Delegator[] {
  const above = parent.delegators ?? [];
  if (parent.instance === actor) return above;
  const chain = [{ agent: parent.agent, instance: parent.instance }, ...above];
  if (chain.some((one) => one.instance === actor)) {
    throw refusal(
      "delegation_loop",
      409,
      { instance: actor },
      "this instance handed the work down itself",
      "give it its result, and let it go on in its own task",
    );
  }
  if (chain.length < MOST_ACTORS) return chain;
  throw refusal(
    "delegation_too_deep",
    409,
    { most: MOST_ACTORS },
    "too many hands are between the owner and this task",
    "let the one above do it",
  );
}

function share(parent: Task, asked: Budget | undefined, most: Budget): Budget {
  const half = asked ?? halfOfRest(parent);
  const whole = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;
  const left = { calls: parent.budget.calls - parent.used.calls, writes: parent.budget.writes - parent.used.writes };
  if (
    !whole(half.calls) ||
    !whole(half.writes) ||
    half.calls < 1 ||
    half.calls > left.calls ||
    half.writes > left.writes
  ) {
    throw refusal(
      "budget_spent",
      409,
      { task: parent.id, ...left },
      `the task has ${left.calls} calls and ${left.writes} changing ones left to share`,
      "ask for less, or do the work in this task",
    );
  }
  return { calls: Math.min(half.calls, most.calls), writes: Math.min(half.writes, most.writes) };
}

/** The child's grants, and the parent's that have fewer uses for it. */
function split(
  parts: AuthorityParts,
  held: readonly Grant[],
  asked: Delegation,
  task: Task,
  now: number,
): { readonly given: readonly Grant[]; readonly left: readonly Grant[] } {
  const left = new Map(held.map((grant) => [grant.id, grant]));
  const given = asked.grants.map((wanted): Grant => {
    let why = "the task holds no grant";
    for (const grant of left.values()) {
      const handed = handDown(grant, wanted, now);
      if (handed.kind === "within") {
        left.set(grant.id, handed.from);
        return {
          ...handed.given,
          id: parts.ids.mint("grant"),
          task: task.id,
          used: 0,
          expiresAt: Math.min(task.deadline, grant.expiresAt),
          origin: "delegation",
          issuedBy: asked.subject.actor,
          from: grant.id,
          revoked: false,
          version: 0,
        };
      }
      if (grant.tools.some((tool) => wanted.tools.includes(tool)) && !grant.revoked) why = handed.why;
    }
    throw refusal(
      "delegation_widens",
      403,
      { tools: wanted.tools.slice(0, 10), why },
      `this reaches further than the task it comes from: ${why}`,
      "ask for what the task holds, with every limit it has, or for less",
    );
  });
  return { given, left: [...left.values()].filter((grant, i) => grant !== held[i]) };
}

function readLifetime(ms: number | undefined): number {
  if (ms === undefined) return Number.POSITIVE_INFINITY;
  if (Number.isSafeInteger(ms) && ms > 0) return ms;
  throw refusal("lifetime_invalid", 400, {}, "this is no time to live", "give a whole number of milliseconds");
}
