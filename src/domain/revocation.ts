import type { Principal } from "./principal.ts";

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
    { kind: "all", id: "*" },
    { kind: "owner", id: principal.owner },
    { kind: "agent", id: principal.agent },
    { kind: "instance", id: principal.instance },
    { kind: "session", id: principal.session },
    { kind: "task", id: principal.task },
    { kind: "profile", id: principal.profile },
    { kind: "key", id: principal.keyId },
  ];
}
