import { type ChildProcess, spawn } from "node:child_process";
import type { Launch } from "../ports/configuration.ts";
import { createLines } from "./lines.ts";

type StdioLaunch = Extract<Launch, { kind: "stdio" }>;

export interface ChildListener {
  line(line: Buffer): void;
  /** A line longer than allowed came; the child is still there, and is not listened to any more. */
  flooded(): void;
  stderr(text: string): void;
  /** It has ended, or never began. Told once. */
  ended(why: string): void;
}

/** One process of an upstream, leader of a process group of its own. */
export interface Child {
  /** False when it has ended, or does not read what it was sent. */
  write(line: string): boolean;
  /** Ends its input, asks it to end after 2 s, and ends it after 4; resolves when it and its group are gone. */
  stop(): Promise<void>;
  /** Ends it and its group now. */
  kill(): void;
}

export interface Children {
  start(launch: StdioLaunch, maxLine: number, listener: ChildListener): Child;
  /** Synchronous, for the moment our own process ends: nothing of ours outlives it. */
  killAll(): void;
}

const MAX_UNREAD = 16 * 1024 * 1024;
const MAX_STDERR = 64 * 1024;
/** What of our own environment a child gets. Nothing else: not our secrets, not our settings, not our home. */
const INHERITED = ["PATH", "LANG", "TZ"] as const;

function scrubbedEnvironment(
  own: Readonly<Record<string, string | undefined>>,
  configured: Readonly<Record<string, string>>,
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of INHERITED) {
    const value = own[name];
    if (value !== undefined) env[name] = value;
  }
  return { ...env, ...configured };
}

export function createChildren(): Children {
  const groups = new Set<number>();

  function start(launch: StdioLaunch, maxLine: number, listener: ChildListener): Child {
    const child = spawn(launch.command, [...launch.args], {
      cwd: launch.cwd,
      env: scrubbedEnvironment(process.env, launch.env),
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
      windowsHide: true,
    });
    const { pid } = child;
    if (pid !== undefined) groups.add(pid);
    let over = false;
    let stopping: Promise<void> | null = null;
    const gone = Promise.withResolvers<void>();

    function end(why: string): void {
      if (over) return;
      over = true;
      // What the leader started and left behind goes with it.
      if (pid !== undefined) {
        signalGroup(pid, "SIGKILL");
        groups.delete(pid);
      }
      child.stdin?.destroy();
      gone.resolve();
      listener.ended(why);
    }
    child.once("error", (error: NodeJS.ErrnoException) => {
      if (pid === undefined) end(`it cannot be started (${error.code ?? "unknown"})`);
    });
    // What it wrote before it ended is still read: `close` comes after the pipes, and `exit` may be the last we hear
    // where a process that left the group holds them open.
    child.once("exit", (code, signal) => {
      if (pid !== undefined) signalGroup(pid, "SIGKILL");
      const why = `it ended (${code === null ? String(signal) : `exit ${code}`})`;
      const late = setTimeout(() => end(why), 200);
      child.once("close", () => {
        clearTimeout(late);
        end(why);
      });
    });
    listen(child, maxLine, listener, () => over);

    function kill(): void {
      if (pid !== undefined && !over) signalGroup(pid, "SIGKILL");
    }
    return {
      write(line) {
        const { stdin } = child;
        if (over || stopping !== null || stdin.destroyed || stdin.writableEnded || stdin.writableLength > MAX_UNREAD)
          return false;
        stdin.write(line);
        return true;
      },
      stop() {
        stopping ??= (async () => {
          if (over || pid === undefined) return gone.promise;
          child.stdin.end();
          const term = setTimeout(() => signalGroup(pid, "SIGTERM"), 2_000);
          const last = setTimeout(kill, 4_000);
          await gone.promise;
          clearTimeout(term);
          clearTimeout(last);
        })();
        return stopping;
      },
      kill,
    };
  }

  return {
    start,
    killAll() {
      for (const pid of groups) signalGroup(pid, "SIGKILL");
    },
  };
}

function listen(child: ChildProcess, maxLine: number, listener: ChildListener, over: () => boolean): void {
  const feed = createLines((line) => {
    if (!over()) listener.line(line);
  }, maxLine);
  let flooded = false;
  child.stdout?.on("data", (chunk: Buffer) => {
    if (flooded || feed(chunk)) return;
    flooded = true;
    listener.flooded();
  });
  let told = 0;
  child.stderr?.on("data", (chunk: Buffer) => {
    if (told < MAX_STDERR) listener.stderr(chunk.toString("utf8").slice(0, MAX_STDERR - told));
    told += chunk.length;
  });
  // A pipe that breaks is a child that ends, and that is told by `exit`.
  for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe?.on("error", () => {});
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Nothing is left of the group.
  }
}
