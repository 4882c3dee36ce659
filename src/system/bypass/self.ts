import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import type { BypassAttempt } from "../../domain/bypass.ts";
import { came, refused } from "./attempt.ts";
import type { BypassPlan } from "./plan.ts";

const NAMES_A_SECRET = /(?:^|_)(?:API_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|AUTH)(?:$|_)/i;
const LOOKS_SECRET =
  /\beyJ[\w-]{8,}\.[\w-]{8,}|\bgh[opsu]_\w{20,}|\bgithub_pat_|\bsk-[\w-]{16,}|\bAKIA[A-Z0-9]{16}\b|:\/\/[^/\s:@]+:[^/\s@]+@/;
/** Sockets that speak for somebody. */
const AGENT_SOCKETS = ["SSH_AUTH_SOCK", "GPG_AGENT_INFO", "DBUS_SESSION_BUS_ADDRESS"];

/** What this very process was given: who it is, what it may become, and what its environment holds. Names only. */
export function tryOneself(
  plan: BypassPlan,
  env: Readonly<Record<string, string | undefined>>,
): readonly BypassAttempt[] {
  const held = Object.entries(env).flatMap(([name, value = ""]) =>
    !name.startsWith("WRIT_MCP_") &&
    value !== "" &&
    (NAMES_A_SECRET.test(name) || LOOKS_SECRET.test(value) || AGENT_SOCKETS.includes(name))
      ? [name]
      : [],
  );
  return [
    came(
      "find a key in its own environment",
      held.length === 0 ? "barrier" : "open",
      held.length === 0 ? "there is none" : held.join(", "),
      "start the agent without it, and give it to Writ: `writ creds add`",
    ),
    ...tryUser(plan),
    ...tryPrivileges(),
  ];
}

function tryUser(plan: BypassPlan): readonly BypassAttempt[] {
  const uid = process.getuid?.();
  if (uid === undefined) return [];
  if (uid === 0) return [came("be root", "open", "it is", "run the agent as a user of its own")];
  if (plan.uid === null) return [];
  const same = plan.uid === uid;
  return [
    came(
      "be the user of Writ",
      same ? "open" : "barrier",
      same ? `both are user ${uid}` : `it is user ${uid}, Writ is ${plan.uid}`,
      "run the agent as a user of its own: `writ run --user`",
    ),
  ];
}

function tryPrivileges(): readonly BypassAttempt[] {
  const attempts: BypassAttempt[] = [];
  const status = statusOf();
  const capabilities = /^CapEff:\s*(\w+)/m.exec(status)?.[1] ?? "0";
  const none = /^0*$/.test(capabilities);
  attempts.push(
    came(
      "use a privilege of its own",
      none ? "barrier" : "open",
      none ? "it has none" : `it has ${capabilities}`,
      "start it without capabilities",
    ),
  );
  if (/^NoNewPrivs:\s*0/m.test(status))
    attempts.push(
      came(
        "gain a privilege by a setuid program",
        "friction",
        "nothing keeps it from trying",
        "start it with no new privileges: `writ run --user`, or `NoNewPrivileges=yes`",
      ),
    );
  if (existsSync("/usr/bin/sudo")) {
    try {
      execFileSync("/usr/bin/sudo", ["-n", "true"], { stdio: "ignore", timeout: 5_000 });
      attempts.push(
        came("become root by sudo", "open", "sudo asks for nothing", "take the agent's user out of sudoers"),
      );
    } catch (cause) {
      attempts.push(refused("become root by sudo", cause));
    }
  }
  if (process.stdin.isTTY && readOr("/proc/sys/dev/tty/legacy_tiocsti", "0").trim() === "1")
    attempts.push(
      came(
        "type into the terminal it was started from",
        "friction",
        "dev.tty.legacy_tiocsti is 1",
        "set it to 0, or start agents without a terminal",
      ),
    );
  return attempts;
}

function statusOf(): string {
  return readOr("/proc/self/status", "");
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return otherwise;
  }
}
