import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { median } from "./load.ts";

export interface Running {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

const ECHO = join(import.meta.dirname, "echo-server.ts");
const PEERS = join(import.meta.dirname, "..", "peers");
export const STDIO_ECHO = { command: process.execPath, args: [ECHO, "stdio"] } as const;

/** The echo server over HTTP. */
export async function startEcho(): Promise<Running> {
  const child = start([ECHO, "http"], ["ignore", "pipe", "inherit"]);
  if (child.stdout === null) throw new Error("the echo server has no output");
  for await (const line of createInterface({ input: child.stdout })) {
    return running(child, (JSON.parse(line) as { url: string }).url);
  }
  throw new Error("the echo server did not start");
}

/** The peers, installed from their own lockfile when they are not there yet. */
export async function startPeers(): Promise<Readonly<Record<"mcp-proxy" | "supergateway", Running>>> {
  if (!existsSync(join(PEERS, "node_modules", ".package-lock.json"))) {
    const { status } = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd: PEERS,
      stdio: ["ignore", 2, 2],
    });
    if (status !== 0) throw new Error("npm ci in bench/peers failed");
  }
  const { command, args } = STDIO_ECHO;
  const [proxyPort, gatewayPort] = [await freePort(), await freePort()];
  const proxyArgs = ["--host", "127.0.0.1", "--port", `${proxyPort}`, "--server", "stream", "--", command, ...args];
  const quoted = [command, ...args].map((part) => `'${part}'`).join(" ");
  const gatewayArgs = [
    "--stdio",
    quoted,
    "--outputTransport",
    "streamableHttp",
    "--stateful",
    "--port",
    `${gatewayPort}`,
    "--logLevel",
    "none",
  ];
  const quiet = ["ignore", "ignore", "inherit"] as const;
  const proxy = running(start([bin("mcp-proxy"), ...proxyArgs], quiet), `http://127.0.0.1:${proxyPort}/mcp`);
  const gateway = running(start([bin("supergateway"), ...gatewayArgs], quiet), `http://127.0.0.1:${gatewayPort}/mcp`);
  await Promise.all([answers(proxy.url), answers(gateway.url)]);
  return { "mcp-proxy": proxy, supergateway: gateway };
}

function bin(name: string): string {
  const folder = join(PEERS, "node_modules", name);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    bin: string | Record<string, string>;
  };
  return join(folder, typeof manifest.bin === "string" ? manifest.bin : (manifest.bin[name] ?? ""));
}

function start(args: readonly string[], stdio: readonly ("ignore" | "pipe" | "inherit")[]): ChildProcess {
  // A group of its own, so that what a peer starts ends with it.
  return spawn(process.execPath, args, { stdio: [...stdio], detached: true });
}

function running(child: ChildProcess, url: string): Running {
  const pid = child.pid;
  if (pid === undefined) throw new Error("the process did not start");
  return {
    url,
    pid,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child.once("exit", resolve));
      process.kill(-pid, "SIGTERM");
      const late = setTimeout(() => process.kill(-pid, "SIGKILL"), 3000);
      await gone;
      clearTimeout(late);
    },
  };
}

async function answers(url: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const response = await fetch(url, { method: "OPTIONS" }).catch(() => null);
    if (response !== null) return;
    await sleep(100);
  }
  throw new Error(`${url} does not answer`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Resident memory of one process in MiB; NaN where the system does not tell. */
export function residentMiB(pid: number): number {
  const { stdout } = spawnSync("ps", ["-o", "rss=", "-p", `${pid}`], { encoding: "utf8" });
  const fromPs = Number.parseInt(stdout ?? "", 10);
  if (!Number.isNaN(fromPs)) return fromPs / 1024;
  const status = existsSync(`/proc/${pid}/status`) ? readFileSync(`/proc/${pid}/status`, "utf8") : "";
  return Number.parseInt(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? "", 10) / 1024;
}

/** What one write that must survive a crash costs here: p50 in milliseconds of 4 KiB written and flushed. */
export async function fsyncMs(times = 50): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "fsync-"));
  const file = await open(join(folder, "probe"), "w");
  const took: number[] = [];
  try {
    for (let i = 0; i < times; i++) {
      const begun = performance.now();
      await file.write(Buffer.alloc(4096, i));
      await file.datasync();
      took.push(performance.now() - begun);
    }
  } finally {
    await file.close();
    await rm(folder, { recursive: true });
  }
  return median(took);
}
