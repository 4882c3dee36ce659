import { execFileSync } from "node:child_process";
import { WritError } from "../domain/error.ts";

/** A user of this machine. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** By name, by `uid`, or by `uid:gid`. A user id without an account has its own number as group, and no home.
 *  @throws WritError `user_unknown`, `user_is_root`. */
export function accountOf(user: string): Account {
  const [, uid, gid] = /^(\d{1,9})(?::(\d{1,9}))?$/.exec(user) ?? [];
  const known = entryOf(uid ?? user);
  const account: Account | null =
    known ??
    (uid === undefined ? null : { name: uid, uid: Number(uid), gid: Number(gid ?? uid), home: "/", shell: "/bin/sh" });
  if (account === null)
    throw fault("user_unknown", user, `there is no user \`${user}\` here`, "make one, such as with `useradd --system`");
  if (account.uid === 0)
    throw fault(
      "user_is_root",
      user,
      "an agent that runs as root is stopped by nothing",
      "name a user made for agents",
    );
  return gid === undefined ? account : { ...account, gid: Number(gid) };
}

/** As the system's own databases have it, whichever they are. */
function entryOf(user: string): Account | null {
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/.test(user)) return null;
  try {
    const entry = execFileSync("getent", ["passwd", user], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    const [name = "", , uid, gid, , home = "", shell = ""] = entry.trim().split(":");
    return { name, uid: Number(uid), gid: Number(gid), home: home || "/", shell: shell || "/bin/sh" };
  } catch {
    return null;
  }
}

function fault(code: string, user: string, message: string, hint: string): WritError {
  return new WritError({ code, status: 400, facts: { user }, message, hint });
}
