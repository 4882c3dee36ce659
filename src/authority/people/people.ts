import { timingSafeEqual } from "node:crypto";
import type { PersonName } from "../../domain/ids.ts";
import { KEY_HOLDER, type Person } from "../../domain/person.ts";
import type { Actor, AuthorityParts } from "../parts.ts";
import { refusal } from "../refusals.ts";

const CODE_LIFE_MS = 10 * 60_000;
const SESSION_LIFE_MS = 12 * 3_600_000;
const MAX_OPEN_CODES = 100;
const MAX_SESSIONS = 1_000;
const KEY = /^wp_[A-Za-z0-9_-]{43,86}$/;

/** Whoever holds the admin key. */
export const ADMIN: Person = { name: KEY_HOLDER, roles: ["admin"] };

export interface BrowserSession {
  readonly person: Person;
  /** Goes with every request of this session, beside the cookie: a browser gives the cookie to whatever listens on any
   *  port of this machine, and this to Writ's own pages only. */
  readonly csrf: string;
}

/** Who is at the control plane. Nothing an agent is ever given opens any of it. */
export interface People {
  /** The person a key belongs to: the admin key, or a personal key of somebody still in `writ.yaml`. */
  byKey(key: string): Promise<Person | null>;
  /** Whether this is the launcher's key. */
  isLauncher(key: string): boolean;
  /** Makes a personal key and returns it this once; only its keyed digest is kept. Earlier keys of the person stop.
   *  @throws WritError `person_unknown`. */
  issueKey(name: string, by: Actor): Promise<string>;
  /** A code for one sign-in in a browser within ten minutes. */
  signInCode(person: Person): string;
  /** Spends a code; null when unknown, used or too old. `secret` is the cookie's value. */
  signIn(code: string): { readonly secret: string; readonly session: BrowserSession } | null;
  bySession(secret: string): BrowserSession | null;
  signOut(secret: string): void;
}

export interface Keys {
  readonly admin: string;
  readonly launcher: string;
}

export function createPeople(
  parts: Pick<AuthorityParts, "store" | "clock" | "ids" | "digests" | "configuration">,
  keys: Keys,
): People {
  // Codes and sessions live as long as this process; both are looked up by digest, so that timing tells nothing.
  const codes = new Map<string, { readonly person: Person; readonly until: number }>();
  const sessions = new Map<string, BrowserSession & { readonly until: number }>();
  const same = (given: string, held: string): boolean => {
    const a = Buffer.from(parts.digests.plain(given));
    const b = Buffer.from(parts.digests.plain(held));
    return held !== "" && a.length === b.length && timingSafeEqual(a, b);
  };
  const named = (name: PersonName): Person | null =>
    parts.configuration.people.find((one) => one.name === name) ?? null;

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
    signInCode(person) {
      const now = parts.clock.now();
      forget(codes, now, MAX_OPEN_CODES);
      const code = `${parts.ids.nonce()}${parts.ids.nonce()}`;
      codes.set(parts.digests.plain(code), { person, until: now + CODE_LIFE_MS });
      return code;
    },
    signIn(code) {
      const id = parts.digests.plain(code);
      const found = codes.get(id);
      codes.delete(id);
      const now = parts.clock.now();
      if (found === undefined || now >= found.until) return null;
      forget(sessions, now, MAX_SESSIONS);
      const secret = `${parts.ids.nonce()}${parts.ids.nonce()}`;
      const session = { person: found.person, csrf: parts.ids.nonce(), until: now + SESSION_LIFE_MS };
      sessions.set(parts.digests.plain(secret), session);
      return { secret, session };
    },
    bySession(secret) {
      const found = sessions.get(parts.digests.plain(secret));
      return found !== undefined && parts.clock.now() < found.until ? found : null;
    },
    signOut(secret) {
      sessions.delete(parts.digests.plain(secret));
    },
  };
}

/** Drops what is over, and the oldest beyond `most`. */
function forget(held: Map<string, { readonly until: number }>, now: number, most: number): void {
  for (const [id, one] of held) if (now >= one.until) held.delete(id);
  for (const id of held.keys()) {
    if (held.size < most) return;
    held.delete(id);
  }
}
