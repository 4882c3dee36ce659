import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../docs/pages.ts";

export const MAIN = join(ROOT, "src", "main.ts");

/** Users that only exist as numbers, so that nothing is left on the machine. */
export const USERS = { writ: 61_001, servers: 61_002, agent: 61_003 } as const;

/** Why this machine cannot show what different users can and cannot do; null where it can. */
export const NOT_HERE: string | null = whyNot();

function whyNot(): string | null {
  if (process.platform !== "linux") return "users are told apart on Linux only";
  if (process.getuid?.() !== 0) return "only root can start processes of other users; run this test as root";
  const tried = spawnSync(process.execPath, [MAIN, "--version"], { uid: USERS.agent, gid: USERS.agent, env: {} });
  return tried.status === 0 ? null : `another user can neither run ${process.execPath} nor read ${ROOT}`;
}

export interface Process {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  /** Resolves once its standard error or output holds this. */
  says(text: string): Promise<void>;
  readonly ended: Promise<number>;
  stop(): Promise<number>;
}

/** Starts a program as a user; as the present one where only root could choose. */
export function start(
  user: number | null,
  command: readonly string[],
  options: { readonly cwd?: string; readonly env?: Record<string, string>; readonly gid?: number } = {},
): Process {
  const [file = "", ...args] = command;
  const child = spawn(file, args, {
    ...(user === null || process.getuid?.() !== 0 ? {} : { uid: user, gid: options.gid ?? user }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { PATH: process.env["PATH"] ?? "", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const ended = once(child, "close").then(([code]) => (code as number | null) ?? -1);
  return {
    child,
    out: () => out,
    err: () => err,
    async says(text) {
      const until = Date.now() + 30_000;
      while (!(out + err).includes(text)) {
        if (child.exitCode !== null || Date.now() > until) throw new Error(`it never said ${text}: ${out}${err}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    ended,
    stop() {
      child.kill("SIGTERM");
      return ended;
    },
  };
}

/** A folder that everybody may pass through, and the way to be rid of it. */
export function ground(): {
  readonly path: string;
  folder(name: string, owner: number, mode: number, group?: number): string;
  clear(): void;
} {
  const path = mkdtempSync(join(tmpdir(), "writ-users-"));
  chmodSync(path, 0o711);
  return {
    path,
    folder(name, owner, mode, group = owner) {
      const made = join(path, name);
      mkdirSync(made);
      if (process.getuid?.() === 0) chownSync(made, owner, group);
      chmodSync(made, mode);
      return made;
    },
    clear: () => rmSync(path, { recursive: true, force: true }),
  };
}
