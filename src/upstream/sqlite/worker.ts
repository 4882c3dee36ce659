import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { Errand, FromChild, ToChild } from "./messages.ts";

/** Source and package alike: beside this file, and of its kind. */
const PROGRAM = join(import.meta.dirname, `process${import.meta.filename.endsWith(".ts") ? ".ts" : ".js"}`);

/** A process that runs one statement at a time. It is given no environment. */
export interface Worker {
  run(errand: Errand): Promise<FromChild | null>;
  /** Lets what ran stay. Null, here and there: it ended without a word. */
  commit(): Promise<FromChild | null>;
  /** Ends it now, whatever it does. */
  kill(): void;
  readonly alive: () => boolean;
}

export function startWorker(): Worker {
  const child: ChildProcess = fork(PROGRAM, [], {
    env: {},
    execArgv: ["--no-warnings", "--max-old-space-size=256"],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    serialization: "advanced",
  });
  let waiting: ((said: FromChild | null) => void) | null = null;
  let alive = true;

  function tell(said: FromChild | null): void {
    const heard = waiting;
    waiting = null;
    child.unref();
    child.channel?.unref();
    heard?.(said);
  }
  function gone(): void {
    alive = false;
    tell(null);
  }
  function ask(message: ToChild): Promise<FromChild | null> {
    if (!alive) return Promise.resolve(null);
    child.ref();
    child.channel?.ref();
    return new Promise((resolve) => {
      waiting = resolve;
      child.send(message, (fault) => {
        if (fault !== null) gone();
      });
    });
  }

  child.on("message", (said) => tell(said as FromChild));
  child.on("error", gone);
  child.on("exit", gone);
  child.unref();
  child.channel?.unref();
  return {
    run: (errand) => ask({ kind: "run", errand }),
    commit: () => ask({ kind: "commit" }),
    kill() {
      alive = false;
      child.kill("SIGKILL");
    },
    alive: () => alive,
  };
}
