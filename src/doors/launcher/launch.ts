import { platform, release, userInfo } from "node:os";
import { WritError } from "../../domain/error.ts";
import { createControl, type Heard, type Held } from "./control.ts";
import type { ProgramPart } from "./program.ts";
import { callerOf, mark, type ProcessMark, TELLS, userOf } from "./process-tree.ts";
import { createProver } from "./prover.ts";
import { startProxy } from "./proxy.ts";

export interface LaunchSettings {
  /** Where Writ listens. */
  readonly origin: string;
  readonly launcherKey: string;
  readonly agent: string;
  /** The owner's words; empty when there are none. */
  readonly objective: string;
  /** What will run, for people who read the record. */
  readonly command?: string;
  /** What is known of what will run. */
  readonly parts?: readonly ProgramPart[];
  /** False where no process tree is to be held to the address: a program that launches itself. */
  readonly checkTree?: boolean;
  /** The address answers to processes of this user id, and to no other: for a program that runs as somebody else. */
  readonly user?: number;
  readonly say?: (line: string) => void;
}

export interface Launched {
  readonly instance: string;
  readonly task: string;
  readonly deadline: number;
  /** Works for this run only; a secret. */
  readonly url: string;
  /** From now on the address answers to this process and those below it. Before, it answers to nobody. */
  bind(pid: number): void;
  /** Says what was seen of the run since: another model, another prompt. In force when it resolves. */
  observe(parts: readonly Heard[]): Promise<void>;
  /** Ends the task and takes the address down; the second time does nothing. */
  close(why: string): Promise<void>;
}

const RENEW_AHEAD_MS = 5 * 60_000;
const INSTANCE_RENEWAL_MS = 20 * 60_000;
const RETRY_MS = 10_000;
/** A token with less time left than this is not put on another request. */
const LEAST_LEFT_MS = 60_000;

/** Enrols an instance, opens a task for it and holds its token, renewed in time, behind a loopback address.
 *  The instance key and every token stay in this process's memory.
 *  @throws WritError `control_unreachable`, or the control plane's own refusal; nothing is left open then. */
export async function launch(settings: LaunchSettings): Promise<Launched> {
  const prover = createProver(settings.origin);
  const control = createControl(settings.origin, settings.launcherKey, prover);
  const say = settings.say ?? (() => {});
  const { user } = settings;
  if (user !== undefined && !TELLS)
    throw new WritError({
      code: "user_unchecked",
      status: 400,
      facts: {},
      message: "this system does not tell whose a connection is, so an address cannot be kept to one user",
      hint: "run it on Linux, or start the command with `writ run` as this user",
    });
  const checked = user === undefined && settings.checkTree !== false && TELLS;
  const enrolled = await control.enrol(
    settings.agent,
    selectors(settings.command, checked ? "checked" : user === undefined ? "unchecked" : "user", user),
  );
  let credential = enrolled.credential;
  const { parts = [] } = settings;
  if (parts.length > 0) await control.fingerprint(credential.token, parts);
  const opened = await control.openTask(credential.token, settings.objective);
  let token = opened.token;
  const below = createTaskTokens((task) => control.renewTask(credential.token, task));
  const again = alone(async () => {
    token = await control.renewTask(credential.token, opened.task);
  });
  let root: ProcessMark | null = null;
  let strangers = 0;

  const proxy = await startProxy({
    gateway: settings.origin,
    prover,
    token: async (task) => (task === null || task === opened.task ? token.token : below(task)),
    renewed: async (task) => {
      if (task !== null && task !== opened.task) return below(task, true);
      await again();
      return token.token;
    },
    callerOf: (remotePort, localPort) =>
      user !== undefined
        ? userOf(user, remotePort, localPort)
        : !checked
          ? "unchecked"
          : root === null
            ? "stranger"
            : callerOf(root, remotePort, localPort),
    onRefused: (why) => {
      strangers++;
      // A flood of strangers must not become a flood of lines.
      if (strangers <= 10 || strangers % 1_000 === 0)
        say(`refused a connection to this run's address (${why}, ${strangers} so far)`);
    },
  }).catch(async (cause: unknown) => {
    await control.endTask(credential.token, opened.task, "the launcher failed").catch(() => {});
    throw cause;
  });

  const stopTask = keepFresh(
    () => token,
    async () => {
      token = await control.renewTask(credential.token, opened.task);
    },
    RENEW_AHEAD_MS,
    say,
  );
  const stopInstance = keepFresh(
    () => credential,
    async () => {
      credential = await control.renewInstance(credential.token);
    },
    INSTANCE_RENEWAL_MS,
    say,
  );

  let closed: Promise<void> | null = null;
  async function shut(why: string): Promise<void> {
    stopTask();
    stopInstance();
    // The address goes first: nothing is let in while the task is being ended.
    await proxy.close();
    await control.endTask(credential.token, opened.task, why);
  }

  return {
    instance: enrolled.instance,
    task: opened.task,
    deadline: opened.deadline,
    url: proxy.url,
    bind(pid) {
      root = mark(pid);
    },
    observe: (seen) => control.fingerprint(credential.token, seen),
    close: (why) => (closed ??= shut(why)),
  };
}

/** Tokens of tasks that the agent opened below its own, each asked for when it is first used and again when it runs out. */
function createTaskTokens(renew: (task: string) => Promise<Held>): (task: string, anew?: boolean) => Promise<string> {
  const held = new Map<string, Promise<Held>>();
  return async (task, anew = false) => {
    const known = anew ? null : await held.get(task)?.catch(() => null);
    if (known !== undefined && known !== null && known.expiresAt - Date.now() > LEAST_LEFT_MS) return known.token;
    const asked = renew(task);
    held.set(task, asked);
    asked.catch(() => held.delete(task));
    return (await asked).token;
  };
}

/** Many that ask at once wait for the same. */
function alone(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  return () => (running ??= work().finally(() => (running = null)));
}

/** Renews `current` before it expires, again and again; gives up where it is told that it may not. */
function keepFresh(
  current: () => Held,
  renew: () => Promise<void>,
  aheadMs: number,
  say: (line: string) => void,
): () => void {
  let timer: NodeJS.Timeout;
  function plan(after: number): void {
    timer = setTimeout(() => void again(), Math.max(1_000, Math.min(after, 2 ** 30)));
    timer.unref();
  }
  function due(): number {
    const left = current().expiresAt - Date.now();
    return Math.max(left - aheadMs, left / 3);
  }
  async function again(): Promise<void> {
    try {
      await renew();
      plan(due());
    } catch (cause) {
      const final = cause instanceof WritError && cause.status >= 400 && cause.status < 500;
      say(
        `${cause instanceof Error ? cause.message : "renewal failed"}${final ? "; this run's calls will be refused" : "; trying again"}`,
      );
      if (!final) plan(RETRY_MS);
    }
  }
  plan(due());
  return () => clearTimeout(timer);
}

function selectors(
  command: string | undefined,
  tree: "checked" | "unchecked" | "user",
  as: number | undefined,
): Record<string, string> {
  let user = "";
  try {
    user = userInfo().username;
  } catch {
    // A user id without an account, as in many containers.
  }
  const seen = {
    pid: String(process.pid),
    user,
    uid: String(process.getuid?.() ?? ""),
    system: `${platform()} ${release()}`,
    command: command ?? "",
    tree,
    // Whom the agent runs as: the launcher's own user, or the one its address is kept to.
    runsAs: String(as ?? process.getuid?.() ?? ""),
  };
  return Object.fromEntries(Object.entries(seen).map(([key, value]) => [key, value.slice(0, 256)]));
}
