import { z } from "@hono/zod-openapi";
import { endTask } from "../../authority/tasks/end-task.ts";
import { openTaskFor } from "../../authority/tasks/open-task-for.ts";
import type { AuthorityParts } from "../../authority/parts.ts";
import { roleMissing, taskUnknown } from "../../authority/refusals.ts";
import { narrowTask } from "../../authority/tasks/narrow-task.ts";
import { planFor } from "../../authority/tasks/plan.ts";
import { renewTask } from "../../authority/tasks/renew-task.ts";
import { spokenFor } from "../../authority/tasks/spoken.ts";
import { describeGrant, type Grant } from "../../domain/grant.ts";
import { spiffeId, type TaskId } from "../../domain/ids.ts";
import { may, type Person, seesContent } from "../../domain/person.ts";
import { standing, type Task } from "../../domain/task.ts";
import { approvalView } from "./approval-view.ts";
import type { Caller } from "./callers.ts";
import type { HttpDoorParts } from "./parts.ts";
import { type AddRoute, pageOf, pageQuery, shape } from "./route.ts";

const held = { expiresAt: z.number() };

/** Tasks, and what they hold. */
export function addTaskRoutes(add: AddRoute, { authority }: HttpDoorParts): void {
  add({
    method: "post",
    path: "/v1/tasks",
    summary: "Open a task for an instance",
    access: "instance",
    status: 201,
    body: z.strictObject({ objective: z.string().default(""), parent: z.string().nullable().default(null) }),
    answers: z.object({ task: shape("Task"), grants: z.array(shape("Grant")), token: z.string(), ...held }),
    async run({ caller, body }) {
      const { vouched, credential } = instanceCaller(caller);
      const opened = await openTaskFor(authority, {
        shown: credential,
        objective: body.objective,
        parent: body.parent as TaskId | null,
        vouched,
      });
      return {
        task: taskView(authority, opened.task),
        grants: opened.grants.map((one) => grantView(one)),
        token: opened.token.token,
        expiresAt: opened.token.expiresAt,
      };
    },
  });
  add({
    method: "get",
    path: "/v1/tasks",
    summary: "Tasks, newest first",
    access: "viewer",
    query: pageQuery.extend({ active: z.enum(["true", "false"]).optional() }),
    answers: pageOf("Task"),
    async run({ query }) {
      const active = query.active === undefined ? {} : { active: query.active === "true" };
      const page = await authority.store.read((tx) =>
        tx.tasks({ after: query.after ?? null, limit: query.limit, ...active }),
      );
      return { items: page.items.map((task) => taskView(authority, task)), next: page.next };
    },
  });
  add({
    method: "get",
    path: "/v1/tasks/{id}",
    summary: "A task with its session, its plan, grants and open questions",
    access: "viewer",
    answers: shape("TaskDetail"),
    run: ({ caller, id }) =>
      authority.store.read(async (tx) => {
        const task = await tx.task(id as TaskId);
        if (task === null) throw taskUnknown(id);
        const { root } = await spokenFor(tx, task);
        // What a person said yes to counts for every task below one root.
        const yeses = root.id === task.id ? [] : (await tx.grants(root.id)).filter((one) => one.endorses !== undefined);
        return {
          ...taskView(authority, task),
          sessionState: await tx.session(task.session),
          plan: await planFor(tx, task),
          grants: [...(await tx.grants(task.id)), ...yeses].map((one) => grantView(one, who(caller))),
          approvals: (await tx.openApprovals(task.id)).map((one) =>
            approvalView(one, who(caller), authority.clock.now()),
          ),
          children: (await tx.childTasks(task.id)).map((child) => child.id),
        };
      }),
  });
  add({
    method: "post",
    path: "/v1/tasks/{id}/token",
    summary: "A fresh task token",
    access: "instance",
    answers: z.object({ token: z.string(), ...held }),
    async run({ caller, id }) {
      const minted = await renewTask(authority, { instance: instanceCaller(caller).instance, task: id as TaskId });
      return { token: minted.token, expiresAt: minted.expiresAt };
    },
  });
  add({
    method: "post",
    path: "/v1/tasks/{id}/narrow",
    summary: "Take something out of what the owner's words ask for",
    access: "owner or operator",
    body: z.strictObject({
      without: z.array(z.string().max(32)).max(20).default([]),
      not: z.array(z.string().max(1_000)).max(50).default([]),
      once: z.boolean().default(false),
    }),
    answers: z.object({ task: z.string(), plan: z.array(z.string()) }),
    async run({ caller, id, body }) {
      const task = await authority.store.read((tx) => tx.task(id as TaskId));
      if (task === null) throw taskUnknown(id);
      ownerOrOperator(who(caller), task);
      const narrowed = await narrowTask(authority, { ...body, task: task.id, by: person(caller) });
      return { task: task.id, plan: await authority.store.read((tx) => planFor(tx, narrowed)) };
    },
  });
  add({
    method: "post",
    path: "/v1/tasks/{id}/end",
    summary: "End a task and everything below it",
    access: "instance or operator",
    body: z.strictObject({ why: z.string().max(500).default("") }),
    answers: z.object({ ended: z.array(z.string()) }),
    async run({ caller, id, body }) {
      if (caller.kind === "instance") {
        const task = await authority.store.read((tx) => tx.task(id as TaskId));
        if (task?.instance !== caller.instance.id) throw taskUnknown(id);
      }
      const by = caller.kind === "instance" ? caller.instance.id : person(caller);
      return { ended: await endTask(authority, { task: id as TaskId, by, why: body.why }) };
    },
  });
}

export function taskView(
  authority: AuthorityParts,
  task: Task,
): Task & { readonly standing: string; readonly actor: string } {
  return {
    ...task,
    standing: standing(task, authority.clock.now()),
    actor: spiffeId(authority.configuration.trustDomain, task.agent, task.instance),
  };
}

/** A grant as `person` may see it. A yes that was remembered holds a value of the call that was asked about. */
export function grantView(grant: Grant, person: Person | null = null): Grant & { readonly allows: string } {
  const { endorses } = grant;
  if (endorses === undefined || (person !== null && seesContent(person, ["approver"])))
    return { ...grant, allows: describeGrant(grant) };
  const hidden = { ...grant, endorses: { ...endorses, shown: `\`${endorses.argument}\``, mark: "" } };
  return { ...hidden, allows: describeGrant(hidden) };
}

/** @throws WritError 403 `role_missing`. */
export function ownerOrOperator(person: Person, task: Pick<Task, "owner">): void {
  if (person.name !== task.owner && !may(person, "operator")) throw roleMissing("operator");
}

export function person(caller: Caller): string {
  return who(caller).name;
}

export function who(caller: Caller): Person {
  if (caller.kind !== "person") throw new TypeError("the route is for people");
  return caller.person;
}

export function instanceCaller(caller: Caller): Extract<Caller, { kind: "instance" }> {
  if (caller.kind !== "instance") throw new TypeError("the route is for instances");
  return caller;
}
