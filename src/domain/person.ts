import type { PersonName } from "./ids.ts";

/** What a person may do: see, answer asks, run the system, change its rules. `admin` implies the rest. */
export const ROLES = ["viewer", "approver", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

export interface Person {
  readonly name: PersonName;
  /** Built-in roles, and any of the deployment's own that its policies ask for. */
  readonly roles: readonly string[];
}

/** An admin holds every built-in role, and only those of the deployment's own that it was given. */
export function rolesOf(person: Person): readonly string[] {
  return person.roles.includes("admin") ? [...new Set([...person.roles, ...ROLES])] : person.roles;
}

export function may(person: Person, role: Role): boolean {
  return rolesOf(person).includes(role) || (role === "viewer" && person.roles.length > 0);
}
