import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, lstatSync, rmSync, statSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { dirname } from "node:path";
import { WritError } from "../domain/error.ts";
import { LIMITS } from "./limits.ts";

export interface ServeSettings {
  /** Absolute; made here, for its owner and its folder's group. */
  readonly socket: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
}

/** `writ serve`: runs a stdio server for a Writ that is another user. Every connection to the socket gets a process of its
 *  own, with this process's user and environment; it ends with the connection. Whoever may write to the socket may use
 *  the server, so the socket is its owner's and its group's alone, and its folder is nobody else's to write.
 *  Resolves when `signal` has aborted and every process is gone.
 *  @throws WritError `serve_as_root`, `socket_folder_open`, `socket_in_use`, `socket_failed`. */
export async function serve(settings: ServeSettings, signal: AbortSignal, onReady: () => void): Promise<void> {
  const { socket: path, say } = settings;
  if (process.getuid?.() === 0)
    throw fault("serve_as_root", path, "a server would run as root", "start this as a user made for servers");
  if (((statSync(dirname(path), { throwIfNoEntry: false })?.mode ?? 0) & 0o002) !== 0)
    throw fault(
      "socket_folder_open",
      path,
      "everybody can write to the socket's folder, and could put another socket there",
      `use a folder made for it, such as one under /run`,
    );
  await clear(path);
  const processes = new Set<ChildProcess>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    if (processes.size >= LIMITS.children) {
      say(`a connection is refused: ${LIMITS.children} processes run already`);
      return void socket.destroy();
    }
    attend(socket, settings, processes);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(fault("socket_failed", path, "the socket cannot be made", "check that its folder is this user's", cause)),
    );
    server.listen(path, () => resolve());
  });
  chmodSync(path, 0o660);
  onReady();
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const closed = new Promise((resolve) => server.close(resolve));
  for (const one of processes) endGroup(one, "SIGKILL");
  await closed;
}

function attend(socket: Socket, { command, args, cwd, env, say }: ServeSettings, processes: Set<ChildProcess>): void {
  const child = spawn(command, [...args], {
    cwd,
    env: Object.fromEntries(Object.entries(env).filter(([name]) => !name.toUpperCase().startsWith("WRIT_"))),
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
  });
  processes.add(child);
  let timers: NodeJS.Timeout[] = [];
  socket.pipe(child.stdin);
  child.stdout.pipe(socket);
  // The far side is done: its end is passed on by the pipe, and then there is not much time left.
  socket.on("end", () => {
    timers = [setTimeout(() => endGroup(child, "SIGTERM"), 2_000), setTimeout(() => endGroup(child, "SIGKILL"), 4_000)];
  });
  socket.on("close", () => endGroup(child, "SIGKILL"));
  child.once("error", (cause) => {
    if (child.pid === undefined) say(`the server cannot be started: ${cause.message}`);
    over();
  });
  // What it wrote last is still on its way: `close` comes after it.
  child.once("exit", () => endGroup(child, "SIGKILL"));
  child.once("close", over);
  function over(): void {
    processes.delete(child);
    for (const timer of timers) clearTimeout(timer);
    socket.end();
    socket.destroySoon();
  }
  for (const pipe of [socket, child.stdin, child.stdout]) pipe.on("error", () => {});
}

/** What is left of an earlier run goes; one that somebody answers at stays. */
async function clear(path: string): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return;
  const answers = await new Promise<boolean>((resolve) => {
    const probe = connect(path);
    probe.once("connect", () => resolve(true));
    probe.once("error", () => resolve(false));
    probe.once("close", () => probe.destroy());
    probe.once("connect", () => probe.destroy());
  });
  if (answers)
    throw fault("socket_in_use", path, "another process answers at the socket", "stop it, or use another path");
  rmSync(path);
}

function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Nothing is left of the group.
  }
}

function fault(code: string, socket: string, message: string, hint: string, cause?: unknown): WritError {
  return new WritError({
    code,
    status: 400,
    facts: { socket },
    message,
    hint,
    ...(cause === undefined ? {} : { cause }),
  });
}
