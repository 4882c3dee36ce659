import { type ChildProcess, spawn, type StdioOptions } from "node:child_process";
import { constants } from "node:os";
import { WritError } from "../../domain/error.ts";
import { launch, type Launched, type LaunchSettings } from "./launch.ts";
import { declaredModel, type ProgramPart, programOf } from "./program.ts";
import { writeMcpConfig } from "./mcp-config-file.ts";

export interface RunSettings extends Omit<LaunchSettings, "command" | "checkTree"> {
  /** The program and its arguments; `{mcp-config}` in an argument becomes the name of an `mcpServers` file. */
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** The model that it is said to be, as `name@version`. */
  readonly model?: string | undefined;
  /** Default: the launcher's own. */
  readonly stdio?: StdioOptions;
  /** Once the child runs; its task is open and its address works. */
  readonly onStarted?: (child: ChildProcess, launched: Pick<Launched, "task" | "instance" | "observe">) => void;
}

const NOT_FOUND = 127;
const NOT_RUNNABLE = 126;

/** `writ run`: starts a command whose only way to tools is the address made for it, and ends its task with it.
 *  Resolves to the command's own exit code, 128 and the signal's number when one killed it; 3 when Writ refuses the
 *  run, 5 when Writ cannot be reached. */
export async function runAgent(settings: RunSettings): Promise<number> {
  const say = settings.say ?? ((line) => process.stderr.write(`writ: ${line}\n`));
  const [program, ...args] = settings.command;
  if (program === undefined) {
    say("no command is given; write it after `--`");
    return 2;
  }
  let launched: Launched;
  try {
    launched = await launch({ ...settings, command: program, parts: await partsOf(settings), say });
  } catch (cause) {
    return refusedRun(cause, say);
  }
  const config = await writeMcpConfig(launched.url).catch(async (cause: unknown) => {
    await launched.close("the launcher failed").catch(() => {});
    throw cause;
  });
  say(`task ${launched.task} is open for ${settings.agent} until ${new Date(launched.deadline).toISOString()}`);
  try {
    const child = spawn(
      program,
      args.map((arg) => arg.replaceAll("{mcp-config}", config.file)),
      {
        stdio: settings.stdio ?? "inherit",
        env: { ...withoutWrit(settings.env ?? process.env), WRIT_MCP_URL: launched.url, WRIT_MCP_CONFIG: config.file },
        ...(settings.cwd === undefined ? {} : { cwd: settings.cwd }),
      },
    );
    if (child.pid !== undefined) launched.bind(child.pid);
    settings.onStarted?.(child, launched);
    return await exitOf(child, say);
  } finally {
    await config.remove();
    await launched.close("the command ended").catch((cause: unknown) => {
      say(
        `the task could not be ended: ${cause instanceof Error ? cause.message : "unknown"}; it ends by itself at its deadline`,
      );
    });
  }
}

/** What runs, as far as it can be told before it does. */
async function partsOf({ command, cwd, env, model }: RunSettings): Promise<readonly ProgramPart[]> {
  const where = { cwd: cwd ?? process.cwd(), path: (env ?? process.env)["PATH"] ?? "" };
  const seen = await programOf(command, where).catch(() => null);
  return [...(seen === null ? [] : [seen]), ...(model === undefined ? [] : [declaredModel(model)])];
}

export function exitOf(child: ChildProcess, say: (line: string) => void): Promise<number> {
  const forwarded = (["SIGTERM", "SIGHUP", "SIGINT"] as const).map((signal) => {
    const listener = (): void => {
      // At a terminal, Ctrl-C reaches the whole foreground group; the child has it already.
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    };
    process.on(signal, listener);
    return { signal, listener };
  });
  return new Promise<number>((resolve) => {
    child.once("error", (cause: NodeJS.ErrnoException) => {
      if (child.pid !== undefined) return;
      say(`the command cannot be started: ${cause.message}`);
      resolve(cause.code === "ENOENT" ? NOT_FOUND : NOT_RUNNABLE);
    });
    child.once("exit", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  }).finally(() => {
    for (const { signal, listener } of forwarded) process.off(signal, listener);
  });
}

/** Nothing of Writ's own reaches the child but what this run gives it. */
function withoutWrit(env: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.toUpperCase().startsWith("WRIT_")));
}

/** Says why Writ did not let it start, and what next; the exit code for it. */
export function refusedRun(cause: unknown, say: (line: string) => void): number {
  if (!(cause instanceof WritError)) throw cause;
  say(`${cause.message} (${cause.code})`);
  say(`next: ${cause.hint}`);
  return cause.code === "control_unreachable" ? 5 : cause.status < 500 ? 3 : 1;
}
