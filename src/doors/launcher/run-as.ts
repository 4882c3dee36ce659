import { type ChildProcess, spawn, type StdioOptions } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { WritError } from "../../domain/error.ts";
import { writeMcpConfig } from "./mcp-config-file.ts";
import { exitOf } from "./run-agent.ts";

/** Whom a process runs as. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

export interface RunAsSettings {
  readonly agent: string;
  /** The agent's user. */
  readonly as: Identity & { readonly name: string; readonly home: string; readonly shell: string };
  /** The program and its arguments; `{mcp-config}` in an argument becomes the name of an `mcpServers` file. */
  readonly command: readonly string[];
  /** How to start the launcher: it opens the task, prints `{"task", "url"}` as one line, and ends with the channel to us. */
  readonly launcher: Identity & { readonly command: readonly string[] };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Default: our own. */
  readonly stdio?: StdioOptions;
  readonly say: (line: string) => void;
  readonly onStarted?: (child: ChildProcess) => void;
}

/** What of our own environment a program of another user gets. Nothing else: root's environment is not the agent's. */
const INHERITED = ["PATH", "LANG", "LC_ALL", "TERM", "TZ"] as const;
const SETPRIV = ["/usr/bin/setpriv", "/bin/setpriv"];

/** `writ run --user`: three processes for three users. This one is root, starts the other two and reads nothing that an
 *  agent wrote. The launcher runs as the user of the gateway and holds the key and the tokens; the command runs as the
 *  agent's user, with no privilege and no way to gain one, and with the address of its run alone.
 *  Resolves as `runAgent` does.
 *  @throws WritError `user_needs_root`. */
export async function runAs(settings: RunAsSettings): Promise<number> {
  const { as, say } = settings;
  if (process.getuid?.() !== 0)
    throw new WritError({
      code: "user_needs_root",
      status: 400,
      facts: { user: as.name },
      message: "starting a program as another user takes root",
      hint: "start this as root, or `writ task start --user` as the user of Writ and the program as its own",
    });
  const [program = "", ...args] = settings.command;
  const launcher = startLauncher(settings);
  const opened = await launcher.opened;
  if (opened === null) return launcher.ended;
  const config = await writeMcpConfig(opened.url, as);
  say(`task ${opened.task} is open for ${settings.agent}, as ${as.name}`);
  try {
    const setpriv = SETPRIV.find((path) => existsSync(path));
    const given = args.map((arg) => arg.replaceAll("{mcp-config}", config.file));
    const [file, ...words] =
      setpriv === undefined ? [program, ...given] : [setpriv, "--no-new-privs", program, ...given];
    const child = spawn(file ?? "", words, {
      uid: as.uid,
      gid: as.gid,
      stdio: settings.stdio ?? "inherit",
      env: {
        ...Object.fromEntries(
          INHERITED.flatMap((name) => (settings.env[name] === undefined ? [] : [[name, settings.env[name]]])),
        ),
        HOME: as.home,
        USER: as.name,
        LOGNAME: as.name,
        SHELL: as.shell,
        WRIT_MCP_URL: opened.url,
        WRIT_MCP_CONFIG: config.file,
      },
      ...(settings.cwd === undefined ? {} : { cwd: settings.cwd }),
    });
    settings.onStarted?.(child);
    return await exitOf(child, say);
  } finally {
    await config.remove();
    launcher.stop();
    await launcher.ended;
  }
}

function startLauncher({ launcher, env }: RunAsSettings): {
  /** Null when it ended without opening a task; it has said why. */
  readonly opened: Promise<{ readonly task: string; readonly url: string } | null>;
  readonly ended: Promise<number>;
  stop(): void;
} {
  const [file = "", ...args] = launcher.command;
  const child = spawn(file, args, {
    uid: launcher.uid,
    gid: launcher.gid,
    // The channel: however this process ends, the launcher learns of it and ends the task.
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    env: Object.fromEntries(INHERITED.map((name) => [name, env[name]])),
    // A Ctrl-C at the terminal is for the command; the launcher ends after it.
    detached: true,
  });
  const ended = new Promise<number>((resolve) => {
    child.once("error", () => resolve(1));
    child.once("exit", (code) => resolve(code ?? 1));
  });
  const line = new Promise<{ task: string; url: string } | null>((resolve) => {
    if (child.stdout !== null)
      createInterface({ input: child.stdout }).once("line", (text) =>
        resolve(JSON.parse(text) as { task: string; url: string }),
      );
    void ended.then(() => resolve(null));
  });
  return {
    opened: line,
    ended,
    stop: () => {
      if (child.connected) child.disconnect();
    },
  };
}
