import type { Sequence } from "./ids.ts";
import type { Principal } from "./principal.ts";
import type { Task } from "./task.ts";

/** What can be revoked as a whole. `key` is a signing key's id. */
export const SUBJECT_KINDS = ["owner", "agent", "instance", "session", "task", "profile", "key", "all"] as const;
export type SubjectKind = (typeof SUBJECT_KINDS)[number];

export interface Subject {
  readonly kind: SubjectKind;
  readonly id: string;
}

/** Everything a credential stands on; a watermark later than its epoch on any of these kills it. */
export function standsOn(principal: Principal): readonly Subject[] {
  return [
    ...lasting({ ...principal, id: principal.task }),
    { kind: "profile", id: principal.profile },
    { kind: "key", id: principal.keyId },
  ];
}

/** What a task stands on for as long as it lasts, who handed it down included. A profile or a key comes and goes under it. */
export function lasting(
  task: Pick<Task, "owner" | "agent" | "instance" | "session" | "id" | "delegators">,
): readonly Subject[] {
  return [
    { kind: "all", id: "*" },
    { kind: "owner", id: task.owner },
    { kind: "agent", id: task.agent },
    { kind: "instance", id: task.instance },
    { kind: "session", id: task.session },
    { kind: "task", id: task.id },
    ...(task.delegators ?? []).flatMap(({ agent, instance }): readonly Subject[] => [
      { kind: "agent", id: agent },
      { kind: "instance", id: instance },
    ]),
  ];
}

/** What a revocation keeps from being made anew until an admin lets it: instances and tasks of an agent, of an owner, or
 *  of anybody. What it killed stays dead. */
export interface Bar {
  readonly subject: Subject;
  readonly by: string;
  readonly why: string;
  readonly at: number;
  readonly sequence: Sequence;
}

/** A revocation whose tasks are still being ended, a few at a time: their credentials are dead already. */
export type Sweep = Bar;

/** `agent:clerk`; kinds hold no colon. */
export function nameOf({ kind, id }: Subject): string {
  return `${kind}:${id}`;
}

export function isBarring({ kind }: Subject): boolean {
  return kind === "agent" || kind === "owner" || kind === "all";
}
