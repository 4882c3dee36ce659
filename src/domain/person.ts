import type { PersonName } from "./ids.ts";

/** What a person may do: see what happens, answer asks, run the system, change its rules. `admin` implies the rest. */
export const ROLES = ["viewer", "approver", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

export interface Person {
  readonly name: PersonName;
  /** Built-in roles, and any of the deployment's own that its policies ask for. */
  readonly roles: readonly string[];
  /** What an approver also speaks for: `@ask("payments")` is answered by an approver of the group `payments`. */
  readonly groups?: readonly string[];
  /** Who this is at the deployment's OpenID provider. */
  readonly subject?: string;
  readonly email?: string;
}

/** Whoever holds the admin key. A key has no face: it is nobody in particular, and may be the owner. */
export const KEY_HOLDER = "admin" as PersonName;

/** An admin holds every built-in role, and only those of the deployment's own that it was given. */
export function rolesOf(person: Person): readonly string[] {
  return person.roles.includes("admin") ? [...new Set([...person.roles, ...ROLES])] : person.roles;
}

/** What this person's answers speak for: their roles, and as an approver their groups. A group by itself, or a group
 *  that is called like a role, gives nothing. */
export function speaksFor(person: Person): readonly string[] {
  const roles = rolesOf(person);
  const groups = roles.includes("approver") ? (person.groups ?? []) : [];
  return [...new Set([...roles, ...groups.filter((group) => !ROLES.includes(group as Role))])];
}

export function may(person: Person, role: Role): boolean {
  return rolesOf(person).includes(role) || (role === "viewer" && person.roles.length > 0);
}

/** Whether this person is shown what calls hold, and not only that they were made: whoever runs the system, and whoever
 *  is asked. */
export function seesContent(person: Person, asked: readonly string[]): boolean {
  return may(person, "operator") || speaksFor(person).some((role) => asked.includes(role));
}
