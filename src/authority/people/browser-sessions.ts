import type { BrowserSessionRecord } from "../../domain/browser-session.ts";
import type { Person } from "../../domain/person.ts";
import type { AuthorityParts } from "../parts.ts";

const CODE_LIFE_MS = 10 * 60_000;
const SESSION_LIFE_MS = 12 * 3_600_000;

export interface BrowserSession {
  readonly person: Person;
  /** Goes with every request of this session, beside the cookie: a browser gives the cookie to whatever listens on any
   *  port of this machine, and this to Writ's own pages only. */
  readonly csrf: string;
}

export interface SignedIn {
  /** The cookie's value; only its digest is kept. */
  readonly secret: string;
  readonly session: BrowserSession;
}

/** Signing in and out at a browser. Codes and sessions are in the store, by digest: any gateway on it serves them, and
 *  they outlive a restart. */
export interface BrowserSessions {
  /** A code for one sign-in within ten minutes. */
  signInCode(person: Person): Promise<string>;
  /** Who a code is for, and uses it up; null when unknown, used or too old. */
  spendCode(code: string): Promise<Person | null>;
  /** Spends a code and begins a session; null as `spendCode`. */
  signIn(code: string): Promise<SignedIn | null>;
  /** Begins a session for somebody who was just shown to be there; null for one who is nobody here. */
  begin(person: Person, by: BrowserSessionRecord["by"]): Promise<SignedIn | null>;
  /** Somebody with the roles of today; null for one who has left. */
  asOfNow(record: Pick<BrowserSessionRecord, "person" | "by">): Person | null;
  /** Null for a session that is over, or whose person has left. */
  bySession(secret: string): Promise<BrowserSession | null>;
  signOut(secret: string): Promise<void>;
}

type Parts = Pick<AuthorityParts, "store" | "clock" | "ids" | "digests">;

/** `standing`: somebody as they stand now; null for one who has left. */
export function createBrowserSessions(
  { store, clock, ids, digests }: Parts,
  standing: (record: Pick<BrowserSessionRecord, "person" | "by">) => Person | null,
): BrowserSessions {
  const secretOf = (): string => `${ids.nonce()}${ids.nonce()}`;
  const csrfOf = (secret: string): string => digests.keyed(`csrf ${secret}`).split(":")[1] ?? "";

  async function begin(person: Person, by: BrowserSessionRecord["by"]): Promise<SignedIn | null> {
    const current = standing({ person, by });
    if (current === null) return null;
    const secret = secretOf();
    const now = clock.now();
    const record: BrowserSessionRecord = { person, by, until: now + SESSION_LIFE_MS };
    await store.write(async (tx) => {
      await tx.putDocument("browser_session", digests.keyed(secret), record, record.until);
      await tx.append({ kind: "sign_in", at: now, call: null, task: null, body: { person: person.name, by } });
    });
    return { secret, session: { person: current, csrf: csrfOf(secret) } };
  }

  async function spendCode(code: string): Promise<Person | null> {
    const id = digests.keyed(code);
    // Whoever guesses makes nothing be written.
    if ((await store.read((tx) => tx.document("sign_in_code", id))) === null) return null;
    const found = await store.write(async (tx) => {
      const held = await tx.document("sign_in_code", id);
      return (await tx.dropDocument("sign_in_code", id)) ? held : null;
    });
    return found === null || clock.now() >= found.until ? null : standing({ person: found.person, by: "code" });
  }

  return {
    async signInCode(person) {
      const code = secretOf();
      const until = clock.now() + CODE_LIFE_MS;
      await store.write((tx) => tx.putDocument("sign_in_code", digests.keyed(code), { person, until }, until));
      return code;
    },
    spendCode,
    async signIn(code) {
      const person = await spendCode(code);
      return person === null ? null : begin(person, "code");
    },
    begin,
    asOfNow: standing,
    async bySession(secret) {
      const found = await store.read((tx) => tx.document("browser_session", digests.keyed(secret)));
      if (found === null || clock.now() >= found.until) return null;
      const person = standing(found);
      return person === null ? null : { person, csrf: csrfOf(secret) };
    },
    async signOut(secret) {
      const id = digests.keyed(secret);
      await store.write(async (tx) => {
        const found = await tx.document("browser_session", id);
        if (found === null || !(await tx.dropDocument("browser_session", id))) return;
        const body = { person: found.person.name };
        await tx.append({ kind: "sign_out", at: clock.now(), call: null, task: null, body });
      });
    },
  };
}
