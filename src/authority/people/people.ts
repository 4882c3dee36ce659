import { timingSafeEqual } from "node:crypto";
import type { PersonName } from "../../domain/ids.ts";
import { KEY_HOLDER, type Person } from "../../domain/person.ts";
import type { Actor, AuthorityParts } from "../parts.ts";
import { refusal } from "../refusals.ts";
import { type BrowserSessions, createBrowserSessions } from "./browser-sessions.ts";

const KEY = /^wp_[A-Za-z0-9_-]{43,86}$/;

/** Whoever holds the admin key. */
export const ADMIN: Person = { name: KEY_HOLDER, roles: ["admin"] };

/** Who is at the control plane. Nothing an agent is ever given opens any of it. */
export interface People extends BrowserSessions {
  /** The person a key belongs to: the admin key, or a personal key of somebody still in `writ.yaml`. */
  byKey(key: string): Promise<Person | null>;
  /** Whether this is the launcher's key. */
  isLauncher(key: string): boolean;
  /** Makes a personal key and returns it this once; only its keyed digest is kept. Earlier keys of the person stop.
   *  @throws WritError `person_unknown`. */
  issueKey(name: string, by: Actor): Promise<string>;
}

export interface Keys {
  readonly admin: string;
  readonly launcher: string;
}

export function createPeople(
  parts: Pick<AuthorityParts, "store" | "clock" | "ids" | "digests" | "configuration">,
  keys: Keys,
): People {
  const same = (given: string, held: string): boolean => {
    const a = Buffer.from(parts.digests.plain(given));
    const b = Buffer.from(parts.digests.plain(held));
    return held !== "" && a.length === b.length && timingSafeEqual(a, b);
  };
  const named = (name: PersonName): Person | null =>
    parts.configuration.people.find((one) => one.name === name) ?? null;

  /** Roles are those of today; whoever is not in `writ.yaml` any more is nobody. */
  const standing: Parameters<typeof createBrowserSessions>[1] = ({ person, by }) => {
    if (person.name === KEY_HOLDER) return by === "code" ? ADMIN : null;
    const now = named(person.name);
    if (now === null || by === "code") return now;
    // What the provider said holds for as long as the session does.
    return {
      ...now,
      roles: [...new Set([...now.roles, ...person.roles])],
      groups: [...new Set([...(now.groups ?? []), ...(person.groups ?? [])])],
    };
  };

  return {
    async byKey(key) {
      if (same(key, keys.admin)) return ADMIN;
      if (!KEY.test(key)) return null;
      const name = await parts.store.read((tx) => tx.personByKey(parts.digests.keyed(key)));
      return name === null ? null : named(name);
    },
    isLauncher: (key) => same(key, keys.launcher),
    async issueKey(name, by) {
      const person = named(name as PersonName);
      if (person === null) {
        throw refusal(
          "person_unknown",
          404,
          { person: name.slice(0, 64) },
          `there is nobody called \`${name.slice(0, 64)}\``,
          "add them to `people` in `writ.yaml`, and start Writ again",
        );
      }
      const key = `wp_${parts.ids.nonce()}${parts.ids.nonce()}`;
      const now = parts.clock.now();
      await parts.store.write(async (tx) => {
        await tx.dropPersonKeys(person.name);
        await tx.putPersonKey(parts.digests.keyed(key), person.name, now);
        await tx.append({
          kind: "person_key",
          at: now,
          call: null,
          task: null,
          body: { person: person.name, roles: person.roles, by },
        });
      });
      return key;
    },
    ...createBrowserSessions(parts, standing),
  };
}
