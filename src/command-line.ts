import { execFile } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { ADMIN } from "./authority/people/people.ts";
import type { Writ } from "./compose/compose.ts";
import { buildProgram } from "./doors/cli/program.ts";
import { bypassAs, bypassHere, mainFile } from "./bypass-command.ts";
import type { BypassLook, CheckLine, CliParts, RunRequest } from "./doors/cli/parts.ts";
import { holdTask } from "./doors/launcher/hold-task.ts";
import { runAgent } from "./doors/launcher/run-agent.ts";
import { runAs } from "./doors/launcher/run-as.ts";
import { WritError } from "./domain/error.ts";
import { VERSION } from "./domain/version.ts";
import type { Configuration } from "./ports/configuration.ts";
import { accountOf } from "./system/account.ts";
import { defaultConfiguration, readConfiguration } from "./system/config.ts";
import { readKey } from "./system/keys.ts";
import { openDataFolder } from "./system/data-folder.ts";
import { makeEvaluatorKey } from "./system/evaluator-key.ts";
import { createLog } from "./system/log.ts";
import { serve } from "./upstream/serve.ts";

/** The `writ` command; resolves to its exit code. */
export function run(args: readonly string[]): Promise<number> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  return buildProgram({
    version: VERSION,
    out: (text) => void process.stdout.write(text.endsWith("\n") ? text : `${text}\n`),
    say,
    env: process.env,
    cwd: process.cwd(),
    locate: async (config) => {
      const configuration = await configurationOf(config);
      return { origin: originOf(configuration), dataFolder: configuration.dataFolder };
    },
    readKey: (dataFolder, name) => readKey(dataFolder, name),
    readKeyFile,
    readSecret,
    up: (config) => up(config, say),
    run: (settings: RunRequest) => runAgent(settings),
    runAs: (settings) => runAsUser(settings, say),
    hold: ({ user, ...settings }, onOpened) =>
      holdTask({ ...settings, ...(user === undefined ? {} : { user: accountOf(user).uid }) }, onOpened, stopSignal()),
    serve: async ({ socket, command: [command = "", ...args] }) => {
      await serve({ socket, command, args, cwd: process.cwd(), env: process.env, say }, stopSignal(), () =>
        say(`serving ${command} at ${socket}`),
      );
      return 0;
    },
    bypass: async ({ config, origin, plan, as }) => {
      if (as === undefined) return bypassHere(() => configurationOf(config), plan, origin);
      const configuration = await configurationOf(config);
      const look = await bypassAs(
        configuration,
        { ...as, config, origin: origin ?? originOf(configuration) },
        (settings, onOut) => runAsUser(settings, say, onOut),
      );
      await keepAsWrit(configuration, origin, look, say);
      return look;
    },
    // The gateway is loaded only where one is started.
    evaluate: async (asked) => (await import("./eval-command.ts")).evaluate(asked),
    evaluatorKey: (file) => makeEvaluatorKey(file),
    offlineDoctor,
  }).run(args);
}

async function configurationOf(config: string | undefined): Promise<Configuration> {
  const file = resolve(config ?? process.env["WRIT_CONFIG"] ?? "writ.yaml");
  if (config === undefined && process.env["WRIT_CONFIG"] === undefined && !existsSync(file))
    return defaultConfiguration(process.cwd());
  return readConfiguration(file);
}

function originOf({ listen }: Configuration): string {
  return `http://${listen.host.includes(":") ? `[${listen.host}]` : listen.host}:${listen.port}`;
}

/** Starts Writ and stays until it is told to stop. */
async function up(config: string | undefined, say: (line: string) => void): Promise<number> {
  const configuration = await configurationOf(config);
  // The other commands are clients: they need not wait for the gateway, its engine and its database to load.
  const [{ compose }, { masked }] = await Promise.all([
    import("./compose/compose.ts"),
    import("./analysis/secrets/secrets.ts"),
  ]);
  openDataFolder(configuration.dataFolder);
  const writ = await compose(
    configuration,
    createLog({ level: "info", file: join(configuration.dataFolder, "writ.log") }, masked),
  );
  say(`writ listens on ${writ.origin} (tier ${configuration.tier}, ${configuration.isolation})`);
  say(`sign in once, within ten minutes: ${await signInLink(writ)}`);
  if (configuration.file === null)
    say("there is no writ.yaml here, so there is nothing to call yet: `writ init` makes one");
  await untilStopped();
  await writ.close();
  return 0;
}

export async function signInLink(writ: Writ): Promise<string> {
  return `${writ.origin}/signin?code=${await writ.people.signInCode(ADMIN)}`;
}

