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
