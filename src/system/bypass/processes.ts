import { closeSync, openSync, readdirSync, readFileSync, statSync } from "node:fs";
import type { BypassAttempt } from "../../domain/bypass.ts";
import { attempt, came } from "./attempt.ts";
import { listeners } from "./listeners.ts";
import type { BypassPlan } from "./plan.ts";

const OWN_USER = "run Writ and its launcher as a user of their own: deploy/README.md";
/** Of one user's processes, as many are tried. */
const MOST = 64;

/** What `/proc` and signals give away of the gateway's user, and of the processes this one was started by. */
export function tryProcesses(plan: BypassPlan): readonly BypassAttempt[] {
  if (process.platform !== "linux")
    return [
      came("look into the gateway", "friction", "this system does not tell; nothing was tried", "try it on Linux"),
    ];
  const uid = plan.uid ?? listeners().find(({ port }) => port === Number(new URL(plan.origin).port))?.uid ?? null;
  const gateway = uid === null ? [] : processesOf(uid);
  const found = gateway.length === 0 ? [] : tryAll("the gateway's user", gateway);
  const above = ancestors().filter((pid) => !gateway.includes(pid));
  return [...found, ...(above.length === 0 ? [] : tryAll("whoever started this", above))];
}

/** Each way in, over all of these processes: open as soon as one lets it happen. */
function tryAll(whose: string, pids: readonly number[]): readonly BypassAttempt[] {
  const some = (act: (pid: number) => void): string => {
    let last: unknown = new Error("there is none");
    for (const pid of pids) {
      try {
        act(pid);
        return `process ${pid}`;
      } catch (cause) {
        last = cause;
      }
    }
    throw last;
  };
  return [
    attempt(
      `read the environment of ${whose}`,
      () => some((pid) => void readFileSync(`/proc/${pid}/environ`)),
      OWN_USER,
    ),
    // Opening it asks what ptrace would be asked.
    attempt(
      `trace ${whose}, or read its memory`,
      () => some((pid) => closeSync(openSync(`/proc/${pid}/mem`, "r"))),
      OWN_USER,
    ),
    attempt(`see what files ${whose} has open`, () => some((pid) => void readdirSync(`/proc/${pid}/fd`)), OWN_USER),
    // The first one is a debugger: SIGUSR1 opens it in every Node process.
    attempt(`signal ${whose}: open its debugger, or end it`, () => some((pid) => process.kill(pid, 0)), OWN_USER),
  ];
}

function processesOf(uid: number): readonly number[] {
  return readdirSync("/proc")
    .filter((entry) => /^[0-9]+$/.test(entry) && Number(entry) !== process.pid)
    .map(Number)
    .filter((pid) => ownerOf(pid) === uid)
    .slice(0, MOST);
}

function ownerOf(pid: number): number | null {
  try {
    return statSync(`/proc/${pid}`).uid;
  } catch {
    return null;
  }
}

/** The processes above this one, short of the first. */
function ancestors(): readonly number[] {
  const above: number[] = [];
  for (let pid = process.ppid; pid > 1 && above.length < 16;) {
    above.push(pid);
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
      pid = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    } catch {
      break;
    }
  }
  return above;
}