export function untilStopped(): Promise<void> {
  const signal = stopSignal();
  return new Promise((done) => signal.addEventListener("abort", () => done(), { once: true }));
}

/** The launcher runs as whoever owns the data folder, and starts from this very program. */
async function runAsUser(
  { user, config, ...settings }: Parameters<CliParts["runAs"]>[0],
  say: (line: string) => void,
  onOut?: (text: string) => void,
): Promise<number> {
  const { dataFolder, file } = await configurationOf(config);
  const { uid, gid } = statSync(dataFolder);
  const as = accountOf(user);
  if (as.uid === uid)
    throw new WritError({
      code: "user_is_writ",
      status: 400,
      facts: { user },
      message: "the agent would run as the user of Writ, and could read all that Writ holds",
      hint: "name a user made for agents",
    });
  const options = ["--json", "--url", settings.origin, ...(file === null ? [] : ["--config", file])];
  const start = ["task", "start", "--agent", settings.agent, "--user", `${as.uid}:${as.gid}`, "--", settings.objective];
  return runAs({
    ...settings,
    as,
    launcher: { uid, gid, command: [process.execPath, mainFile(), ...options, ...start] },
    env: process.env,
    say: (line) => say(`writ: ${line}`),
    ...(onOut === undefined
      ? {}
      : {
          stdio: ["ignore", "pipe", "inherit"] as const,
          onStarted: (child) => void child.stdout?.on("data", (chunk: Buffer) => onOut(chunk.toString())),
        }),
  });
}

/** The look is kept by whoever holds the admin key: the user of the data folder. */
async function keepAsWrit(
  { dataFolder, file }: Configuration,
  origin: string | undefined,
  { report }: BypassLook,
  say: (line: string) => void,
): Promise<void> {
  const { uid, gid } = statSync(dataFolder);
  const options = [...(origin === undefined ? [] : ["--url", origin]), ...(file === null ? [] : ["--config", file])];
  const args = [mainFile(), ...options, "doctor", "--bypass", "--keep", JSON.stringify(report)];
  const kept = await new Promise<boolean>((done) => {
    execFile(process.execPath, args, { uid, gid, env: { PATH: process.env["PATH"] } }, (error) => done(error === null));
  });
  if (!kept) say("writ: the running Writ could not be told; `writ doctor` will not show it");
}

/** Aborts when this process is asked to stop, or whoever started it for itself is gone. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  if (process.connected) process.once("disconnect", () => stop.abort());
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => stop.abort());
  return stop.signal;
}

function readKeyFile(file: string): string {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode;
  if (mode === undefined || (mode & 0o077) !== 0) {
    throw new WritError({
      code: mode === undefined ? "key_missing" : "key_permissions",
      status: 500,
      facts: { file },
      message: mode === undefined ? `there is no key file \`${file}\`` : `others can read the key file \`${file}\``,
      hint: mode === undefined ? "an admin makes one with `writ people key NAME`" : `chmod 600 ${file}`,
    });
  }
  return readFileSync(file, "utf8").trim();
}

const MAX_SECRET_BYTES = 64 * 1024;

/** A secret on its way into the vault. What a person would type is not asked for: it would stand on the screen. */
async function readSecret(file: string | null): Promise<string> {
  if (file !== null) {
    try {
      return readFileSync(file, "utf8");
    } catch (cause) {
      throw secretUnreadable(`\`${file}\` cannot be read`, cause);
    }
  }
  if (process.stdin.isTTY) throw secretUnreadable("standard input is a terminal, where others can read along", null);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_SECRET_BYTES) throw secretUnreadable("what is on standard input is no secret: it is too long", null);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function secretUnreadable(message: string, cause: unknown): WritError {
  return new WritError({
    code: "usage",
    status: 400,
    message,
    hint: "pipe the secret in, or name its file with `--file`",
    cause,
  });
}

/** What can be told while Writ does not run. */
async function offlineDoctor(config: string | undefined): Promise<readonly CheckLine[]> {
  const checks: CheckLine[] = [{ name: "node", ok: true, says: process.versions.node, mend: null }];
  try {
    const configuration = await configurationOf(config);
    checks.push({ name: "configuration", ok: true, says: configuration.file ?? "none; defaults hold", mend: null });
    const started = existsSync(join(configuration.dataFolder, "keys"));
    checks.push({
      name: "data",
      ok: true,
      says: started ? configuration.dataFolder : "not started here yet",
      mend: null,
    });
  } catch (cause) {
    if (!(cause instanceof WritError)) throw cause;
    const problems = cause.facts["problems"];
    checks.push({
      name: "configuration",
      ok: false,
      says: Array.isArray(problems) ? problems.join("; ") : cause.message,
      mend: cause.hint,
    });
  }
  return checks;
}
